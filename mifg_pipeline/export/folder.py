"""What a folder must be for a dataset to be written to it: nothing is lost that an export did not write."""

from pathlib import Path
from typing import Final

import yaml

from mifg_pipeline.errors import MifgError
from mifg_pipeline.export import checksums
from mifg_pipeline.export.front_matter import TAG

_REMEDY: Final = "Name a folder that is empty or not there yet, or move its contents elsewhere."


def require_replaceable(target: Path) -> None:
    """Makes sure that a folder is empty, not there yet, or an earlier export with nothing else in it.

    Raises:
        MifgError: If it is not, or lies inside an export.
        OSError: If the system does not say.
    """
    outer = next((folder for folder in target.parents if is_export(folder)), None)
    if outer is not None:
        raise MifgError(f"{target} lies in the dataset {outer}.", "Name a folder outside of it.")
    if not target.exists():
        return
    if not target.is_dir():
        raise MifgError(f"{target} is not a folder.", _REMEDY)
    if any(path.name not in checksums.LEFT_BEHIND for path in target.iterdir()) and not is_export(target):
        raise MifgError(f"{target} is not empty, and nothing says that it is an export.", _REMEDY)
    files = {path.relative_to(target).as_posix() for path in target.rglob("*") if _would_be_lost(path)}
    foreign = sorted(files - _written(target))
    if foreign:
        raise MifgError(f"{target} holds files that no export wrote, such as {foreign[0]}.", _REMEDY)


def is_export(folder: Path) -> bool:
    """Whether the card in a folder says that it is an export, or a download of one."""
    try:
        front_matter = next(yaml.safe_load_all((folder / "README.md").read_text(encoding="utf-8")), None)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return False
    tags = front_matter.get("tags") if isinstance(front_matter, dict) else None
    return isinstance(tags, list) and TAG in tags


def _would_be_lost(path: Path) -> bool:
    return path.name not in checksums.LEFT_BEHIND and (path.is_symlink() or not path.is_dir())


def _written(target: Path) -> set[str]:
    try:
        return {checksums.FILE_NAME, *checksums.read_sums(target)}
    except (OSError, UnicodeDecodeError):
        return set()
