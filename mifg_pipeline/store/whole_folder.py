"""Makes a folder that is there whole or not at all."""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mifg_pipeline.errors import MifgError
from mifg_pipeline.store.files import fsync, locked_folder, unwritable
from mifg_pipeline.store.folders import real_path, walked


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
    target = real_path(target)
    try:
        require(target)
        _require_removable(target)
        whole, lock, old = (target.with_name(f".{target.name}.{what}") for what in ("partial", "making", "old"))
        with locked_folder(lock, of=target):
            try:
                _remove(whole)
                _remove(old)
                whole.mkdir()
                yield whole
                for path in (whole, *whole.rglob("*")):
                    fsync(path)
                _swap(whole, target, old)
            finally:
                shutil.rmtree(whole, ignore_errors=True)
                shutil.rmtree(lock, ignore_errors=True)
    except OSError as error:
        raise unwritable(target, error) from error


def _require_removable(target: Path) -> None:
    """Makes sure that a folder can give way, before any work is done.

    Raises:
        MifgError: If it is a mount point, or the current folder lies in it and would be gone with it.
        OSError: If it, or a folder in it, may not be written to.
    """
    if os.path.ismount(target):
        raise MifgError(f"{target} is a mount point, which nothing can take the place of.", "Name a folder inside it.")
    here = real_path(Path())
    if target.exists() and here.is_relative_to(target):
        raise MifgError(f"{target} gives way as a whole, and this shell is in it.", "Run the command from elsewhere.")
    for path in (target, *walked(target)) if target.is_dir() else ():
        if path.is_dir() and not path.is_symlink() and not os.access(path, os.R_OK | os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


def _swap(whole: Path, target: Path, old: Path) -> None:
    if target.exists():
        target.rename(old)
    try:
        whole.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise
    fsync(target.parent)
    shutil.rmtree(old, ignore_errors=True)  # the new folder is there: what is left of the old one is no failure of it


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
