"""Finds the image and annotation files of a corpus folder, without opening any."""

import os
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from mifg_pipeline.corpus.problems import Problem

IMAGE_EXTENSIONS: Final = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".gif", ".bmp", ".tif", ".tiff"}
    | {".ppm", ".pgm", ".pbm", ".pnm", ".avif", ".jp2", ".j2k"}
    # Not supported, but here: their files are listed as undecodable instead of being passed over in silence.
    | {".heic", ".heif", ".jxl"}
)
METADATA_NAME: Final = "metadata.jsonl"
COCO_FILE: Final = re.compile(r"(annotations/)?instances_[^/]*\.json")


@dataclass(frozen=True, order=True, slots=True)
class FoundFile:
    """A file of the corpus.

    Attributes:
        path: Relative to the corpus, with "/".
        size: Bytes; -1 where the file cannot be looked at (a dangling link).
        mtime_ns: Time of its last change, nanoseconds.
    """

    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True)
class Listing:
    """What lies in a corpus folder, each part sorted by path.

    Attributes:
        images: Files with the extension of an image.
        metadata: Files named ``metadata.jsonl``.
        coco: Files ``instances_*.json`` in the folder or its ``annotations``.
        problems: Folders that cannot be read and names that cannot be written down.
    """

    images: tuple[FoundFile, ...]
    metadata: tuple[FoundFile, ...]
    coco: tuple[FoundFile, ...]
    problems: tuple[Problem, ...]


def list_folder(root: Path) -> Listing:
    """Lists a folder recursively; hidden files and folders (".…") are left out.

    Links to folders are followed after all real folders have been listed, and each folder is listed once, so a loop
    of links ends.
    """
    problems: list[Problem] = []
    found = sorted(_storable(_walk(root, problems), problems))
    return Listing(
        images=tuple(file for file in found if PurePosixPath(file.path).suffix.lower() in IMAGE_EXTENSIONS),
        metadata=tuple(file for file in found if file.path.rpartition("/")[2] == METADATA_NAME),
        coco=tuple(file for file in found if COCO_FILE.fullmatch(file.path)),
        problems=tuple(problems),
    )


def _storable(files: Iterator[FoundFile], problems: list[Problem]) -> Iterator[FoundFile]:
    for file in files:
        try:
            file.path.encode()
        except UnicodeEncodeError:
            problems.append(Problem(_escaped(file.path), "", "the name is not valid UTF-8: rename it"))
        else:
            yield file


def _escaped(path: str) -> str:
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _walk(root: Path, problems: list[Problem]) -> Iterator[FoundFile]:
    seen: set[tuple[int, int]] = set()
    real, linked = deque([""]), deque[str]()
    while real or linked:
        folder = real.popleft() if real else linked.popleft()
        try:
            status = (root / folder).stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(root / folder) as entries:
                visible = sorted((entry for entry in entries if not entry.name.startswith(".")), key=lambda e: e.name)
        except OSError as error:
            problems.append(Problem(_escaped(folder or "."), "", f"the folder cannot be read: {error.strerror}"))
            continue
        for entry in visible:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if _is_folder(entry):
                (linked if entry.is_symlink() else real).append(path)
            else:
                yield _look_at(entry, path)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself; as a file it will be listed as unreadable
        return False


def _look_at(entry: os.DirEntry[str], path: str) -> FoundFile:
    try:
        status = entry.stat()
    except OSError:
        return FoundFile(path, -1, 0)
    return FoundFile(path, status.st_size, status.st_mtime_ns)
