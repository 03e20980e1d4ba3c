"""`mifg train`: trains IMAgent."""

from typing import Annotated

import typer


def train(
    config: Annotated[str, typer.Argument(help="YAML file with settings, or a preset: cpu, gpu-24gb, gpu-80gb.")],
    overrides: Annotated[
        list[str] | None, typer.Option("--set", help="A setting, as key=value; may be repeated.")
    ] = None,
    print_config: Annotated[
        bool, typer.Option("--print-config", help="Print all settings as YAML, which CONFIG may be, and stop.")
    ] = False,
) -> None:
    """Train IMAgent by GRPO with the two-level mask.

    The same command on the same run folder resumes it. torchrun starts it on several GPUs.
    """
    from mifg_pipeline.config import load_train_settings
    from mifg_pipeline.train.folder import settings_yaml
    from mifg_pipeline.train.presets import read_config

    settings = load_train_settings(read_config(config), overrides or [])
    if print_config:
        typer.echo(settings_yaml(settings), nl=False)
        return
    from rich.console import Console

    from mifg_pipeline.train.loop import train as run

    console = Console(stderr=True)
    try:
        run(settings, console)
    except KeyboardInterrupt:
        console.print(
            f"Interrupted. To resume from the newest checkpoint in {settings.out}, run the same command again.",
            highlight=False,
            soft_wrap=True,
        )
        raise typer.Exit(130) from None
