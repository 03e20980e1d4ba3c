"""One connection to an engine's server, from its first word until either side is lost."""

import os
import socket
import struct
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection

from torch import Tensor

from mifg_pipeline.engines.engine import SamplingRequest
from mifg_pipeline.engines.view import View
from mifg_pipeline.engines.view_cache import ViewCache
from mifg_pipeline.engines.vllm.connecting import Address, connect
from mifg_pipeline.engines.vllm.messages import (
    Abort,
    Alive,
    Done,
    EndOfWeights,
    Message,
    Ready,
    Refused,
    Request,
    Submit,
    ToClient,
    Turn,
    Weight,
    buffer_of,
    decode_at_client,
    encode,
)
from mifg_pipeline.engines.vllm.shown_views import MAX_REMEMBERED_BYTES, shown
from mifg_pipeline.errors import MifgError

RETRY_SECONDS = 0.1
WEIGHTS_UNDER_WAY = 2
"""Sent and not yet taken: the server need not hold more than these twice."""


class EngineLost(Exception):  # noqa: N818 - what has happened, not a mistake
    """The server has ended, or does not answer any more."""


class Link:
    """A connection to a server that is ready.

    Args:
        address: Of the server.
        key: That both have.
        start_timeout: Seconds within which it has to be ready.
        silence_timeout: Seconds without a sign of life after which it is lost.
        check_alive: Raises where the server has ended before it listens.

    Raises:
        EngineLost: It breaks off before it is ready.
        MifgError: It is not ready in time, has another key, or says what to mend.

    Attributes:
        ready: What it serves.
    """

    def __init__(
        self,
        address: Address,
        key: bytes,
        *,
        start_timeout: float,
        silence_timeout: float,
        check_alive: Callable[[], None],
    ) -> None:
        deadline = time.monotonic() + start_timeout
        self._connection = _connected(address, key, deadline, check_alive)
        self._views: ViewCache[int] = ViewCache(MAX_REMEMBERED_BYTES, int)
        self._silence_timeout = silence_timeout
        _limit_sending(self._connection, silence_timeout)
        try:
            self.ready = self._wait_until_ready(deadline)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Lets the server go."""
        self._connection.close()

    def submit(self, numbered: Sequence[tuple[int, SamplingRequest]]) -> None:
        """Asks for turns, each under its number; pixels go over that have not yet.

        Raises:
            EngineLost: The server is gone.
        """
        self._send(Submit(tuple(_as_message(number, request) for number, request in numbered)))
        for _, request in numbered:
            self._views.collect(request.views, self._send_pixels)

    def abort(self, numbers: Sequence[int]) -> None:
        """Gives turns up.

        Raises:
            EngineLost: The server is gone.
        """
        self._send(Abort(tuple(numbers)))

    def turns(self) -> list[Turn]:
        """Waits for turns and returns all that have come.

        Raises:
            EngineLost: The server is gone, or silent for too long.
        """
        turns: list[Turn] = []
        while not turns or self._connection.poll():
            message = self._receive()
            if isinstance(message, Turn):
                turns.append(message)
        return turns

    def load(self, weights: Iterable[tuple[str, Tensor]]) -> None:
        """Sends new weights and waits until they are taken.

        Raises:
            EngineLost: The server is gone, or silent for too long.
            MifgError: It cannot take them.
        """
        under_way = 0
        for name, weight in weights:
            dtype = str(weight.dtype).removeprefix("torch.")
            self._send(Weight(name, dtype, tuple(weight.shape)))
            self._send_buffer(buffer_of(weight))
            under_way += 1
            if under_way > WEIGHTS_UNDER_WAY:
                self._wait_for(Alive)
                under_way -= 1
        self.ask(EndOfWeights())

    def ask(self, message: Message) -> None:
        """Asks for something and waits until it is done.

        Raises:
            EngineLost: The server is gone, or silent for too long.
        """
        self._send(message)
        self._wait_for(Done)

    def _wait_until_ready(self, deadline: float) -> Ready:
        if not self._connection.poll(max(0.0, deadline - time.monotonic())):
            raise MifgError("The engine was not ready in time.", "Raise rollout.vllm.start_timeout, or see its log.")
        ready = self._receive()
        assert isinstance(ready, Ready), f"{ready} before anything was asked"
        return ready

    def _wait_for(self, kind: type[Message]) -> None:
        while not isinstance(self._receive(), kind):
            pass

    def _send(self, message: Message) -> None:
        self._send_buffer(encode(message))

    def _send_buffer(self, buffer: bytes | memoryview) -> None:
        try:
            self._connection.send_bytes(buffer)
        except BlockingIOError as error:
            raise EngineLost(f"The engine took nothing for {self._silence_timeout:.0f} s.") from error
        except OSError as error:
            self._raise_refusal()
            raise EngineLost("The engine ended.") from error

    def _send_pixels(self, views: list[View]) -> Iterator[int]:
        for view in views:
            pixels = memoryview(view.pixels.tobytes())
            self._send_buffer(pixels)
            yield pixels.nbytes

    def _receive(self) -> ToClient:
        try:
            if not self._connection.poll(self._silence_timeout):
                raise EngineLost(f"The engine gave no sign of life for {self._silence_timeout:.0f} s.")
            message = decode_at_client(self._connection.recv_bytes())
        except (EOFError, OSError) as error:
            raise EngineLost("The engine ended.") from error
        if isinstance(message, Refused):
            raise MifgError(message.problem, message.remedy)
        return message

    def _raise_refusal(self) -> None:
        """Says why the server has let go, where it said so before."""
        try:
            while self._connection.poll():
                self._receive()
        except (EngineLost, OSError):
            return


def _connected(address: Address, key: bytes, deadline: float, check_alive: Callable[[], None]) -> Connection:
    while True:
        try:
            return connect(address, key)
        except AuthenticationError as error:
            raise MifgError(
                f"The engine at {_named(address)} has another key.",
                "Give both sides the same one.",
            ) from error
        except (OSError, EOFError) as error:
            check_alive()
            if time.monotonic() > deadline:
                raise MifgError(
                    f"No engine answers at {_named(address)}: {error or 'it breaks off'}.",
                    "Start it there, correct rollout.vllm.address, or raise rollout.vllm.start_timeout.",
                ) from error
        time.sleep(RETRY_SECONDS)


def _limit_sending(connection: Connection, seconds: float) -> None:
    """Has a send fail that waits for so long: a hung server reads nothing."""
    whole = int(seconds)
    limit = struct.pack("ll", whole, round((seconds - whole) * 1e6))
    with socket.socket(fileno=os.dup(connection.fileno())) as same:
        same.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)


def _named(address: Address) -> str:
    return address if isinstance(address, str) else f"{address[0]}:{address[1]}"


def _as_message(number: int, request: SamplingRequest) -> Request:
    return Request(
        number=number,
        token_ids=request.token_ids,
        views=tuple(map(shown, request.views)),
        max_tokens=request.max_tokens,
        temperature=request.temperature,
        seed=request.seed,
    )
