"""Makes a new folder that is there whole or not at all."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mifg_pipeline.errors import MifgError
from mifg_pipeline.store.files import locked_folder, unwritable


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """An empty folder beside ``target`` that takes its name when the block ends without an exception.

    Raises:
        MifgError: If there is anything in ``target``, another process is making it, or the system refuses to write.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise MifgError(f"{target} is there already.", "Name a folder that is empty or not there yet.")
    target = target.resolve()
    partial = target.with_name(f".{target.name}.partial")
    try:
        with locked_folder(target.with_name(f".{target.name}.making")):
            try:
                shutil.rmtree(partial, ignore_errors=True)
                partial.mkdir(parents=True)
                yield partial
                if target.exists():
                    target.rmdir()
                partial.rename(target)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
                shutil.rmtree(target.with_name(f".{target.name}.making"))
    except OSError as error:
        raise unwritable(target, error) from error
