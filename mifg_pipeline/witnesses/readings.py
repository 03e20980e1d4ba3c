"""What the readers saw in one image, with the right to doubt it; and which claims they can check at all."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from mifg_pipeline.witnesses.forms import Terms, UndecidedError
from mifg_pipeline.witnesses.witness import Sight

SHAPES = frozenset({"circle", "ring", "square", "triangle", "diamond", "star", "cross", "heart"})
SIGN = "sign"
COLOURS = frozenset({"red", "orange", "yellow", "green", "blue", "purple", "black", "white"})

# Below these certainties a reading is in doubt. In 660 drawn scenes all 26,600 figures were read right, at 0.65 or
# more, and so were all 2,002 signs, at 0.9 or more.
_MIN_SHAPE_CERTAINTY = 0.5
_MIN_TEXT_CERTAINTY = 0.9

# The names under which claims speak of categories and colours.
_CATEGORY_TERMS = ("category", "anchor_category")
_COLOUR_TERMS = ("colour", "anchor_colour", "sign_colour")


@dataclass(frozen=True)
class Kind:
    """What to count: a category, a colour, or both; without a category all shapes, but not signs."""

    category: str | None
    colour: str | None

    def __str__(self) -> str:
        return " ".join(word for word in (self.colour, self.category or "shape") if word)


@dataclass(frozen=True)
class Figure:
    """A figure as it was seen.

    Attributes:
        category: One of the shapes, or sign.
        colour: One of the colours.
        box: (x0, y0, x1, y1), pixels.
    """

    category: str
    colour: str
    box: tuple[int, int, int, int]

    def __str__(self) -> str:
        return f"{self.colour} {self.category}"

    @property
    def centre(self) -> tuple[float, float]:
        """Centre of the box, pixels."""
        x0, y0, x1, y1 = self.box
        return (x0 + x1) / 2, (y0 + y1) / 2

    @property
    def area(self) -> int:
        """Of the box, square pixels."""
        x0, y0, x1, y1 = self.box
        return (x1 - x0) * (y1 - y0)


def speaks_of_drawn_things(terms: Terms) -> bool:
    """Whether the readers know all categories and colours that a claim speaks of."""
    categories = {terms.word_or_none(name) for name in _CATEGORY_TERMS if name in terms.values}
    colours = {terms.word_or_none(name) for name in _COLOUR_TERMS if name in terms.values}
    if "signs" in terms.values:
        colours |= {colour for _, colour in terms.images_with_words("signs")}
    return categories <= SHAPES | {SIGN, None} and colours <= COLOURS | {None}


def kind_of(terms: Terms) -> Kind:
    """The kind that a claim asks about."""
    return Kind(terms.word_or_none("category"), terms.word_or_none("colour"))


def anchor_of(terms: Terms) -> Kind:
    """The kind of figure that a claim finds its image, or its place in an image, by."""
    return Kind(terms.word_or_none("anchor_category"), terms.word_or_none("anchor_colour"))


def figures_of(sight: Sight, kind: Kind) -> list[Figure]:
    """The figures of the kind in the image, from top to bottom.

    Raises:
        UndecidedError: If the reader does not know the kind, or a figure of the image is in doubt.
    """
    if kind.category not in SHAPES | {SIGN, None}:
        raise UndecidedError(f"the reader knows no shape called {kind.category!r}")
    if kind.colour not in COLOURS | {None}:
        raise UndecidedError(f"the reader knows no colour called {kind.colour!r}")
    entries = _entries(sight, "shapes")
    if any(entry["certainty"] < _MIN_SHAPE_CERTAINTY for entry in entries):
        raise UndecidedError("a figure in the image is of doubtful shape or colour")
    wanted = SHAPES if kind.category is None else {kind.category}
    seen = [Figure(entry["category"], entry["colour"], tuple(entry["bbox"])) for entry in entries]
    return [figure for figure in seen if figure.category in wanted and kind.colour in (None, figure.colour)]


def count(sight: Sight, kind: Kind) -> int:
    """How many figures of the kind the image shows.

    Raises:
        UndecidedError: If the reader does not know the kind, or a figure of the image is in doubt.
    """
    return len(figures_of(sight, kind))


def the_figure(sight: Sight, kind: Kind) -> Figure:
    """The one figure of the kind in the image.

    Raises:
        UndecidedError: If there is none or more than one, or a figure is in doubt.
    """
    seen = figures_of(sight, kind)
    if len(seen) != 1:
        raise UndecidedError(f"the image shows {len(seen)} figures of the kind {kind}, not one")
    return seen[0]


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


def the_number_on_sign(sight: Sight, colour: str) -> int:
    """The number that the one sign of the colour shows.

    Raises:
        UndecidedError: If there is none or more than one, or it is hard to read or no number.
    """
    text = the_sign_text(sight, colour)
    if not text.isdecimal():
        raise UndecidedError(f"the {colour} sign says {text!r}, which is no number")
    return int(text)


def the_image_saying(text: str, images: Sequence[int], sights: Sequence[Sight]) -> int:
    """The index of the one image that has a sign saying the text.

    Raises:
        UndecidedError: If none or several have, or a sign is hard to read.
    """
    holders = [image for image in images if text in sign_texts(sights[image])]
    if len(holders) != 1:
        raise UndecidedError(f"{len(holders)} of the images have a sign saying {text!r}, not one")
    return holders[0]


def the_image_of_most(numbers: Mapping[int, int]) -> int:
    """The image of the largest number.

    Raises:
        UndecidedError: If several images share it.
    """
    most = max(numbers.values())
    images = [image for image, number in numbers.items() if number == most]
    if len(images) != 1:
        raise UndecidedError(f"{len(images)} images show the same largest number")
    return images[0]


def _entries(sight: Sight, reader: str) -> list[Mapping[str, Any]]:
    return cast("list[Mapping[str, Any]]", sight.readings[reader])
