"""What an engine serves and how much it must hold, as both its client and its server see it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

DIGESTED = ("config.json", "tokenizer.json")
WEIGHTS = "*.safetensors"


@dataclass(frozen=True)
class EngineModel:
    """A model to sample from.

    Attributes:
        folder: A full checkpoint.
        dtype: Of weights and computation.
        max_tokens: Of the longest episode, each visual token counted.
        max_images: Most images of an episode.
        max_pixels: Of the largest view.
    """

    folder: Path
    dtype: Literal["float32", "bfloat16"]
    max_tokens: int
    max_images: int
    max_pixels: int


@dataclass(frozen=True)
class EngineFigures:
    """What an engine has done since it last took weights.

    Attributes:
        cache_tokens: Tokens whose keys and values fit into its cache.
        prompt_tokens: Of all prompts, each visual token counted.
        cached_tokens: Of them, those whose keys and values were in the cache already.
        sampled_tokens: Of all turns.
        sleeps: Whether it gives memory back while it sleeps.
    """

    cache_tokens: int
    prompt_tokens: int
    cached_tokens: int
    sampled_tokens: int
    sleeps: bool


def fingerprint(folder: Path) -> str:
    """Returns a digest of a checkpoint's configuration, vocabulary and sizes of weight files.

    It tells models apart, wherever they lie; not two states of one model, which have the same sizes.
    """
    digest = hashlib.sha256()
    for name in DIGESTED:
        digest.update((folder / name).read_bytes())
    for file in sorted(folder.glob(WEIGHTS)):
        digest.update(f"{file.name} {file.stat().st_size}\n".encode())
    return digest.hexdigest()
