"""What the witnesses share: dispatch on the form of the claim, typed terms, and the right to stay silent."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from mifg_pipeline.items import Claim
from mifg_pipeline.witnesses.witness import Sight, Testimony


class UndecidedError(Exception):
    """The pixels do not decide the question.

    Args:
        reason: Why not.
        figures: The figures it went by.
    """

    def __init__(self, reason: str, figures: dict[str, JsonValue] | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.figures = figures or {}


@dataclass(frozen=True)
class Terms:
    """The terms of a claim, by type; each method raises ValueError where the term is not of that type."""

    values: Mapping[str, JsonValue]

    def image(self, name: str) -> int:
        """One image index."""
        return _index(self.values[name])

    def images(self, name: str) -> tuple[int, ...]:
        """Several image indices."""
        return tuple(_index(value) for value in _list(self.values[name]))

    def word(self, name: str) -> str:
        """A word that must be there."""
        return _word(self.values[name])

    def word_or_none(self, name: str) -> str | None:
        """A word that may be null."""
        value = self.values[name]
        return None if value is None else _word(value)

    def images_with_words(self, name: str) -> tuple[tuple[int, str], ...]:
        """Pairs of an image index and a word."""
        pairs = [_list(pair) for pair in _list(self.values[name])]
        return tuple((_index(image), _word(word)) for image, word in pairs)


Form = Callable[[Terms, Sequence[Sight]], Testimony]


def always(terms: Terms) -> bool:  # noqa: ARG001
    """Understands whatever is claimed: for witnesses that look at pixels as such."""
    return True


@dataclass
class FormsWitness:
    """A witness that answers each form of its family by one function.

    Attributes:
        family: The program family.
        readers: Names of the readers whose readings the forms go by.
        forms: The functions by name of the form; they raise UndecidedError where the pixels do not decide.
        understands: Whether the forms know everything that the terms speak of.
    """

    family: str
    readers: tuple[str, ...]
    forms: Mapping[str, Form]
    understands: Callable[[Terms], bool] = always

    def can_check(self, claim: Claim) -> bool:
        """Whether the claim is of a form, and speaks of things, that the witness knows."""
        return claim.form in self.forms and self.understands(Terms(claim.terms))

    def testify(self, claim: Claim, sights: Sequence[Sight]) -> Testimony:
        """Answers the claim's question from the images of the item, in their order."""
        form = self.forms.get(claim.form)
        if form is None:
            return Testimony(None, f"the witness of {self.family} does not know the form {claim.form!r}")
        try:
            return form(Terms(claim.terms), sights)
        except UndecidedError as undecided:
            return Testimony(None, undecided.reason, undecided.figures)


def _index(value: JsonValue) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!r} is not an image index")
    return value


def _word(value: JsonValue) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a word")
    return value


def _list(value: JsonValue) -> list[JsonValue]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"{value!r} is not a list")
    return list(value)
