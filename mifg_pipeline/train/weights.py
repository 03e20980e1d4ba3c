"""Tells a folder's weights from others without reading all of them."""

import hashlib
from pathlib import Path
from typing import Final

from mifg_pipeline.errors import MifgError

_SAMPLE: Final = 1 << 20
"""Bytes from the start and from the end of each file: training changes weights everywhere."""


def weights_digest(folder: Path) -> str:
    """32 hexadecimal digits of the names, sizes and samples of the weight files; the same wherever the folder lies.

    Raises:
        MifgError: If there are none, or one cannot be read.
    """
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise MifgError(f"{folder} has no weights (*.safetensors).", "Give the folder of a checkpoint or adapter.")
    digest = hashlib.sha256()
    for path in files:
        try:
            size = path.stat().st_size
            with path.open("rb") as file:
                start = file.read(_SAMPLE)
                file.seek(max(size - _SAMPLE, 0))
                digest.update(f"{path.name} {size} ".encode() + start + file.read(_SAMPLE))
        except OSError as error:
            raise MifgError(f"{path} cannot be read ({error.strerror}).", "Mend it, or give another folder.") from error
    return digest.hexdigest()[:32]
