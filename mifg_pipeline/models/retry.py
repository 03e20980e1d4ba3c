"""The one retry layer: a request that failed for now is sent again until the server's patience is used up."""

import asyncio
import random
from dataclasses import dataclass

from mifg_pipeline.config import ServerSettings
from mifg_pipeline.errors import MifgError
from mifg_pipeline.models.chat import ChatModel, ChatReply, ChatRequest, RequestRefused, ServerBusy

_FIRST_WAIT = 0.1
_LONGEST_WAIT = 8.0
"""Short enough that a server that comes back after a restart is at work again soon."""


class Retry:
    """Repeats requests to one server that failed with ``ServerBusy``, and no others.

    Waits are drawn evenly from nought up to a bound that doubles with every failure (full jitter), and follow the time
    that the server asked for. A request that keeps failing while the server replies to others is given up as refused,
    so that it costs one item and not the run.

    Args:
        server: Whose patience it is.
    """

    def __init__(self, server: ServerSettings) -> None:
        self._server = server
        self._replied_at = float("-inf")

    def around(self, model: ChatModel) -> ChatModel:
        """The model, asked again where that may help."""
        return _Retried(self, model)

    async def complete(self, model: ChatModel, request: ChatRequest) -> ChatReply:
        """The first reply.

        Raises:
            RequestRefused: If this request kept failing while others were replied to.
            MifgError: If the server replied to nothing for as long as it has patience.
        """
        clock = asyncio.get_running_loop().time
        failures, failing_since = 0, 0.0
        while True:
            try:
                reply = await model.complete(request)
            except ServerBusy as busy:
                now = clock()
                failing_since = failing_since if failures else now
                wait = (busy.retry_after or 0.0) + random.uniform(0, bound(failures))
                if now + wait - failing_since > self._server.patience:
                    raise self._given_up(busy, failing_since, now) from busy
                failures += 1
                await asyncio.sleep(wait)
            else:
                self._replied_at = clock()
                return reply

    def _given_up(self, busy: ServerBusy, failing_since: float, now: float) -> Exception:
        tried = f"{now - failing_since:.0f} s"
        if self._replied_at > failing_since:
            return RequestRefused(f"failed for {tried} while the server replied to others: {busy}")
        asked = f", and it asks to wait for {busy.retry_after:.0f} s" if busy.retry_after else ""
        return MifgError(
            f"No reply from {self._server.base_url or 'OpenAI'} in {tried} of trying: {busy}{asked}.",
            "See to the server, then run the same command again: it resumes, and no finished call is paid twice.",
        )


def bound(failures: int) -> float:
    """Longest wait in seconds after a failure that so many came before."""
    return float(min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(failures, 16)))


@dataclass(frozen=True)
class _Retried:
    retry: Retry
    model: ChatModel

    async def complete(self, request: ChatRequest) -> ChatReply:
        return await self.retry.complete(self.model, request)
