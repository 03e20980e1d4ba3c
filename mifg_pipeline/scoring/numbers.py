"""Reads numbers that are written in digits or in English words."""

import re
from fractions import Fraction

from mifg_pipeline.scoring.normalization import fold, unwrap

_LONGEST = 1000
"""Characters beyond which a text is no number; Python refuses to convert more than 4,300 digits."""

_DIGITS = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,3})?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:(?P<mark>[,' ])\d{3}(?:(?P=mark)\d{3})*)(?:\.\d+)?", re.ASCII)

_SIGN_WORD = re.compile(r"(?:minus|negative) (?=.)")
_SCALE_COMMA = re.compile(r"\b(thousand|million|billion),")
# Between letters only: a hyphen before a word is a minus sign that must not get lost.
_WORD_HYPHEN = re.compile(r"(?<=[a-z])-(?=[a-z])")

_ONE_TO_NINE = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEN_TO_FOURTEEN = ("ten", "eleven", "twelve", "thirteen", "fourteen")
_FIFTEEN_TO_NINETEEN = ("fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_TWENTY_TO_NINETY = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ONES = {word: number for number, word in enumerate(_ONE_TO_NINE, start=1)}
_TEENS = {word: number for number, word in enumerate(_TEN_TO_FOURTEEN + _FIFTEEN_TO_NINETEEN, start=10)}
_TENS = {word: 10 * number for number, word in enumerate(_TWENTY_TO_NINETY, start=2)}
_SCALES = {"billion": 10**9, "million": 10**6, "thousand": 10**3}
_FIRST_WORDS = {"a", "minus", "negative", "zero", *_ONES, *_TEENS, *_TENS}


def may_begin_number(word: str) -> bool:
    """Whether a text that begins with this word may be a number; the word is as ``normalize`` leaves it."""
    return word in _FIRST_WORDS or not word.isalpha()


def read_number(text: str) -> Fraction | None:
    """The number that the whole text writes, exactly; None where it is anything else.

    Reads digits with sign, decimal point, exponent and marks between thousands (comma, apostrophe or space), and
    English words below 10^12 ("minus twenty-one", "one hundred and five"). A full stop may follow. Neither "none" nor
    "no" is a number, and neither are raised or circled digits.
    """
    if len(text) > _LONGEST:
        return None
    plain = unwrap(fold(text)).rstrip(".,;:!").rstrip()
    if _DIGITS.fullmatch(plain):
        return Fraction(plain)
    if _GROUPED.fullmatch(plain):
        return Fraction(re.sub("[,' ]", "", plain))
    sign = _SIGN_WORD.match(plain)
    if sign is None:
        return _read_words(plain)
    size = read_number(plain[sign.end() :]) if plain[sign.end()].isalnum() else None
    return None if size is None or size < 0 else -size


def _read_words(text: str) -> Fraction | None:
    words = _WORD_HYPHEN.sub(" ", _SCALE_COMMA.sub(r"\1", text)).split()
    if words == ["zero"]:
        return Fraction(0)
    if words[:1] == ["a"]:
        words = ["one", *words[1:]] if words[1:2] and words[1] in {*_SCALES, "hundred"} else []
    total = 0
    for scale, size in _SCALES.items():
        if scale in words:
            split = words.index(scale)
            count = _below_thousand(words[:split])
            if count is None:
                return None
            total += count * size
            words = words[split + 1 :]
    if total and not words:
        return Fraction(total)
    if total and words[0] == "and":
        words = words[1:]
    rest = _below_thousand(words)
    return None if rest is None else Fraction(total + rest)


def _below_thousand(words: list[str]) -> int | None:
    if words[1:2] != ["hundred"]:
        return _below_hundred(words)
    hundreds = _ONES.get(words[0])
    rest = words[3:] if words[2:3] == ["and"] else words[2:]
    low = _below_hundred(rest) if rest or words[2:] else 0
    return None if hundreds is None or low is None else 100 * hundreds + low


def _below_hundred(words: list[str]) -> int | None:
    if len(words) == 1:
        return (_ONES | _TEENS | _TENS).get(words[0])
    if len(words) == 2 and words[0] in _TENS and words[1] in _ONES:
        return _TENS[words[0]] + _ONES[words[1]]
    return None
