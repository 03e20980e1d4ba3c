"""The process of an engine: takes requests and weights from one client at a time, and samples.

Run as ``python -m mifg_pipeline.engines.vllm.server SOCKET OPTIONS`` by the client whose child it is; by `mifg engine`
for clients elsewhere.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import msgspec
import numpy as np
from PIL import Image
from torch import Tensor

from mifg_pipeline.engines.view import View
from mifg_pipeline.engines.view_cache import ViewCache
from mifg_pipeline.engines.vllm.arguments import SamplerOptions
from mifg_pipeline.engines.vllm.connecting import accept, shared_key
from mifg_pipeline.engines.vllm.messages import (
    Abort,
    Alive,
    Done,
    EndOfWeights,
    Message,
    Ready,
    Refused,
    Request,
    Sleep,
    Submit,
    Wake,
    Weight,
    decode_at_server,
    encode,
    tensor_of,
)
from mifg_pipeline.engines.vllm.model import fingerprint
from mifg_pipeline.engines.vllm.sampler import VllmSampler
from mifg_pipeline.engines.vllm.shown_views import MAX_REMEMBERED_BYTES, without_pixels
from mifg_pipeline.errors import MifgError

SIGN_SECONDS = 1.0
"""Between two signs of life while turns are sampled, unless one step takes longer."""


def serve_parent(socket: str, options: SamplerOptions) -> None:
    """Serves the client that has started this process, until it lets go."""
    with Listener(socket) as listener:
        connection = accept(listener, shared_key())
    try:
        sampler = VllmSampler(options)
    except MifgError as error:
        connection.send_bytes(encode(Refused(error.problem, error.remedy)))
        return
    Session(connection, sampler, options).run()


def serve_elsewhere(address: tuple[str, int], options: SamplerOptions, on_ready: Callable[[], None]) -> None:
    """Serves one client after the other, over TCP, until it is interrupted.

    Raises:
        MifgError: There is no key, or the address cannot be listened on.
    """
    key = shared_key()
    try:
        listener = Listener(address)
    except OSError as error:
        host, port = address
        raise MifgError(f"{host}:{port} cannot be listened on: {error.strerror}.", "Choose another.") from error
    with listener:
        sampler = VllmSampler(options)
        on_ready()
        while True:
            with accept(listener, key) as connection:
                Session(connection, sampler, options).run()


class Session:
    """One client's connection.

    Args:
        connection: To the client.
        sampler: Not busy.
        options: It was made with.
    """

    def __init__(self, connection: Connection, sampler: VllmSampler, options: SamplerOptions) -> None:
        self._connection = connection
        self._sampler = sampler
        self._options = options
        self._inbox: SimpleQueue[bytes | None] = SimpleQueue()
        self._images: ViewCache[Any] = ViewCache(MAX_REMEMBERED_BYTES, lambda image: image.width * image.height * 3)
        self._running: set[int] = set()
        self._last_sign = 0.0

    def run(self) -> None:
        """Says what it serves, and does what it is asked until the client has gone."""
        # A thread of its own reads: a client that writes never waits for a step, nor both for each other.
        reader = threading.Thread(target=self._read, daemon=True)
        reader.start()
        try:
            self._send(self._ready())
            while True:
                self._do_what_was_asked()
                self._step()
        except (EOFError, OSError):
            self._sampler.abort(self._running)

    def _read(self) -> None:
        try:
            while True:
                self._inbox.put(self._connection.recv_bytes())
        except (EOFError, OSError):
            self._inbox.put(None)

    def _next_frame(self) -> bytes:
        frame = self._inbox.get()
        if frame is None:
            raise EOFError
        return frame

    def _send(self, message: Message) -> None:
        self._connection.send_bytes(encode(message))
        self._last_sign = time.monotonic()

    def _ready(self) -> Ready:
        options, sampler = self._options, self._sampler
        return Ready(
            pid=os.getpid(),
            fingerprint=fingerprint(Path(options.folder)),
            dtype=options.dtype,
            max_tokens=options.max_tokens,
            max_images=options.max_images,
            max_pixels=options.max_pixels,
            cache_tokens=sampler.cache_tokens,
            sleeps=sampler.sleeps,
            is_changed=sampler.is_changed,
        )

    def _do_what_was_asked(self) -> None:
        """Waits for a message where nothing is to be sampled."""
        while not self._sampler.is_busy or not self._inbox.empty():
            match decode_at_server(self._next_frame()):
                case Submit(requests):
                    for request in requests:
                        self._begin(request)
                case Abort(numbers):
                    self._sampler.abort(self._running & set(numbers))
                    self._running -= set(numbers)
                case (Weight() | EndOfWeights()) as first:
                    self._load(first)
                case Sleep():
                    self._sampler.sleep()
                    self._send(Done())
                case Wake():
                    self._sampler.wake()
                    self._send(Done())

    def _begin(self, request: Request) -> None:
        views = [without_pixels(view) for view in request.views]
        refusal = self._sampler.add(request, self._images.collect(views, self._receive_images))
        if refusal is not None:
            self._send(refusal)
        else:
            self._running.add(request.number)

    def _receive_images(self, views: list[View]) -> Iterator[Any]:
        for view in views:
            pixels = np.frombuffer(self._next_frame(), np.uint8).reshape(view.height, view.width, 3)
            yield Image.fromarray(pixels)

    def _load(self, first: Weight | EndOfWeights) -> None:
        try:
            self._sampler.load(self._weights(first))
        except (EOFError, OSError):
            raise
        except Exception as error:  # vLLM's own, of whatever kind: the client is told
            reason = f"The engine did not take the new weights: {type(error).__name__}: {error}."
            self._send(Refused(reason, "Have it serve the checkpoint that is trained."))
            raise EOFError from error
        self._send(Done())

    def _weights(self, first: Weight | EndOfWeights) -> Iterator[tuple[str, Tensor]]:
        """Yields weights as they come, and says of each when it has been taken."""
        message: object = first
        while isinstance(message, Weight):
            yield message.name, tensor_of(message, self._next_frame())
            self._send(Alive())
            message = decode_at_server(self._next_frame())
        assert isinstance(message, EndOfWeights), f"{message} among weights"

    def _step(self) -> None:
        turns = self._sampler.step()
        for turn in turns:
            self._running.discard(turn.number)
            self._send(turn)
        if time.monotonic() - self._last_sign >= SIGN_SECONDS:
            self._send(Alive())


if __name__ == "__main__":
    serve_parent(sys.argv[1], msgspec.json.decode(sys.argv[2], type=SamplerOptions))
