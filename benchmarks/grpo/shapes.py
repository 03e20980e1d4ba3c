"""The sizes of model and trajectories that both trainers are given."""

from typing import NamedTuple

IMAGES = 3
"""Of a question."""

VIEW_TOKENS = 36
"""Most visual tokens of an image or a crop."""

GROUP_SIZE = 8
MICRO_BATCH = 4
"""Trajectories of a forward pass."""

UPDATES = 2
"""Optimiser steps on the same trajectories."""

LEARNING_RATE, BETAS, MAX_GRAD_NORM = 1e-4, (0.9, 0.95), 1.0
CLIP_LOW, CLIP_HIGH, CAP = 0.2, 0.28, 2.0


class Shape(NamedTuple):
    """Sizes of a Qwen2.5-VL.

    Attributes:
        hidden: Width of the language model.
        layers: Of the language model.
        vision_hidden: Width of the vision tower.
        vision_layers: Of the vision tower.
        vocabulary: Rows of the language-model head.
    """

    hidden: int
    layers: int
    vision_hidden: int
    vision_layers: int
    vocabulary: int


SHAPES = {
    "head": Shape(hidden=128, layers=4, vision_hidden=64, vision_layers=4, vocabulary=151_936),
    "balanced": Shape(hidden=256, layers=12, vision_hidden=128, vision_layers=10, vocabulary=2_880),
}
"""``head`` has the real vocabulary, so that its head has 35 times the weights of all layers of its language model. In
``balanced`` head, layers and vision tower stand to each other as in Qwen2.5-VL-3B: a head of 11 % of the layers, and a
vision tower that costs as much per visual token (four patches) as the layers do. At such a width attention takes a
larger share than there.
"""

GROUPS = {"head": 1, "balanced": 2}
"""As many as take some minutes on two cores, by shape."""
