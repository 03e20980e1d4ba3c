"""The replay cache: a call that was ever finished is answered from the ledger, and equal calls are made once."""

import asyncio
from dataclasses import dataclass, replace

from mifg_pipeline.models.chat import ChatModel, ChatReply, ChatRequest, RequestRefused
from mifg_pipeline.store.calls import Calls, StoredCall


class ReplayCache:
    """Replies by the key of their request.

    A reply is in the ledger before it is handed on, so that a process that is killed right after has not paid in vain.
    Refusals are remembered as long as the process lives: what the server lacked may be mended before the next start.

    Args:
        calls: Of the run's ledger.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._refusals: dict[str, str] = {}
        self._in_flight: dict[str, asyncio.Future[ChatReply]] = {}

    def around(self, model: ChatModel) -> ChatModel:
        """The model, asked only what is not known yet."""
        return _Cached(self, model)

    async def complete(self, model: ChatModel, request: ChatRequest) -> ChatReply:
        """The reply from the ledger or to an equal request in flight, else the model's.

        Raises:
            Exception: What the model raises; all who wait for the reply get the same.
        """
        key = request.key
        while (pending := self._in_flight.get(key)) is not None:
            await asyncio.wait([pending])
            if not pending.cancelled():  # else the one who asked was cancelled, and another has to ask
                return replace(pending.result(), replayed=True)
        if (known := self._calls.get(key)) is not None:
            return _replayed(known)
        if key in self._refusals:
            raise RequestRefused(self._refusals[key])
        return await self._ask(model, request)

    async def _ask(self, model: ChatModel, request: ChatRequest) -> ChatReply:
        pending: asyncio.Future[ChatReply] = asyncio.get_running_loop().create_future()
        self._in_flight[request.key] = pending
        try:
            reply = await model.complete(request)
            self._calls.put(_stored(request, reply))
            pending.set_result(reply)
        except Exception as error:
            if isinstance(error, RequestRefused):
                self._refusals[request.key] = str(error)
            pending.set_exception(error)
            pending.exception()  # nobody else may be waiting for it, which is no oversight
            raise
        else:
            return reply
        finally:
            pending.cancel()  # does nothing where there is an outcome
            del self._in_flight[request.key]


@dataclass(frozen=True)
class _Cached:
    cache: ReplayCache
    model: ChatModel

    async def complete(self, request: ChatRequest) -> ChatReply:
        return await self.cache.complete(self.model, request)


def _stored(request: ChatRequest, reply: ChatReply) -> StoredCall:
    return StoredCall(
        key=request.key,
        model=request.model,
        purpose=request.purpose,
        text=reply.text,
        refusal=reply.refusal,
        finish_reason=reply.finish_reason,
        prompt_tokens=reply.prompt_tokens,
        completion_tokens=reply.completion_tokens,
        seconds=reply.seconds,
        money=reply.money,
    )


def _replayed(call: StoredCall) -> ChatReply:
    return ChatReply(
        key=call.key,
        text=call.text,
        refusal=call.refusal,
        finish_reason=call.finish_reason,
        prompt_tokens=call.prompt_tokens,
        completion_tokens=call.completion_tokens,
        seconds=call.seconds,
        replayed=True,
        money=call.money,
    )
