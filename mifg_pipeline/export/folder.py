"""What a folder must be for a dataset to be written to it: nothing is lost that an export did not write."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from mifg_pipeline.errors import MifgError
from mifg_pipeline.export import checksums
from mifg_pipeline.export.front_matter import TAG, read_front_matter
from mifg_pipeline.store.folders import walked

_REMEDY: Final = "Name a folder that is empty or not there yet, or move its contents elsewhere."

TO_BE_COMPLETED: Final = ("README.md", "CITATION.cff")
"""Files that whoever publishes a dataset writes more into: they need not be as the export wrote them."""


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
    written = _written(target)
    foreign = sorted(set(_files(target)) - written.keys())
    if foreign:
        raise MifgError(f"{target} holds files that no export wrote, such as {foreign[0]}.", _REMEDY)
    for name in TO_BE_COMPLETED:
        if name in written and checksums.digest(target / name) != written[name]:
            raise MifgError(
                f"{target / name} is not as it was exported: what somebody wrote into it would be lost.",
                "Name another folder, and take over what was written.",
            )


def is_export(folder: Path) -> bool:
    """Whether the card in a folder says that it is an export, or a download of one."""
    try:
        tags = read_front_matter(folder / "README.md").get("tags")
    except (OSError, ValueError):
        return False
    return isinstance(tags, list) and TAG in tags


def _files(target: Path) -> Iterator[str]:
    """What is in a folder and would be lost with it: files, and links of any kind."""
    for path in walked(target):
        if path.name not in checksums.LEFT_BEHIND and (path.is_symlink() or not path.is_dir()):
            yield path.relative_to(target).as_posix()


def _written(target: Path) -> dict[str, str]:
    try:
        return {checksums.FILE_NAME: "", **checksums.read_sums(target)}
    except (OSError, ValueError):
        return {}
