"""What signs say, and the masks of their letters."""

import random
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from mifg_pipeline.corpus.draw.vocabulary import CODE_DIGITS, CODE_LETTERS, WORDS

CAP_HEIGHTS = range(18, 35)
"""Height of a capital letter on a sign, pixels."""

_CAP_SHARE = 0.715
"""Cap height of Pillow's built-in font, as a share of its size."""
_WEIGHT = 0.022
"""Stroke added around each letter, as a share of the font size: the built-in font is thin."""


def draw_texts(rng: random.Random, count: int) -> tuple[str, ...]:
    """Different texts for the signs of one scene: at least one number and one word or code."""
    kinds = [_number, _letters, *rng.choices([_number, _letters], k=count - 2)]
    rng.shuffle(kinds)
    texts: list[str] = []
    for kind in kinds:
        text = kind(rng)
        while text in texts:
            text = kind(rng)
        texts.append(text)
    return tuple(texts)


def _number(rng: random.Random) -> str:
    """A number of two to four digits without leading zero, each length equally likely."""
    length = rng.randint(2, 4)
    return str(rng.randrange(10 ** (length - 1), 10**length))


def _letters(rng: random.Random) -> str:
    return rng.choice(WORDS) if rng.random() < 0.5 else _code(rng)


def _code(rng: random.Random) -> str:
    """Letters followed by digits, three to six in all."""
    length = rng.randint(3, 6)
    letters = rng.randint(1, length - 1)
    return "".join(rng.choices(CODE_LETTERS, k=letters) + rng.choices(CODE_DIGITS, k=length - letters))


def text_size(text: str, cap_height: float) -> tuple[int, int]:
    """Width and height in pixels of a capital text in that cap height."""
    mask = letter_mask(text, cap_height)
    return mask.shape[1], mask.shape[0]


def letter_mask(text: str, cap_height: float) -> NDArray[np.uint8]:
    """Coverage of a text, cropped to its ink: shape (height, width), 0 to 255."""
    size = cap_height / _CAP_SHARE
    font = _font(size)
    stroke = _WEIGHT * size
    left, top, right, bottom = font.getbbox(text, stroke_width=stroke)
    canvas = Image.new("L", (int(right - left) + 4, int(bottom - top) + 4))
    ImageDraw.Draw(canvas).text((2 - left, 2 - top), text, fill=255, font=font, stroke_width=stroke)
    return np.asarray(canvas.crop(canvas.getbbox()))


@cache
def _font(size: float) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise RuntimeError("Pillow was built without FreeType; its wheels have it.")
    return font
