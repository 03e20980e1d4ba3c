"""Compares an answer with the key by the key's kind."""

import math
import re
from collections.abc import Iterator, Sequence
from fractions import Fraction

from mifg_pipeline.items import Answer
from mifg_pipeline.scoring.choices import read_choice
from mifg_pipeline.scoring.extraction import extract_answer
from mifg_pipeline.scoring.free_replies import find_answer
from mifg_pipeline.scoring.normalization import fold, normalize, unwrap
from mifg_pipeline.scoring.numbers import read_number

_ROOM = 4096
"""Characters by which a right answer may exceed the key; longer ones are wrong unread, which bounds the time."""

_TRUTH = re.compile(
    r"(?:its |thats |(?:it|that|this) (?:is |(?=isnt )))?(?P<negated>not |isnt )?(?P<word>yes|true|no|false)"
)
_SEPARATOR = re.compile(r" ?[,;&] ?(?:and )?| and ")
_IMAGE_WORD = re.compile(r"images? ?(?=\d)")


def score_reply(answer: Answer, options: Sequence[str] | None, reply: str, lenient: bool = False) -> float:
    """1.0 if the reply's answer is right, else 0.0; a reply without an answer is wrong.

    Args:
        answer: The key.
        options: The options of a question of kind ``choice``, else None.
        reply: A model's whole reply, of any length.
        lenient: Whether to guess what a reply without answer tags says; see ``find_answer``.
    """
    text = extract_answer(reply)
    if text is None and lenient:
        text = find_answer(reply, answer.kind, options)
    return 0.0 if text is None else score_text(answer, options, text)


def score_text(answer: Answer, options: Sequence[str] | None, text: str) -> float:
    """1.0 if the text is a right answer, else 0.0; never raises, whatever the text.

    Args:
        answer: The key.
        options: The options of a question of kind ``choice``, else None.
        text: What stands inside the answer tags.
    """
    room = max(map(len, (*_key_texts(answer), *(options or ())))) + _ROOM
    if not text.strip() or len(text) > room:
        return 0.0
    return float(_is_right(answer, options, text))


def _key_texts(answer: Answer) -> tuple[str, ...]:
    value = answer.value
    return (", ".join(value) if isinstance(value, tuple) else str(value), *answer.aliases)


def _is_right(answer: Answer, options: Sequence[str] | None, text: str) -> bool:
    match answer.kind:
        case "choice":
            return read_choice(options or (), text) == answer.value
        case "integer":
            return any(number == answer.value for number in _readings(text, answer.unit))
        case "number":
            return any(_is_near(answer, number) for number in _readings(text, answer.unit))
        case "boolean":
            return _read_truth(text) is answer.value
        case "text":
            return normalize(text) in {normalize(key) for key in _key_texts(answer)}
        case "list":
            return _same_list(answer, text)


def _readings(text: str, unit: str | None) -> Iterator[Fraction]:
    """The number that the text writes, as it stands and without its unit."""
    plain = unwrap(fold(text)).rstrip(".,;:!")
    folded_unit = unwrap(fold(unit or "")).rstrip(".,;:!")
    for candidate in dict.fromkeys((text, plain.removesuffix(folded_unit), plain.removeprefix(folded_unit))):
        number = read_number(candidate)
        if number is not None:
            yield number


def _is_near(answer: Answer, number: Fraction) -> bool:
    """Whether the number is within either bound; in exact decimal arithmetic, so that the bounds are inside."""
    value = answer.value
    if not isinstance(value, int | float) or not math.isfinite(value):
        return False
    key = Fraction(str(value))
    if answer.tolerance is None:
        return number == key
    bounds = (answer.tolerance.absolute, answer.tolerance.relative)
    if not all(map(math.isfinite, bounds)):
        return False
    absolute, relative = (Fraction(str(bound)) for bound in bounds)
    return abs(number - key) <= max(absolute, relative * abs(key))


def _read_truth(text: str) -> bool | None:
    match = _TRUTH.fullmatch(normalize(text))
    if match is None:
        return None
    return (match["word"] in ("yes", "true")) != bool(match["negated"])


def _same_list(answer: Answer, text: str) -> bool:
    expected, given = _elements(_key_texts(answer)[0]), _elements(text)
    return given == expected if answer.ordered else sorted(given) == sorted(expected)


def _elements(text: str) -> list[str]:
    """The elements of a list in words or brackets, each in the form in which it is compared.

    A comma always separates, so thousands are not grouped inside a list. The key is split in the same way: where one
    of its elements contains a separator, the parts are compared one by one.
    """
    lines = ",".join(line for line in text.splitlines() if line.strip())
    parts = _SEPARATOR.split(unwrap(fold(lines)).strip("[](){}. "))
    elements = [_element(part) for part in parts if part.strip(" \"'")]
    return elements or [normalize(text)]


def _element(part: str) -> str:
    bare = _IMAGE_WORD.sub("", normalize(part), count=1)
    number = read_number(bare)
    return bare if number is None else str(number)
