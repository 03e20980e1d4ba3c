"""The digests of all files of a dataset, as ``sha256sum`` writes and checks them."""

import hashlib
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from mifg_pipeline.store.folders import files_below

FILE_NAME: Final = "SHA256SUMS"

LEFT_BEHIND: Final = frozenset((".DS_Store", "Thumbs.db", "desktop.ini"))
"""What file managers leave in folders that people look into."""

_LINE: Final = re.compile(r"(?P<digest>[0-9a-fA-F]{64}) [ *](?:\./)?(?P<name>.+)")
"""As ``sha256sum`` writes them, of files given as they are or by ``./``."""


def files_of(folder: Path) -> list[str]:
    """The files of a dataset, relative to its folder, sorted.

    Hidden files and what lies in hidden folders are no part of it, nor is what file managers leave behind.

    Raises:
        OSError: If a folder cannot be read.
    """
    paths = (path.relative_to(folder) for path in files_below(folder) if path.is_file())
    return sorted(
        path.as_posix()
        for path in paths
        if path.name not in LEFT_BEHIND and not any(part.startswith(".") for part in path.parts)
    )


def sums_of(folder: Path) -> dict[str, str]:
    """The sha256 of each file of a dataset by its name, sorted."""
    names = files_of(folder)
    with ThreadPoolExecutor() as threads:
        return dict(zip(names, threads.map(digest, (folder / name for name in names)), strict=True))


def sums_text(sums: Mapping[str, str]) -> str:
    """The digests as the text of a file that ``sha256sum --check`` reads."""
    return "".join(f"{digest}  {name}\n" for name, digest in sums.items())


def read_sums(folder: Path) -> dict[str, str]:
    """The digests in the file of digests of a folder, by the names of the files.

    Raises:
        OSError: If there is no such file, or it cannot be read.
        ValueError: If it is no such list.
    """
    found = {}
    for number, line in enumerate((folder / FILE_NAME).read_text(encoding="utf-8").splitlines(), start=1):
        match = _LINE.fullmatch(line)
        if match is None and line.strip():
            raise ValueError(f"line {number} is no digest and name")
        if match is not None:
            found[match["name"]] = match["digest"].lower()
    return found


def digest(path: Path) -> str:
    """The sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
