"""`mifg corpus`: index a folder of images, show what is in it, draw one."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mifg_pipeline.cli.progress import counted

if TYPE_CHECKING:
    from mifg_pipeline.corpus import Corpus, IndexSummary
    from mifg_pipeline.items import Pool

app = typer.Typer(help="Index a folder of images, show what is in it, or draw one.", no_args_is_help=True)

_LISTED = 20
"""Entries of a list that are shown; --json gives all."""

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of images.")]
AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]
Workers = Annotated[int | None, typer.Option(help="Processes; one per core unless set.", min=1)]


@app.command("index")
def index(
    folder: Folder,
    seed: Annotated[int | None, typer.Option(help="Seed of the pools; as before, or 0.")] = None,
    shares: Annotated[
        str | None, typer.Option(help="Shares of train, validation and test; as before, or 0.8,0.1,0.1.")
    ] = None,
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Read new and changed images, group near-duplicates, and give each group its pool."""
    from mifg_pipeline.corpus import index_corpus

    wanted = _parse_shares(shares) if shares is not None else None
    with counted("images read") as on_progress:
        summary = index_corpus(folder, seed=seed, shares=wanted, workers=workers, on_progress=on_progress)
    typer.echo(summary.model_dump_json(indent=2) if as_json else _summary_text(summary))


@app.command("show")
def show(folder: Folder, as_json: AsJson = False) -> None:
    """Show counts, pools, sizes, licences, near-duplicates, and what is not used, with the reasons."""
    import json

    from mifg_pipeline.corpus import Corpus

    content = _describe(Corpus.open(folder))
    typer.echo(json.dumps(content, indent=2, ensure_ascii=False) if as_json else _described_text(content))


@app.command("draw")
def draw(
    count: Annotated[int, typer.Option(help="Scenes that the folder shall hold.", min=1)],
    seed: Annotated[int, typer.Option(help="Seed of the series.")],
    out: Annotated[Path, typer.Option(help="Folder to draw into.")],
    workers: Workers = None,
) -> None:
    """Draw scenes with exact annotations from a seed."""
    from mifg_pipeline.corpus.draw import draw_corpus

    with counted("scenes drawn") as on_progress:
        summary = draw_corpus(out, count, seed, workers, on_progress)
    typer.echo(f"{summary.drawn} scenes drawn in {out}, {summary.kept} were there before")


def _parse_shares(text: str) -> "dict[Pool, float]":
    from mifg_pipeline.items import POOLS

    try:
        return dict(zip(POOLS, map(float, text.split(",")), strict=True))
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not three numbers such as 0.8,0.1,0.1") from error


def _summary_text(summary: "IndexSummary") -> str:
    pools = ", ".join(f"{pool} {count}" for pool, count in summary.pools.items())
    return "\n".join(
        [
            f"{summary.images} images in {summary.clusters} clusters of near-duplicates; {pools}",
            f"{summary.new} files read, {summary.unchanged} unchanged, {summary.removed} gone",
            f"{summary.annotated} images with annotated objects",
            f"{summary.duplicates} duplicates, {summary.withheld} withheld",
            *_counts("Rejected", summary.rejected),
            *_counts("Annotation problems", summary.problems),
            *summary.notes,
        ]
    )


def _counts(title: str, counts: Mapping[str, int]) -> list[str]:
    return [f"{title}: " + ", ".join(f"{name} {count}" for name, count in counts.items())] if counts else []


def _describe(corpus: "Corpus") -> dict[str, Any]:
    images = corpus.images
    clusters: dict[str, list[str]] = defaultdict(list)
    for image in images:
        clusters[image.cluster].append(image.path)
    megapixels = sorted(image.width * image.height / 1e6 for image in images)
    middle = megapixels[len(megapixels) // 2]
    return {
        "images": len(images),
        "fingerprint": corpus.fingerprint,
        "settings": corpus.settings.model_dump(),
        "pools": Counter(image.pool for image in images),
        "clusters": len(clusters),
        "megapixels": {"smallest": megapixels[0], "median": middle, "largest": megapixels[-1]},
        "licenses": dict(Counter(image.license for image in images).most_common()),
        "annotated": sum(bool(image.objects) for image in images),
        "near_duplicates": [members for members in clusters.values() if len(members) > 1],
        "rejects": [reject._asdict() for reject in corpus.rejects],
        "problems": [problem._asdict() for problem in corpus.problems],
    }


def _described_text(content: Mapping[str, Any]) -> str:
    sizes = ", ".join(f"{name} {value:.2f}" for name, value in content["megapixels"].items())
    return "\n".join(
        [
            f"{content['images']} images in {content['clusters']} clusters of near-duplicates",
            *_counts("Pools", content["pools"]),
            f"Megapixels: {sizes}",
            *_counts("Licences", content["licenses"]),
            f"With annotated objects: {content['annotated']}",
            *_section("Near-duplicates", [", ".join(members) for members in content["near_duplicates"]]),
            *_section("Not used", [f"{entry['path']}: {entry['reason']}" for entry in content["rejects"]]),
            *_section(
                "Annotation problems",
                [f"{', '.join(filter(None, (e['path'], e['place'])))}: {e['reason']}" for e in content["problems"]],
            ),
        ]
    )


def _section(title: str, entries: list[str]) -> list[str]:
    if not entries:
        return []
    more = [f"  … and {len(entries) - _LISTED} more (all of them with --json)"] if len(entries) > _LISTED else []
    return [f"{title} ({len(entries)}):", *(f"  {entry}" for entry in entries[:_LISTED]), *more]
