"""Rotary positions of text and images, as Qwen2.5-VL and Qwen3-VL count them."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray


def rotary_positions(image: Sequence[bool], grids: Iterable[tuple[int, int]]) -> NDArray[np.int64]:
    """Counts the positions of a sequence along time, height and width (M-RoPE of arXiv:2409.12191).

    Text advances all three by one a token. All visual tokens of an image stand at one time; rows and columns count on
    from there, and what follows begins after the longer side.

    Args:
        image: Whether each token stands for a part of an image.
        grids: Rows and columns of visual tokens of each image, in order.

    Returns:
        Of shape (3, tokens).

    Raises:
        ValueError: Grids and image tokens do not fit each other.
    """
    flags = np.asarray(image, dtype=np.bool_)
    positions = np.empty((3, len(flags)), dtype=np.int64)
    visual = np.flatnonzero(flags)
    done, position, used = 0, 0, 0
    for rows, columns in grids:
        span = visual[used : used + rows * columns]
        if len(span) < rows * columns or span[-1] - span[0] + 1 != rows * columns:
            raise ValueError(f"an image of {rows} by {columns} tokens does not fit the sequence")
        start = int(span[0])
        positions[:, done:start] = np.arange(position, position + start - done)
        position += start - done
        done, used = start + rows * columns, used + rows * columns
        positions[0, start:done] = position
        positions[1, start:done] = position + np.repeat(np.arange(rows), columns)
        positions[2, start:done] = position + np.tile(np.arange(columns), rows)
        position += max(rows, columns)
    if used != len(visual):
        raise ValueError(f"{len(visual) - used} image tokens belong to no image")
    positions[:, done:] = np.arange(position, position + len(flags) - done)
    return positions
