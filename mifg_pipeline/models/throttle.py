"""Adaptive throttle: as many requests in flight, and as many a minute, as a server takes.

The limit on requests in flight rises by one per round trip of replies, and each request that is turned down (429) takes
half a slot away: where all of them are, the limit halves in a round trip, down to one; where a few are, it falls by a
few. Servers turn some requests down for reasons of their own, so the limit rises faster than that from 12 on: it holds
while fewer than one in seven is turned down.
"""

import asyncio
from collections import deque
from dataclasses import dataclass

from mifg_pipeline.config import ServerSettings
from mifg_pipeline.models.chat import ChatModel, ChatReply, ChatRequest, ServerBusy
from mifg_pipeline.models.estimate import prompt_tokens
from mifg_pipeline.models.pace import Pace

_LEAST_RISE = 1 / 12
_FALL = 0.5


class Throttle:
    """Limits the requests to one server, of all models together; requests wait their turn in order.

    Args:
        server: How many requests and tokens it may be sent.
    """

    def __init__(self, server: ServerSettings) -> None:
        self._most = server.concurrency
        self._limit = float(server.concurrency)
        self._in_flight = 0
        self._waiting: deque[tuple[asyncio.Future[None], int]] = deque()
        self._requests = Pace(server.requests_per_minute)
        self._tokens = Pace(server.tokens_per_minute)
        self._timer: asyncio.TimerHandle | None = None

    @property
    def limit(self) -> int:
        """Requests that may be in flight now; at least one."""
        return int(self._limit)

    def around(self, model: ChatModel) -> ChatModel:
        """The model, throttled."""
        return _Throttled(self, model)

    async def admit(self, tokens: int) -> None:
        """Waits until one more request may be sent, which is then in flight until ``leave``.

        Args:
            tokens: That it will take, as estimated.
        """
        if not self._waiting and self._in_flight < self.limit and self._delay() <= 0:
            self._send(tokens)
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((turn, tokens))
        self._admit_waiting()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # its turn had come
                self.leave()
            raise

    def leave(self) -> None:
        """Takes note that a request is no longer in flight."""
        self._in_flight -= 1
        self._admit_waiting()

    def replied(self, tokens_misjudged: int) -> None:
        """Takes note of a reply.

        Args:
            tokens_misjudged: How many more tokens than estimated it took; negative where it took fewer.
        """
        self._limit = min(self._most, self._limit + max(1 / self._limit, _LEAST_RISE))
        self._tokens.correct(asyncio.get_running_loop().time(), tokens_misjudged)

    def turned_down(self) -> None:
        """Takes note that the server asked for fewer requests."""
        self._limit = max(1.0, self._limit - _FALL)

    def _send(self, tokens: int) -> None:
        now = asyncio.get_running_loop().time()
        self._in_flight += 1
        self._requests.take(now, 1)
        self._tokens.take(now, tokens)

    def _delay(self) -> float:
        """Seconds until the rates allow the next request."""
        return max(self._requests.free_at, self._tokens.free_at) - asyncio.get_running_loop().time()

    def _admit_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting and self._in_flight < self.limit:
            turn, tokens = self._waiting[0]
            if turn.cancelled():
                self._waiting.popleft()
                continue
            if (delay := self._delay()) > 0:
                self._timer = asyncio.get_running_loop().call_later(delay, self._admit_waiting)
                return
            self._waiting.popleft()
            self._send(tokens)
            turn.set_result(None)


@dataclass(frozen=True)
class _Throttled:
    throttle: Throttle
    model: ChatModel

    async def complete(self, request: ChatRequest) -> ChatReply:
        tokens = prompt_tokens(request) + request.max_tokens
        await self.throttle.admit(tokens)
        try:
            reply = await self.model.complete(request)
        except ServerBusy as busy:
            if busy.is_throttling:
                self.throttle.turned_down()
            raise
        else:
            self.throttle.replied(reply.prompt_tokens + reply.completion_tokens - tokens)
            return reply
        finally:
            self.throttle.leave()
