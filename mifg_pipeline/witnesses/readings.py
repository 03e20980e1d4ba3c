"""What the readers saw in one image, with the right to doubt it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from mifg_pipeline.witnesses.forms import UndecidedError
from mifg_pipeline.witnesses.witness import Sight

SHAPES = frozenset({"circle", "ring", "square", "triangle", "diamond", "star", "cross", "heart"})
SIGN = "sign"
COLOURS = frozenset({"red", "orange", "yellow", "green", "blue", "purple", "black", "white"})

# Below these certainties a reading is in doubt. In 660 drawn scenes all 26,600 figures were read right, at 0.65 or
# more, and so were all 2,002 signs, at 0.9 or more.
_MIN_SHAPE_CERTAINTY = 0.5
_MIN_TEXT_CERTAINTY = 0.9


@dataclass(frozen=True)
class Kind:
    """What to count: a category, a colour, or both; without a category all shapes, but not signs."""

    category: str | None
    colour: str | None

    def __str__(self) -> str:
        return " ".join(word for word in (self.colour, self.category or "shape") if word)


def count(sight: Sight, kind: Kind) -> int:
    """How many figures of the kind the image shows.

    Raises:
        UndecidedError: If the reader does not know the kind, or a figure of the image is in doubt.
    """
    if kind.category not in SHAPES | {SIGN, None}:
        raise UndecidedError(f"the reader knows no shape called {kind.category!r}")
    if kind.colour not in COLOURS | {None}:
        raise UndecidedError(f"the reader knows no colour called {kind.colour!r}")
    figures = _entries(sight, "shapes")
    if any(figure["certainty"] < _MIN_SHAPE_CERTAINTY for figure in figures):
        raise UndecidedError("a figure in the image is of doubtful shape or colour")
    wanted = SHAPES if kind.category is None else {kind.category}
    return sum(figure["category"] in wanted and kind.colour in (None, figure["colour"]) for figure in figures)


def the_image_with(kind: Kind, images: Sequence[int], sights: Sequence[Sight]) -> int:
    """The index of the one image that shows a figure of the kind.

    Raises:
        UndecidedError: If none or several do, or a figure is in doubt.
    """
    holders = [image for image in images if count(sights[image], kind) > 0]
    if len(holders) != 1:
        raise UndecidedError(f"{len(holders)} of the images show a {kind}, not one")
    return holders[0]


def sign_texts(sight: Sight, colour: str | None = None) -> list[str]:
    """What the signs (of a colour) say.

    Raises:
        UndecidedError: If one of them is hard to read.
    """
    signs = [sign for sign in _entries(sight, "text") if colour in (None, sign["colour"])]
    for sign in signs:
        if sign["certainty"] < _MIN_TEXT_CERTAINTY or not re.fullmatch(r"[A-Z0-9]+", sign["text"]):
            raise UndecidedError(f"a sign is hard to read: {sign['text']!r}")
    return [sign["text"] for sign in signs]


def the_sign_text(sight: Sight, colour: str) -> str:
    """What the one sign of the colour says.

    Raises:
        UndecidedError: If there is none or more than one, or it is hard to read.
    """
    texts = sign_texts(sight, colour)
    if len(texts) != 1 or count(sight, Kind(SIGN, colour)) != 1:
        raise UndecidedError(f"{len(texts)} {colour} signs are seen in the image, not one")
    return texts[0]


def _entries(sight: Sight, reader: str) -> list[Mapping[str, Any]]:
    return cast("list[Mapping[str, Any]]", sight.readings[reader])
