"""Plays turns that a script says: for tests and benchmarks, without a model."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from mifg_pipeline.engines.engine import SampledTurn, SamplingRequest
from mifg_pipeline.engines.expansion import expand_image_tokens
from mifg_pipeline.engines.view import View

if TYPE_CHECKING:
    from torch import Tensor


class ScriptedEngine:
    """An engine whose turns are certain: each has the log-probability 0.

    Args:
        script: The ids of a request's turn; what follows the end-of-turn token or the request's limit is left out.
        image_token_id: Stands for images.
        tokens_of: How many visual tokens a view has.
        end_of_turn_id: Ends a turn.
    """

    restarts = 0
    cached_share = None

    def __init__(
        self,
        script: Callable[[SamplingRequest], Sequence[int]],
        *,
        image_token_id: int,
        tokens_of: Callable[[View], int],
        end_of_turn_id: int,
    ) -> None:
        self._script = script
        self._image_token_id = image_token_id
        self._tokens_of = tokens_of
        self._end_of_turn_id = end_of_turn_id
        self._queue: list[SamplingRequest] = []

    def submit(self, request: SamplingRequest) -> None:
        """Queues a request."""
        self._queue.append(request)

    def step(self) -> list[SampledTurn]:
        """Plays all queued requests."""
        requests, self._queue = self._queue, []
        return [self._play(request) for request in requests]

    def sync(self, weights: "Iterable[tuple[str, Tensor]]") -> None:
        """Has no weights to take."""

    def abort(self, keys: Collection[int]) -> None:
        """Takes requests out of the queue."""
        self._queue = [request for request in self._queue if request.key not in keys]

    def sleep(self) -> None:
        """Holds no memory."""

    def wake(self) -> None:
        """Needs nothing."""

    def close(self) -> None:
        """Has started nothing."""

    def _play(self, request: SamplingRequest) -> SampledTurn:
        token_ids = list(self._script(request))[: request.max_tokens]
        is_finished = self._end_of_turn_id in token_ids
        if is_finished:
            token_ids = token_ids[: token_ids.index(self._end_of_turn_id) + 1]
        counts = [self._tokens_of(view) for view in request.views]
        return SampledTurn(
            key=request.key,
            prompt_token_ids=tuple(expand_image_tokens(request.token_ids, self._image_token_id, counts)),
            token_ids=tuple(token_ids),
            logprobs=(0.0,) * len(token_ids),
            is_finished=is_finished,
        )
