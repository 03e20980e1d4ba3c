"""What a model's vision tower reads of a view: normalised patches and their grid."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mifg_pipeline.engines.view import Pixels, View
from mifg_pipeline.engines.view_cache import ViewCache

MAX_CACHED_BYTES = 2**28
"""Of patches: those of about 20 views of 600,000 pixels."""


@dataclass(frozen=True)
class VisionBatch:
    """Patches of several views, one after the other.

    Attributes:
        pixel_values: Of shape (patches, values of a patch), float32, on the CPU.
        grids: Of shape (views, 3), int64: frames (1), rows and columns of patches; ``image_grid_thw``.
    """

    pixel_values: Tensor
    grids: Tensor


class VisionInputs:
    """Turns views into what the family's image processor would make of them, bit by bit.

    A view has its final size, so that it is only normalised and cut into patches. The processor does that in double
    precision, pixel by pixel; a byte has but 256 values, so here it normalises those and the pixels are looked up.

    Args:
        image_processor: ``ChatFormat.image_processor``.
    """

    def __init__(self, image_processor: Any) -> None:
        self._patch: int = image_processor.patch_size
        self._merge: int = image_processor.merge_size
        self._frames: int = image_processor.temporal_patch_size
        self._normalised = _normalised_bytes(image_processor)
        self._cache: ViewCache[Tensor] = ViewCache(MAX_CACHED_BYTES, lambda patches: patches.nbytes)

    def of(self, views: Sequence[View]) -> VisionBatch:
        """Returns patches and grids of the views, in their order; a repeated view is computed once.

        Raises:
            ValueError: The sides of a view are not whole numbers of visual tokens, or not those of its pixels.
        """
        patches = self._cache.collect(views, self._compute)
        grids = [(1, view.height // self._patch, view.width // self._patch) for view in views]
        return VisionBatch(torch.cat(patches), torch.tensor(grids))

    def _compute(self, views: list[View]) -> Iterator[Tensor]:
        for view in views:
            side = self._patch * self._merge
            if view.height % side or view.width % side or view.pixels.shape != (view.height, view.width, 3):
                raise ValueError(f"{view} is not made of visual tokens of {side} pixels")
            yield torch.from_numpy(self._patches(view.pixels))

    def _patches(self, pixels: Pixels) -> NDArray[np.float32]:
        """Cuts an image into patches, those of a visual token side by side, each by channel, frame, row and column."""
        patch, merge = self._patch, self._merge
        height, width, channels = pixels.shape
        cut = pixels.reshape(height // (patch * merge), merge, patch, width // (patch * merge), merge, patch, channels)
        cut = cut.transpose(0, 3, 1, 4, 6, 2, 5).reshape(-1, channels, patch * patch)
        patches = np.empty((len(cut), channels, self._frames, patch * patch), dtype=np.float32)
        for channel, values in enumerate(self._normalised):
            patches[:, channel] = values[cut[:, channel]][:, None]
        return patches.reshape(len(cut), -1)


def _normalised_bytes(image_processor: Any) -> NDArray[np.float32]:
    """Returns what the processor makes of each value of a byte, of shape (channels, 256)."""
    every_byte = np.broadcast_to(np.arange(256, dtype=np.uint8), (3, 1, 256))
    rescaled = image_processor.rescale(every_byte, image_processor.rescale_factor)
    normalised = image_processor.normalize(rescaled, image_processor.image_mean, image_processor.image_std)
    return np.asarray(normalised[:, 0], dtype=np.float32)
