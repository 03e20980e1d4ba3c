"""What an image is recognised by: its SIFT features, and a small grey picture to confirm a match in."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE: Final = 512
"""Longest side at which features are taken, pixels."""

FEATURES: Final = 300
"""Features, at most, the strongest."""

THUMBNAIL_SIDE: Final = 160

DESCRIPTOR: Final = 128


@dataclass(frozen=True)
class Portrait:
    """An image as it is compared.

    Attributes:
        points: Places of the features in pixels of the thumbnail, shape (features, 2), float32.
        descriptors: SIFT descriptors, shape (features, 128), uint8.
        thumbnail: The grey image at a longest side of 160 pixels, slightly blurred.
    """

    points: NDArray[np.float32]
    descriptors: NDArray[np.uint8]
    thumbnail: NDArray[np.uint8]

    @classmethod
    def empty(cls) -> "Portrait":
        """The portrait of nothing, which is like no other one."""
        return cls(np.empty((0, 2), np.float32), np.empty((0, DESCRIPTOR), np.uint8), np.zeros((1, 1), np.uint8))

    @classmethod
    def of(cls, image: Image.Image) -> "Portrait":
        """The portrait of an upright image."""
        return cls._of_grey(_resized(np.asarray(image.convert("L")), SIDE))

    @classmethod
    def both(cls, image: Image.Image) -> tuple["Portrait", "Portrait"]:
        """The portraits of an image and of its mirror image: SIFT does not know the one by the other."""
        grey = _resized(np.asarray(image.convert("L")), SIDE)
        return cls._of_grey(grey), cls._of_grey(np.ascontiguousarray(grey[:, ::-1]))

    @classmethod
    def _of_grey(cls, grey: NDArray[np.uint8]) -> "Portrait":
        thumbnail = _resized(grey, THUMBNAIL_SIDE)
        keypoints, descriptors = cv2.SIFT.create(FEATURES).detectAndCompute(grey, None)
        if descriptors is None:
            descriptors = np.empty((0, DESCRIPTOR))
        scale = max(thumbnail.shape) / max(grey.shape)
        points = np.array([keypoint.pt for keypoint in keypoints], np.float32).reshape(-1, 2) * np.float32(scale)
        return cls(points, descriptors.astype(np.uint8), np.asarray(cv2.GaussianBlur(thumbnail, (0, 0), 1), np.uint8))


def _resized(grey: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    scale = side / max(grey.shape)
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(grey, size, interpolation=interpolation), dtype=np.uint8)
