"""The text of single tokens, by the vocabulary of a checkpoint."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import orjson

from mifg_pipeline.errors import MifgError

IMAGE_TOKEN: Final = "<|image_pad|>"
"""Stands for a part of an image in both families."""

_FILE = "tokenizer.json"
_REMEDY = "Give a run of a Qwen2.5-VL or Qwen3-VL model, with the tokenizer in its checkpoints or in model.path."


@dataclass(frozen=True)
class Piece:
    """A text that cannot be divided among tokens any further.

    Attributes:
        text: Bytes that are no UTF-8 are written ``<0xE4>``.
        token_ids: One token, or those that share a character.
    """

    text: str
    token_ids: tuple[int, ...]


class TokenText:
    """Says what tokens of a byte-level vocabulary mean, one by one.

    Args:
        content: Of the checkpoint's ``tokenizer.json``.

    Raises:
        KeyError: If that lacks what a vocabulary has.
        ValueError: If the vocabulary is not of bytes.
    """

    def __init__(self, content: Mapping[str, Any]) -> None:
        if not _is_byte_level(content["decoder"]):
            raise ValueError("its vocabulary is not of bytes")
        table = _byte_of_character()
        self._bytes: dict[int, bytes] = {
            token_id: bytes(table[character] for character in token)
            for token, token_id in content["model"]["vocab"].items()
            if all(character in table for character in token)
        }
        added: dict[str, int] = {token["content"]: token["id"] for token in content["added_tokens"]}
        self._bytes |= {token_id: token.encode() for token, token_id in added.items()}
        self.image_token_id = added[IMAGE_TOKEN]

    @classmethod
    def load(cls, checkpoint: str) -> Self:
        """Reads the vocabulary of a checkpoint.

        Args:
            checkpoint: Folder, or name on the hub.

        Raises:
            MifgError: If it cannot be had, or is not of bytes.
        """
        try:
            return cls(orjson.loads(_tokenizer_file(checkpoint).read_bytes()))
        except (OSError, ValueError, KeyError, TypeError) as error:
            reason = f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error).partition("\n")[0]
            raise MifgError(f"The tokenizer of {checkpoint} cannot be read: {reason}.", _REMEDY) from error

    def pieces(self, token_ids: Sequence[int]) -> Iterator[Piece]:
        """The texts of tokens that follow one another; together they are the text of all."""
        parts = [self._bytes_of(token_id) for token_id in token_ids]
        # Bytes that are no UTF-8 become surrogates, which UTF-8 has none of.
        characters = b"".join(parts).decode("utf-8", "surrogateescape")
        unread = iter(characters)
        text, ids, ahead = "", [], 0
        for token_id, part in zip(token_ids, parts, strict=True):
            ids.append(token_id)
            ahead -= len(part)
            while ahead < 0:
                character = next(unread)
                text += _shown(character)
                ahead += len(character.encode("utf-8", "surrogateescape"))
            if ahead == 0:
                yield Piece(text, tuple(ids))
                text, ids = "", []

    def text(self, token_ids: Sequence[int]) -> str:
        """The text of tokens that follow one another."""
        return "".join(piece.text for piece in self.pieces(token_ids))

    def _bytes_of(self, token_id: int) -> bytes:
        """A model may have more rows than its vocabulary has tokens."""
        return self._bytes.get(token_id) or f"<id {token_id}>".encode()


def _shown(character: str) -> str:
    is_byte = "\udc80" <= character <= "\udcff"
    return f"<0x{ord(character) - 0xDC00:02X}>" if is_byte else character


def _tokenizer_file(checkpoint: str) -> Path:
    if Path(checkpoint).is_dir():
        return Path(checkpoint) / _FILE
    from huggingface_hub import hf_hub_download

    return Path(hf_hub_download(checkpoint, _FILE))


def _is_byte_level(decoder: Mapping[str, Any]) -> bool:
    return decoder["type"] == "ByteLevel" or any(map(_is_byte_level, decoder.get("decoders", ())))


def _byte_of_character() -> dict[str, int]:
    """How byte-level vocabularies write bytes: printable ones as themselves, the others from U+0100 on (GPT-2)."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + place): byte for place, byte in enumerate(others)}
