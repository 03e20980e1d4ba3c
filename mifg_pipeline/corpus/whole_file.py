"""Writes a file of the corpus folder whole or not at all."""

import os
from pathlib import Path

from mifg_pipeline.errors import MifgError


def write_whole(path: Path, content: bytes) -> None:
    """Writes the file beside its place and moves it there when it is on the disk.

    Raises:
        MifgError: If the folder or the disk does not let it; an older file is then untouched.
    """
    partial = path.with_name(f".{path.name.lstrip('.')}.{os.getpid()}.partial")
    try:
        try:
            with partial.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise MifgError(
            f"{path} cannot be written ({error.strerror or error}).",
            "Make the folder writable, free some disk space, or copy the images to a folder of your own.",
        ) from error
