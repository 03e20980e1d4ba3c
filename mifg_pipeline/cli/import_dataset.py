"""``mifg import``: reads an exported dataset back into a run."""

from pathlib import Path
from typing import Annotated

import typer


def import_dataset(
    dataset: Annotated[Path, typer.Argument(metavar="DIR", help="Folder that `mifg export` wrote, or a copy of it.")],
    corpus: Annotated[
        Path,
        typer.Option(help="Corpus that the dataset was made from, or a new folder, to which its images are written."),
    ],
    out: Annotated[Path, typer.Option(help="Run folder to make.")],
    items: Annotated[
        int | None, typer.Option(help="Items that the run shall come to have; those of the dataset unless set.", min=1)
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the items to come; that of the dataset unless set.")] = None,
    config: Annotated[
        Path | None, typer.Option(help="YAML file with settings for items to come.", exists=True, dir_okay=False)
    ] = None,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", help="A setting for items to come, as key=value; may be repeated.")
    ] = None,
) -> None:
    """Make a run from an exported dataset, to review it again or to extend it."""
    from rich.console import Console

    from mifg_pipeline.config import GenerateSettings, load_settings
    from mifg_pipeline.dataset.importing import import_dataset as read_back

    document = config.read_text(encoding="utf-8") if config else None

    def settings(rows: int, first_seed: int) -> GenerateSettings:
        wanted = {"items": rows if items is None else items, "seed": first_seed if seed is None else seed}
        return load_settings(document, overrides or [], **wanted)

    with Console(stderr=True).status("Importing …") as line:
        imported = read_back(
            dataset, corpus, out, settings, on_row=lambda rows: line.update(f"Importing … {rows} rows")
        )
    typer.echo(f"{imported.items} items of {imported.attempts} attempts; {imported.verified} verified")
    if imported.annotators:
        typer.echo(f"verified by {', '.join(imported.annotators)}")
    typer.echo(f"Run: {out}")
