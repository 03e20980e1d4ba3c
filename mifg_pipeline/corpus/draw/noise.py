"""Procedural noise, the raw material of surfaces."""

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
"""A scalar per pixel, shape (height, width)."""


def fractal_noise(
    rng: np.random.Generator, shape: tuple[int, int], cell: float, octaves: int, persistence: float = 0.5
) -> Field:
    """Noise with detail at several scales, zero mean and unit variance.

    Built from coarse to fine: each octave enlarges the last field to twice its size and adds finer noise to it.

    Args:
        rng: Source of all randomness.
        shape: Height and width in pixels.
        cell: Size of the coarsest features, pixels.
        octaves: Scales; each is half as large as the one before.
        persistence: Amplitude of each scale relative to the one before.
    """
    field: Field = np.zeros((2, 2), np.float32)
    amplitude = 1.0
    for octave in range(octaves):
        step = cell / 2**octave
        size = (max(2, round(shape[0] / step)), max(2, round(shape[1] / step)))
        field = enlarge(field, size) + np.float32(amplitude) * rng.standard_normal(size, dtype=np.float32)
        amplitude *= persistence
    return standardise(enlarge(field, shape))


def grain(rng: np.random.Generator, shape: tuple[int, int]) -> Field:
    """Independent noise in each pixel, zero mean and unit variance."""
    return rng.standard_normal(shape, dtype=np.float32)


def enlarge(field: Field, shape: tuple[int, int]) -> Field:
    """Cubic interpolation of a field to (height, width)."""
    if field.shape == shape:
        return field
    return np.asarray(cv2.resize(field, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC), np.float32)


def standardise(field: Field) -> Field:
    """The field with zero mean and unit variance."""
    return np.asarray((field - field.mean()) / (field.std() + 1e-6), np.float32)
