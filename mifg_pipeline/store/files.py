"""Files that are the old one or the new one, never half of one; folders that one process at a time writes to."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from filelock import FileLock, Timeout

from mifg_pipeline.errors import MifgError

_OF_THE_PLACE = frozenset(
    (errno.EACCES, errno.EBUSY, errno.ELOOP, errno.ENOENT, errno.ENOTDIR, errno.ENOTEMPTY, errno.EPERM, errno.EROFS)
)
"""Errors of the system that no disk space helps against."""


class UnwritableError(MifgError):
    """A write that the system refused."""


@contextmanager
def replaced_file(path: Path) -> Iterator[IO[str]]:
    """Opens a text file that takes the place of ``path`` when the block ends without an exception.

    Raises:
        MifgError: If the folder cannot be written to or the disk is full; ``path`` is then as it was.
    """
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise unwritable(path, error) from error
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def locked_folder(folder: Path, of: Path | None = None) -> Iterator[None]:
    """Keeps other processes from writing to a folder, which is made where it is missing.

    Args:
        folder: Holds the lock.
        of: What the lock is for, if not for the folder itself.

    Raises:
        MifgError: If another process has it, or it cannot be written to.
    """
    lock = FileLock(folder / ".lock")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(blocking=False)
    except Timeout as error:
        raise MifgError(
            f"Another process is writing to {of or folder}.", "Wait until it ends, or choose another folder."
        ) from error
    except OSError as error:
        raise unwritable(of or folder, error) from error
    try:
        yield
    finally:
        lock.release()


def fsync(path: Path) -> None:
    """Waits until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def unwritable(path: Path, error: OSError) -> UnwritableError:
    """The error for a write that the system refused."""
    if error.errno == errno.ENAMETOOLONG:
        remedy = "Choose a shorter name."
    elif error.errno in _OF_THE_PLACE:
        remedy = "Choose a folder that you may write to, then run the same command again."
    else:
        remedy = "Free disk space or choose a folder that you may write to, then run the same command again."
    return UnwritableError(f"Cannot write {path}: {error.strerror or error}.", remedy)
