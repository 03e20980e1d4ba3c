"""What the index knows of an image file from its bytes alone."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one image file holds.

    Attributes:
        sha256: Digest of the bytes.
        width: Pixels of the upright image.
        height: Pixels of the upright image.
        phash: 64-bit perceptual hash of the upright image, 16 hexadecimal digits.
        sharpness: See ``measure_sharpness``.
    """

    sha256: str
    width: int
    height: int
    phash: str
    sharpness: float


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why a file gives no image.

    Attributes:
        reason: As ``kind: detail``.
        lasting: Whether the bytes are to blame, so that reading them again is of no use.
    """

    reason: str
    lasting: bool
