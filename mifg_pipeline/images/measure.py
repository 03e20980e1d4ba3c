"""Measures an image file in one pass over its bytes and pixels."""

import hashlib
from pathlib import Path
from typing import Final

import cv2
import imagehash
import numpy as np
from numpy.typing import NDArray

from mifg_pipeline.images.decoding import UnusableImage, decode_upright, read_image_file
from mifg_pipeline.images.measurement import Measurement, Unusable

SHARPNESS_SIDE: Final = 1024


def measure_file(path: Path) -> Measurement | Unusable:
    """Reads a file once and measures it."""
    try:
        data = read_image_file(path)
        image = decode_upright(data)
        grey = image.convert("L")
        return Measurement(
            sha256=hashlib.sha256(data).hexdigest(),
            width=image.width,
            height=image.height,
            phash=str(imagehash.phash(grey)),
            sharpness=measure_sharpness(np.asarray(grey)),
        )
    except UnusableImage as error:
        return Unusable(str(error), lasting=True)
    except MemoryError:
        return Unusable("unreadable: not enough memory to decode it", lasting=False)
    except OSError as error:
        return Unusable(f"unreadable: {error.strerror or type(error).__name__}", lasting=False)


def measure_sharpness(grey: NDArray[np.uint8]) -> float:
    """Variance of the Laplacian of a grey image, scaled down to a longest side of 1024; two decimals.

    Smaller images are left as they are: scaling up would blur them.

    Source: J. L. Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy, ICPR 2000.
    """
    height, width = grey.shape
    scale = SHARPNESS_SIDE / max(height, width)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    # The Laplacian of bytes fits 16 bits.
    _, deviation = cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_16S))
    return round(deviation.item() ** 2, 2)
