"""Puts a finished dataset in the place of the old one; a killed export leaves the old one, or none, never half."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from filelock import FileLock, Timeout

from mifg_pipeline.errors import MifgError
from mifg_pipeline.export.checksums import listed_files
from mifg_pipeline.export.front_matter import TAG
from mifg_pipeline.store.files import unwritable


@contextmanager
def replaced_folder(target: Path) -> Iterator[Path]:
    """An empty folder beside ``target`` that takes its place when the block ends without an exception.

    Raises:
        MifgError: If ``target`` holds anything that is not an export, if another export is writing it, or if the
            system refuses to write; ``target`` is then as it was.
    """
    target = target.resolve()
    require_replaceable(target)
    workplace = target.with_name(f".{target.name}.partial")
    partial = workplace / "dataset"
    try:
        workplace.mkdir(parents=True, exist_ok=True)
        with _sole_writer(workplace):
            _remove(partial)
            try:
                partial.mkdir()
                yield partial
                _flush(partial)
                _swap(partial, target)
            finally:
                _remove(workplace)
    except OSError as error:
        raise unwritable(target, error) from error


def require_replaceable(target: Path) -> None:
    """Makes sure that no file is lost that an export did not write.

    Raises:
        MifgError: If ``target`` is a file, or a folder with anything but an earlier export in it.
    """
    remedy = "Name a folder that is empty or not there yet, or move its contents elsewhere."
    if not target.exists():
        return
    if not target.is_dir():
        raise MifgError(f"{target} is not a folder.", remedy)
    files = {
        path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_symlink() or not path.is_dir()
    }
    if files and not _is_our_card(target / "README.md"):
        raise MifgError(f"{target} is not empty, and nothing says that it is an export.", remedy)
    foreign = sorted(files - _written(target))
    if foreign:
        raise MifgError(f"{target} holds files that no export wrote, such as {foreign[0]}.", remedy)


def _written(target: Path) -> frozenset[str]:
    try:
        return listed_files(target)
    except UnicodeDecodeError:
        return frozenset()


def _is_our_card(path: Path) -> bool:
    try:
        front_matter = next(yaml.safe_load_all(path.read_text(encoding="utf-8")), None)
    except (FileNotFoundError, UnicodeDecodeError, yaml.YAMLError):
        return False
    return isinstance(front_matter, dict) and TAG in (front_matter.get("tags") or ())


@contextmanager
def _sole_writer(workplace: Path) -> Iterator[None]:
    lock = FileLock(workplace / ".lock")
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise MifgError(
            f"Another export is writing into {workplace}.", "Wait until it ends, or choose another folder."
        ) from error
    try:
        yield
    finally:
        lock.release()


def _flush(folder: Path) -> None:
    for path in folder.rglob("*"):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _swap(partial: Path, target: Path) -> None:
    old = target.with_name(f".{target.name}.old")
    _remove(old)
    if target.exists():
        target.rename(old)
    partial.rename(target)
    _remove(old)


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
