"""Settings to begin with, by the name of the machine that they are for."""

from importlib.resources import files
from pathlib import Path
from typing import Final

from mifg_pipeline.errors import MifgError

PRESETS: Final = ("cpu", "gpu-24gb", "gpu-80gb")
"""Names of the presets, the smallest machine first."""


def read_config(config: str) -> str:
    """The YAML text of a settings file, or of a preset by its name.

    Raises:
        MifgError: If there is neither.
    """
    if config in PRESETS:
        return (files(__name__) / f"{config}.yaml").read_text(encoding="utf-8")
    try:
        return Path(config).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text"
        raise MifgError(
            f"{config} is no settings file ({reason}).", f"Name a YAML file, or a preset: {', '.join(PRESETS)}."
        ) from error
