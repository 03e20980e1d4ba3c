"""An image as the model sees it."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mifg_pipeline.items import Box

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class View:
    """An image, or a part of one, resized so that its sides are whole numbers of visual tokens.

    Equal fields name equal pixels, so that features of a view can be kept under it.

    Attributes:
        sha256: Digest of the image file.
        box: The part that is shown, in pixels of the upright original; all of it where None.
        height: Pixels of the view, a multiple of the family's token side.
        width: Pixels of the view, a multiple of the family's token side.
        pixels: RGB, uint8, of shape (height, width, 3).
    """

    sha256: str
    box: Box | None
    height: int
    width: int
    pixels: Pixels = field(compare=False, repr=False)
