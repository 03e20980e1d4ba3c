"""Does a text that a solver sees before the images give the answer away?"""

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import PurePosixPath

from mifg_pipeline.gates.references import without_references
from mifg_pipeline.items import Draft
from mifg_pipeline.scoring import may_begin_number, normalize, read_number

_MASK = " § "
"""Stands for what is no answer; it is no word of any text, so no phrase reaches across it."""

_COUNT = r"(?:\d+|two|three|four|five|six|seven|eight|nine)"
_SETTING = re.compile(
    rf"\b\d+\s*(?:[×x]|by)\s*\d+\b|\b{_COUNT}\s+(?:images?|pictures?|photos?|cells?|rows?|columns?|quarters?)\b",
    re.IGNORECASE,
)
_LONGEST_NUMBER = 6
"""Words of the longest written number that is looked for."""


def leak(draft: Draft) -> str | None:
    """What gives the answer away, or None.

    Looked at are the question and the file names of the images (stem, without folder and suffix), because exports
    carry them; licence, attribution and source are not shown to solvers. Names of images ("Images 1–3"), sizes of
    grids ("3×3") and numbers of images or cells ("the two images") are part of the setting and leak nothing.

    - Choice: some options are named and others are not. Where all are (an explained grid) or none is, nothing leaks.
      The rule does not look at the key, for a gate that rejects some keys rather than others would itself make the
      answers predictable. Options that name images alone leak nothing.
    - Integer, number: the key stands in the question as a number in digits or words. "One" is no number here: it is
      mostly a pronoun. Numbers in file names count nothing.
    - Text, list: the key or an alias stands there word by word.
    - Boolean: nothing; every question about a truth names it.
    """
    question = _phrase(draft.question)
    stems = [_phrase(re.sub(r"[-_.]", " ", PurePosixPath(image.path).stem)) for image in draft.images]
    match draft.answer.kind:
        case "choice":
            return _leak_of_options(draft.options or (), question, stems)
        case "integer" | "number":
            value = Fraction(str(draft.answer.value))
            return "the question contains the answer" if value in _numbers(question) else None
        case "boolean":
            return None
        case _:
            return _leak_of_texts((draft.answer_text(), *draft.answer.aliases), question, stems)


def _leak_of_options(options: Sequence[str], question: str, stems: Sequence[str]) -> str | None:
    phrases = [phrase for phrase in map(_phrase, options) if phrase.strip(_MASK)]
    if _names_some(phrases, question):
        return "the question names some of the options and not the others"
    # A serial number in a file name is no answer.
    if any(_names_some([phrase for phrase in phrases if read_number(phrase) is None], stem) for stem in stems):
        return "a file name names some of the options and not the others"
    return None


def _leak_of_texts(keys: Sequence[str], question: str, stems: Sequence[str]) -> str | None:
    phrases = [normalize(key) for key in keys]
    if any(_contains(question, phrase) for phrase in phrases):
        return "the question contains the answer"
    if any(_contains(stem, phrase) for stem in stems for phrase in phrases if read_number(phrase) is None):
        return "a file name contains the answer"
    return None


def _phrase(text: str) -> str:
    """The words in which texts are searched for each other, what belongs to the setting masked."""
    return normalize(_SETTING.sub(_MASK, without_references(text, _MASK)))


def _names_some(phrases: Sequence[str], text: str) -> bool:
    named = sum(_contains(text, phrase) for phrase in phrases)
    return 0 < named < len(phrases)


def _contains(text: str, phrase: str) -> bool:
    return f" {phrase} " in f" {text} "


def _numbers(text: str) -> Iterator[Fraction]:
    """The numbers in a normalised text, each as long as it can be read ("one hundred and five" is one number)."""
    words = text.split()
    start = 0
    while start < len(words):
        for length in range(_LONGEST_NUMBER, 0, -1) if may_begin_number(words[start]) else ():
            phrase = words[start : start + length]
            number = read_number(" ".join(phrase)) if len(phrase) == length and phrase != ["one"] else None
            if number is not None:
                yield number
                start += length - 1
                break
        start += 1
