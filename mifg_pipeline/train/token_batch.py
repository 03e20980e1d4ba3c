"""Trajectories as tensors: which ones share a forward pass, and what the model reads."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from mifg_pipeline.engines.ledger import Tracks
from mifg_pipeline.engines.positions import rotary_positions
from mifg_pipeline.engines.vision_inputs import VisionInputs

PADDING_ID = 0
"""Fills rows up."""


@dataclass(frozen=True)
class TokenBatch:
    """What one forward pass reads: B trajectories, right padded to T tokens.

    All of it is read: what a loss leaves out is still seen by what comes after it, and hiding the tokens of an image
    would move its pixels to another one. Padding comes after everything, so that nothing sees it.

    Attributes:
        rows: Which of the trajectories it was made of, in the order of its rows.
        input_ids: (B, T) int64.
        position_ids: (3, B, T) int64: time, row and column.
        scored: (B, T) bool; tokens whose log-probability is wanted.
        pixel_values: (P, D) float32; patches of each different view.
        image_grid_thw: (U, 3) int64; patches of each different view along time, height and width.
        image_index: (I,) int64; which of the U views each image is, row after row.
    """

    rows: tuple[int, ...]
    input_ids: Tensor
    position_ids: Tensor
    scored: Tensor
    pixel_values: Tensor
    image_grid_thw: Tensor
    image_index: Tensor

    def to(self, device: torch.device) -> "TokenBatch":
        """The same on another device."""
        tensors = (field.name for field in fields(self) if field.name != "rows")
        return replace(self, **{name: getattr(self, name).to(device) for name in tensors})


def micro_batches(lengths: Sequence[int], max_tokens: int) -> list[tuple[int, ...]]:
    """Divides trajectories into groups that share a forward pass.

    Trajectories of about the same length come together, the longest first, so that what is too large for the memory
    shows at once.

    Args:
        lengths: Tokens of each trajectory.
        max_tokens: Most tokens of a group, padding among them; a longer trajectory goes alone.

    Returns:
        Positions in ``lengths``; each is in exactly one group.
    """
    groups: list[list[int]] = []
    room = 0
    for position in sorted(range(len(lengths)), key=lambda position: (-lengths[position], position)):
        if room == 0:
            groups.append([])
            room = max(1, max_tokens // lengths[position])
        groups[-1].append(position)
        room -= 1
    return [tuple(group) for group in groups]


def token_batch(
    rows: Sequence[int], tracks: Sequence[Tracks], scored: Tensor, vision_inputs: VisionInputs, merge_size: int
) -> TokenBatch:
    """Makes one of the groups into tensors.

    Args:
        rows: Positions in ``tracks``.
        tracks: All M trajectories.
        scored: (M, at least T) bool; tokens of all trajectories whose log-probability is wanted.
        vision_inputs: Prepares each different view once.
        merge_size: Patches of a visual token along one side.

    Raises:
        ValueError: If a first token, a padded one or an image is to be scored, or images and their tokens do not fit.
    """
    chosen = [tracks[row] for row in rows]
    length = max(len(track.token_ids) for track in chosen)
    index_of = {
        view: index for index, view in enumerate(dict.fromkeys(view for track in chosen for view in track.views))
    }
    vision = vision_inputs.of(list(index_of))
    sides = [(height // merge_size, width // merge_size) for _, height, width in vision.grids.tolist()]
    padding = _padded([[1] * len(track.token_ids) for track in chosen], length) == 0
    images = _padded([track.image for track in chosen], length)
    selected = scored[list(rows), :length].to("cpu")
    if bool((selected & (padding | (images == 1))).any()) or bool(selected[:, 0].any()):
        raise ValueError("neither first tokens nor padding nor images have a log-probability")
    positions = torch.zeros(3, len(chosen), length, dtype=torch.int64)
    for row, track in enumerate(chosen):
        shown = [sides[index_of[view]] for view in track.views]
        positions[:, row, : len(track.image)] = torch.from_numpy(rotary_positions(track.image, shown))
    return TokenBatch(
        rows=tuple(rows),
        input_ids=_padded([track.token_ids for track in chosen], length),
        position_ids=positions,
        scored=selected,
        pixel_values=vision.pixel_values,
        image_grid_thw=vision.grids,
        image_index=torch.tensor([index_of[view] for track in chosen for view in track.views], dtype=torch.int64),
    )


def _padded(rows: Sequence[Sequence[int]], length: int) -> Tensor:
    return torch.tensor([[*map(int, row), *[PADDING_ID] * (length - len(row))] for row in rows], dtype=torch.int64)
