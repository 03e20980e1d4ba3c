"""Walks through folders without passing over what cannot be read."""

import os
from collections.abc import Iterator
from pathlib import Path


def files_below(folder: Path) -> Iterator[Path]:
    """Everything below a folder that is no folder, in the order of the names; each folder once.

    Links to folders are followed, and links that lead nowhere are named like files.

    Raises:
        OSError: If a folder cannot be read.
    """
    seen: set[tuple[int, int]] = set()
    for here, folders, names in os.walk(folder, followlinks=True, onerror=_raise):
        status = Path(here).stat()
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders.sort()
        yield from (Path(here, name) for name in sorted(names))


def walked(folder: Path) -> Iterator[Path]:
    """Everything below a folder, links not followed.

    Raises:
        OSError: If a folder cannot be read.
    """
    for here, folders, names in os.walk(folder, onerror=_raise):
        yield from (Path(here, name) for name in (*folders, *names))


def real_path(path: Path) -> Path:
    """The absolute path with links followed; of links that lead in a circle, as far as they lead."""
    return Path(os.path.realpath(path))


def _raise(error: OSError) -> None:
    raise error
