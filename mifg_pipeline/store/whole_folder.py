"""Makes a folder that is there whole or not at all."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mifg_pipeline.errors import MifgError
from mifg_pipeline.store.files import fsync, locked_folder, unwritable


def require_new(target: Path) -> None:
    """Makes sure that there is nothing at a path but, perhaps, an empty folder.

    Raises:
        MifgError: If there is.
        OSError: If the system does not say.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise MifgError(f"{target} is there already.", "Name a folder that is empty or not there yet.")


@contextmanager
def whole_folder(target: Path, require: Callable[[Path], None] = require_new) -> Iterator[Path]:
    """An empty folder beside ``target`` that takes its place when the block ends without an exception.

    It lies as deep as ``target``, so that relative paths out of it stay right. A process that is killed leaves what
    was there before, or nothing; never half of the new folder.

    Args:
        target: Where the folder shall be.
        require: Raises ``MifgError`` if what is there must not be lost.

    Raises:
        MifgError: If ``require`` does, another process is making the folder, or the system refuses to write;
            ``target`` is then as it was.
    """
    target = target.resolve()
    try:
        require(target)
        whole, lock = (target.with_name(f".{target.name}.{what}") for what in ("partial", "making"))
        with locked_folder(lock):
            try:
                _remove(whole)
                whole.mkdir()
                yield whole
                for path in (whole, *whole.rglob("*")):
                    fsync(path)
                _swap(whole, target)
            finally:
                _remove(whole)
                _remove(lock)
    except OSError as error:
        raise unwritable(target, error) from error


def _swap(whole: Path, target: Path) -> None:
    old = target.with_name(f".{target.name}.old")
    _remove(old)
    if target.exists():
        target.rename(old)
    whole.rename(target)
    fsync(target.parent)
    _remove(old)


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
