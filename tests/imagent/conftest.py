"""Questions over drawn images, and a tiny checkpoint's own way to write conversations."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_model import write_tiny_model
from transformers import AutoTokenizer

from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.imagent.question import Question, QuestionImage

SIZES = ((640, 480), (300, 500))


def noise(seed: int, width: int, height: int) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


@pytest.fixture(scope="session")
def make_question(tmp_path_factory) -> Callable[..., Question]:
    """Makes a question over images of noise, of the sizes given as (width, height)."""
    folder = tmp_path_factory.mktemp("images")

    def make(*sizes: tuple[int, int], text: str = "Which image shows the kite?", **fields: object) -> Question:
        images = []
        for seed, (width, height) in enumerate(sizes or SIZES):
            path: Path = folder / f"{seed}-{width}-{height}.png"
            if not path.exists():
                noise(seed, width, height).save(path)
            images.append(QuestionImage.of_file(path))
        key = hashlib.sha256(text.encode()).hexdigest()[:8]
        return Question(key=key, images=tuple(images), text=text, **fields)

    return make


@pytest.fixture(scope="session", params=["qwen2_5_vl", "qwen3_vl"])
def checkpoint(request, tmp_path_factory) -> Path:
    """A tiny checkpoint of each family that can be trained."""
    folder = tmp_path_factory.mktemp(request.param)
    write_tiny_model(folder, family=request.param)
    return folder


@pytest.fixture(scope="session")
def chat_format(checkpoint) -> ChatFormat:
    return ChatFormat.load(checkpoint)


@pytest.fixture(scope="session")
def encode(checkpoint) -> Callable[[str], list[int]]:
    """Encodes what a model may have written."""
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    return lambda text: tokenizer.encode(text, add_special_tokens=False)
