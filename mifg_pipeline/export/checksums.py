"""The digests of all files of a dataset, as ``sha256sum`` writes and checks them."""

import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

FILE_NAME: Final = "SHA256SUMS"
_DIGITS: Final = 64


def sums_of(folder: Path) -> dict[str, str]:
    """The sha256 of each file below a folder, by its path relative to the folder, sorted; hidden ones do not count."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    paths = {path.relative_to(folder).as_posix(): path for path in files}
    names = sorted(paths)
    with ThreadPoolExecutor() as threads:
        return dict(zip(names, threads.map(digest, (paths[name] for name in names)), strict=True))


def sums_text(sums: Mapping[str, str]) -> str:
    """The digests as the text of a file that ``sha256sum --check`` reads."""
    return "".join(f"{digest}  {name}\n" for name, digest in sums.items())


def read_sums(folder: Path) -> dict[str, str]:
    """The digests in the file of digests of a folder, by the names of the files.

    Raises:
        OSError: If there is no such file.
        UnicodeDecodeError: If it is no text.
    """
    lines = (folder / FILE_NAME).read_text(encoding="utf-8").splitlines()
    return {line[_DIGITS + 2 :]: line[:_DIGITS] for line in lines}


def listed_files(folder: Path) -> frozenset[str]:
    """The names in the file of digests of a folder, and that file's own; none where there is no such file.

    Raises:
        UnicodeDecodeError: If the file is no text.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        return frozenset()
    lines = path.read_text(encoding="utf-8").splitlines()
    return frozenset({FILE_NAME, *(line[_DIGITS + 2 :] for line in lines)})


def digest(path: Path) -> str:
    """The sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
