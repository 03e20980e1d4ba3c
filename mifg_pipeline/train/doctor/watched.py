"""Samplers around the engine that is examined: one keeps what it did, one says its first turns for it."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.engine import SampledTurn, SamplingRequest, TurnSampler
from mifg_pipeline.engines.expansion import expand_image_tokens


class WatchedSampler:
    """Keeps what was asked for, and counts what was sampled.

    A turn with ids that stand for images is handed on as a failure: no ledger can hold it.

    Args:
        engine: What samples.
        banned_ids: Never to be sampled.

    Attributes:
        requests: All so far.
        sampled: Tokens so far.
        banned: Of them, those that are never to be sampled.
    """

    def __init__(self, engine: TurnSampler, banned_ids: Collection[int]) -> None:
        self._engine = engine
        self._banned_ids = frozenset(banned_ids)
        self.requests: list[SamplingRequest] = []
        self.sampled = 0
        self.banned = 0

    def submit(self, request: SamplingRequest) -> None:
        """Queues a request."""
        self.requests.append(request)
        self._engine.submit(request)

    def step(self) -> list[SampledTurn]:
        """What the engine has done."""
        return [self._counted(turn) for turn in self._engine.step()]

    def abort(self, keys: Collection[int]) -> None:
        """Gives up requests."""
        self._engine.abort(keys)

    def _counted(self, turn: SampledTurn) -> SampledTurn:
        banned = sum(token in self._banned_ids for token in turn.token_ids)
        self.sampled += len(turn.token_ids)
        self.banned += banned
        if not banned:
            return turn
        return replace(turn, token_ids=(), logprobs=(), failure=f"{banned} sampled ids stand for images")


class FirstTurnGiven:
    """Says the first turn of each episode itself; the engine samples the others.

    Args:
        engine: What samples.
        token_ids: Of the first turn.
        chat_format: Of the engine's checkpoint.
    """

    def __init__(self, engine: TurnSampler, token_ids: Sequence[int], chat_format: ChatFormat) -> None:
        self._engine = engine
        self._token_ids = (*token_ids, chat_format.end_of_turn_id)
        self._chat_format = chat_format
        self._began: set[int] = set()
        self._said: list[SampledTurn] = []

    def submit(self, request: SamplingRequest) -> None:
        """Says the turn, or queues the request."""
        if request.key in self._began:
            self._engine.submit(request)
            return
        self._began.add(request.key)
        counts = [self._chat_format.tokens_of(view) for view in request.views]
        prompt = expand_image_tokens(request.token_ids, self._chat_format.image_token_id, counts)
        logprobs = (0.0,) * len(self._token_ids)
        self._said.append(SampledTurn(request.key, tuple(prompt), self._token_ids, logprobs, is_finished=True))

    def step(self) -> list[SampledTurn]:
        """First turns, if there are any; else what the engine has done."""
        said, self._said = self._said, []
        return said or self._engine.step()

    def abort(self, keys: Collection[int]) -> None:
        """Gives up requests."""
        self._said = [turn for turn in self._said if turn.key not in keys]
        self._engine.abort(keys)
