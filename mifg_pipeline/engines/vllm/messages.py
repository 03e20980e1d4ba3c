"""What client and server of an engine say to each other; pixels and tensors follow as raw buffers."""

from typing import Any

import msgspec


class Message(msgspec.Struct, frozen=True, tag=True):
    """Base of all messages."""


class Shown(msgspec.Struct, frozen=True):
    """A view without its pixels, as in ``View``."""

    sha256: str
    box: tuple[int, int, int, int] | None
    height: int
    width: int


class Request(msgspec.Struct, frozen=True):
    """A turn to be sampled, under a number that no other one of the connection has; else as ``SamplingRequest``."""

    number: int
    token_ids: tuple[int, ...]
    views: tuple[Shown, ...]
    max_tokens: int
    temperature: float
    seed: int


class Submit(Message, frozen=True):
    """Client: sample these turns. Pixels of the views that the server does not hold follow request by request."""

    requests: tuple[Request, ...]


class Abort(Message, frozen=True):
    """Client: give these turns up."""

    numbers: tuple[int, ...]


class Weight(Message, frozen=True):
    """Client: a new weight, whose bytes follow."""

    name: str
    dtype: str
    shape: tuple[int, ...]


class EndOfWeights(Message, frozen=True):
    """Client: that was the last of the new weights."""


class Sleep(Message, frozen=True):
    """Client: give back the memory that only sampling needs."""


class Wake(Message, frozen=True):
    """Client: take it again."""


class Ready(Message, frozen=True):
    """Server: it samples from now on.

    Attributes:
        pid: Process id, where it is a child.
        fingerprint: Of the checkpoint.
        dtype: As in ``EngineModel``, like the limits.
        max_tokens: Of an episode.
        max_images: Of an episode.
        max_pixels: Of a view.
        cache_tokens: Tokens whose keys and values fit into its cache.
        sleeps: Whether it gives memory back while it sleeps.
        is_changed: Whether it has taken weights other than those of the checkpoint.
    """

    pid: int
    fingerprint: str
    dtype: str
    max_tokens: int
    max_images: int
    max_pixels: int
    cache_tokens: int
    sleeps: bool
    is_changed: bool


class Refused(Message, frozen=True):
    """Server: what it was asked cannot be, and what to do about it; a connection ends with it."""

    problem: str
    remedy: str


class Turn(Message, frozen=True):
    """Server: a sampled turn, as ``SampledTurn``; ``cached`` tokens of its prompt needed no reading."""

    number: int
    prompt_token_ids: tuple[int, ...]
    token_ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    is_finished: bool
    cached: int
    failure: str | None = None


class Alive(Message, frozen=True):
    """Server: it is at work; while weights come, it has loaded one more."""


class Done(Message, frozen=True):
    """Server: weights are taken, or it sleeps, or it is awake."""


ToServer = Submit | Abort | Weight | EndOfWeights | Sleep | Wake
ToClient = Ready | Refused | Turn | Alive | Done

_encoder = msgspec.msgpack.Encoder()
_to_server: msgspec.msgpack.Decoder[ToServer] = msgspec.msgpack.Decoder(ToServer)
_to_client: msgspec.msgpack.Decoder[ToClient] = msgspec.msgpack.Decoder(ToClient)


def encode(message: Message) -> bytes:
    """Returns a message's bytes."""
    return _encoder.encode(message)


def decode_at_server(frame: bytes) -> ToServer:
    """Reads what a client said.

    Raises:
        msgspec.DecodeError: It is no message.
    """
    return _to_server.decode(frame)


def decode_at_client(frame: bytes) -> ToClient:
    """Reads what a server said.

    Raises:
        msgspec.DecodeError: It is no message.
    """
    return _to_client.decode(frame)


def buffer_of(tensor: Any) -> memoryview:
    """Returns the bytes of a tensor, in row-major order."""
    import torch

    flat = tensor.detach().cpu().contiguous().reshape(-1)
    return memoryview(flat.view(torch.uint8).numpy())


def tensor_of(weight: Weight, frame: bytes) -> Any:
    """Puts a tensor together again."""
    import torch

    dtype = getattr(torch, weight.dtype)
    if not frame:
        return torch.empty(weight.shape, dtype=dtype)
    return torch.frombuffer(bytearray(frame), dtype=dtype).reshape(weight.shape)
