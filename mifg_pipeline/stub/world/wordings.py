"""Questions as fixed wordings with fields: filled in to write one, matched to read one back."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from mifg_pipeline.programs.kinds import Kind, colour_of
from mifg_pipeline.programs.wording import image_list, with_article
from mifg_pipeline.stub.world.scenes import Scene
from mifg_pipeline.stub.world.settings import Defect

Scenes = Mapping[int, Scene]
"""What images show, by their number."""

Answers = Callable[["Said", Scenes], tuple[str, ...]]
"""The right answers in words, given the images that decide them.

None where the question does not fit the images; two where it can be understood in two ways.
"""

_FIELD = re.compile(r"\{(\w+)\}")
_NUMBER = re.compile(r"\d+")
_LIST = r"Images? \d+(?:(?:, | and )\d+)*"
_ONE_IMAGE = r"Image \d+"
_IMAGES = frozenset({"images", "first", "second"})
_PHRASES: Mapping[str, tuple[str, Callable[[Kind], str]]] = {
    "at_least_one": ("kind", lambda kind: kind.at_least_one),
    "one": ("kind", lambda kind: kind.exactly_one),
    "anchor": ("anchor", lambda kind: with_article(kind.singular)),
    "shape": ("shape", lambda kind: with_article(kind.singular)),
    "other_shape": ("other_shape", lambda kind: with_article(kind.singular)),
    "kind": ("kind", lambda kind: kind.plural),
}
"""Fields that name a kind: under which name it is kept, and as which phrase it is written."""


@dataclass(frozen=True)
class Said:
    """What the fields of a wording say.

    Attributes:
        images: Numbers of the images that a field names.
        kinds: The kind that a field names.
        words: Other fields literally.
    """

    images: dict[str, tuple[int, ...]] = field(default_factory=dict)
    kinds: dict[str, Kind] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)

    @property
    def named(self) -> frozenset[int]:
        """All images that are named."""
        return frozenset(number for numbers in self.images.values() for number in numbers)

    def image(self, name: str) -> int:
        """The number of the only image that a field names."""
        (number,) = self.images[name]
        return number

    def category(self, name: str) -> str:
        """The category of the kind that a field names."""
        return self.kinds[name].category or ""


class Vocabulary:
    """The noun phrases by which questions name kinds.

    Args:
        scenes: Whatever occurs there can be named.
    """

    def __init__(self, scenes: Iterable[Scene]) -> None:
        things = [thing for scene in scenes for thing in scene.things]
        categories = sorted({thing.category for thing in things})
        colours = sorted({colour for thing in things if (colour := colour_of(thing))})
        kinds = [Kind(category, colour) for category in (None, *categories) for colour in (None, *colours)]
        self._kinds = {phrase: kind for kind in kinds for phrase in _phrases(kind)}

    def kind(self, phrase: str) -> Kind | None:
        """The kind that a phrase names, None where it names none."""
        return self._kinds.get(phrase)


@dataclass(frozen=True)
class Wording:
    """A form of question.

    Attributes:
        text: With fields in braces.
        answers: Finds the right answers.
        decisive: Fields that name the images that decide the answer; all where None.
        defect: What is wrong with every question of this form.
    """

    text: str
    answers: Answers
    decisive: tuple[str, ...] | None = None
    defect: Defect | None = None

    def write(self, said: Said) -> str:
        """The question."""
        fields = {
            **{name: image_list(number - 1 for number in numbers) for name, numbers in said.images.items()},
            **{name: phrase(said.kinds[kept]) for name, (kept, phrase) in _PHRASES.items() if kept in said.kinds},
            **said.words,
        }
        return self.text.format(**fields)

    def read(self, question: str, vocabulary: Vocabulary) -> Said | None:
        """What the fields of a question of this wording say, None where it is of another."""
        match = self._pattern.fullmatch(question)
        if match is None:
            return None
        said = Said()
        for name, value in match.groupdict().items():
            if name in _IMAGES:
                said.images[name] = tuple(int(number) for number in _NUMBER.findall(value))
            elif name in _PHRASES:
                kind = vocabulary.kind(value)
                if kind is None:
                    return None
                said.kinds[_PHRASES[name][0]] = kind
            else:
                said.words[name] = value
        return said

    def decisive_images(self, said: Said) -> frozenset[int]:
        """Numbers of the images that decide the answer."""
        if self.decisive is None:
            return said.named
        return frozenset(number for name in self.decisive for number in said.images[name])

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        pieces = _FIELD.split(self.text)
        return re.compile("".join(map(_piece_pattern, pieces, (index % 2 for index in range(len(pieces))))))


def _piece_pattern(piece: str, is_field: int) -> str:
    if not is_field:
        return re.escape(piece)
    content = _LIST if piece == "images" else _ONE_IMAGE if piece in _IMAGES else ".+?"
    return f"(?P<{piece}>{content})"


def _phrases(kind: Kind) -> tuple[str, ...]:
    return kind.singular, with_article(kind.singular), kind.plural, kind.at_least_one, kind.exactly_one
