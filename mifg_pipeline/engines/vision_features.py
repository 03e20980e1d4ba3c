"""What a model's vision tower makes of views, kept as long as its weights stay."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from mifg_pipeline.engines.view import View
from mifg_pipeline.engines.view_cache import ViewCache
from mifg_pipeline.engines.vision_inputs import VisionInputs

MAX_CACHED_BYTES = 2**29
"""Of features: those of at least 90 views of 768 visual tokens for a model of 7B parameters in bfloat16."""

MAX_PIXELS_AT_ONCE = 2**22
"""Of the views that go through the vision tower together; bounds its activations."""


@dataclass(frozen=True)
class ImageFeatures:
    """What ``mm_encoder_outputs["image"]`` of a Transformers model holds, by the names that it asks for.

    Attributes:
        pooler_output: Features of each image, of shape (visual tokens, hidden size).
        deepstack_features: For each early layer of the language model, what is added to it (Qwen3-VL), by image.
    """

    pooler_output: list[Tensor]
    deepstack_features: list[list[Tensor]]


class VisionFeatures:
    """Computes each view once until it is told that the weights have changed.

    Args:
        model: Of Transformers.
        inputs: Patches of the views.
    """

    def __init__(self, model: Any, inputs: VisionInputs) -> None:
        self._model = model
        self._inputs = inputs
        # Of each view its levels: what the embeddings are replaced by, then what is added to each early layer.
        self._cache: ViewCache[list[Tensor]] = ViewCache(
            MAX_CACHED_BYTES, lambda levels: sum(level.nbytes for level in levels)
        )

    def of(self, views: Sequence[View]) -> ImageFeatures:
        """Returns the features of the views, in their order."""
        levels = self._cache.collect(views, self._compute)
        pooled, *deepstack = ([level[number] for level in levels] for number in range(len(levels[0])))
        return ImageFeatures(pooled, deepstack)

    def clear(self) -> None:
        """Forgets all features, whose weights have changed."""
        self._cache.clear()

    def _compute(self, views: list[View]) -> Iterator[list[Tensor]]:
        for some in _chunks(views):
            batch = self._inputs.of(some)
            device = self._model.device
            output = self._model.get_image_features(batch.pixel_values.to(device), batch.grids.to(device))
            deepstack = getattr(output, "deepstack_features", [])
            # Cloned: as parts of one tensor they would keep all of it alive.
            yield from (
                [level.clone() for level in levels] for levels in zip(output.pooler_output, *deepstack, strict=True)
            )


def _chunks(views: list[View]) -> Iterator[list[View]]:
    """Yields runs of views of at most ``MAX_PIXELS_AT_ONCE`` pixels, or of one view."""
    chunk: list[View] = []
    pixels = 0
    for view in views:
        if chunk and pixels + view.height * view.width > MAX_PIXELS_AT_ONCE:
            yield chunk
            chunk, pixels = [], 0
        chunk.append(view)
        pixels += view.height * view.width
    yield chunk
