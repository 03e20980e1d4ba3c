"""Engines on a model of their own, each with one fault that goes unnoticed without somebody who looks for it."""

import copy
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.engine import SampledTurn, SamplingRequest
from mifg_pipeline.engines.huggingface import HuggingFaceEngine
from mifg_pipeline.errors import MifgError

Weights = Iterable[tuple[str, Tensor]]


class KeepsItsWeights(HuggingFaceEngine):
    """Takes no new weights."""

    def sync(self, weights: Weights) -> None:
        super().sync(())


class TakesTheFirstUpdateOnly(HuggingFaceEngine):
    """Takes the weights of before the first update and those of the first one, and no later ones."""

    syncs = 0

    def sync(self, weights: Weights) -> None:
        self.syncs += 1
        super().sync(weights if self.syncs <= 2 else ())


class RefusesUpdates(HuggingFaceEngine):
    """Takes weights once."""

    syncs = 0

    def sync(self, weights: Weights) -> None:
        self.syncs += 1
        if self.syncs > 1:
            raise MifgError("The engine has no weight of the name x.", "Give it the same checkpoint.")
        super().sync(weights)


class KeepsImageFeatures(HuggingFaceEngine):
    """Does not forget what the vision tower made of an image with old weights."""

    def sync(self, weights: Weights) -> None:
        kept, self._features.clear = self._features.clear, lambda: None  # type: ignore[method-assign]
        super().sync(weights)
        self._features.clear = kept  # type: ignore[method-assign]


class KeepsPrefixes(HuggingFaceEngine):
    """Goes on from a text before the first image that it has read with old weights, as it was read then."""

    def __init__(self, model: Any, chat_format: ChatFormat, batch_size: int) -> None:
        super().__init__(model, chat_format, batch_size)
        self._image_token_id = chat_format.image_token_id
        self._built = lambda: HuggingFaceEngine(copy.deepcopy(model), chat_format, batch_size)
        self._old: HuggingFaceEngine | None = None
        self._texts: set[tuple[int, ...]] = set()
        self._texts_by_old: set[tuple[int, ...]] = set()

    def sync(self, weights: Weights) -> None:
        self._old, self._texts_by_old = self._built(), self._texts_by_old | self._texts
        super().sync(weights)

    def submit(self, request: SamplingRequest) -> None:
        prefix = request.token_ids[: request.token_ids.index(self._image_token_id)]
        self._texts.add(prefix)
        if self._old is not None and prefix in self._texts_by_old:
            self._old.submit(request)
        else:
            super().submit(request)

    def step(self) -> list[SampledTurn]:
        return super().step() + (self._old.step() if self._old else [])


class ForgetsAsleep(HuggingFaceEngine):
    """Wakes without the weights that are not trained."""

    def wake(self) -> None:
        with torch.no_grad():
            for weight in self._model.model.visual.parameters():
                weight.zero_()


class ReadsImagesAnotherWay(HuggingFaceEngine):
    """Has one visual token less of the last image where there are more than so many."""

    images = 0

    def step(self) -> list[SampledTurn]:
        return [self._changed(turn, self._chat_format.image_token_id) for turn in super().step()]

    def submit(self, request: SamplingRequest) -> None:
        self._wrong = {**getattr(self, "_wrong", {}), request.key: len(request.views) > self.images}
        super().submit(request)

    def _changed(self, turn: SampledTurn, image_token_id: int) -> SampledTurn:
        ids = turn.prompt_token_ids
        if not self._wrong[turn.key]:
            return turn
        last = len(ids) - 1 - ids[::-1].index(image_token_id)
        return replace(turn, prompt_token_ids=ids[:last] + ids[last + 1 :])


class ReadsAThirdImageAnotherWay(ReadsImagesAnotherWay):
    """Is right about the two images of a question, and not about what a tool shows."""

    images = 2


class SamplesPads(HuggingFaceEngine):
    """Samples an id that stands for an image at the end of each turn."""

    def step(self) -> list[SampledTurn]:
        return [self._with_pad(turn) for turn in super().step()]

    def _with_pad(self, turn: SampledTurn) -> SampledTurn:
        ids: Sequence[int] = (*turn.token_ids[:-1], self._chat_format.image_token_id)
        return replace(turn, token_ids=tuple(ids), is_finished=False)


class ReportsBeforeTemperature(HuggingFaceEngine):
    """Reports log-probabilities at temperature 1, whatever it is asked for."""

    def submit(self, request: SamplingRequest) -> None:
        super().submit(replace(request, temperature=1.0))


class Crashes(HuggingFaceEngine):
    """Samples nothing."""

    def step(self) -> list[SampledTurn]:
        return [
            SampledTurn(turn.key, (), (), (), is_finished=False, failure="the engine has crashed")
            for turn in super().step()
        ]
