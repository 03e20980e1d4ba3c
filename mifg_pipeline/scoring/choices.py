"""Reads which option of a multiple-choice question a text chooses."""

import re
from collections.abc import Sequence

from mifg_pipeline.items import OPTION_LETTERS
from mifg_pipeline.scoring.normalization import fold, normalize, unwrap
from mifg_pipeline.scoring.numbers import read_number

_LEAD = r"(?:(?:the )?(?:final |correct )?(?:answer|option|choice)(?: is)?(?:: ?| )){0,2}"
_LETTER = r"(?:\((?P<round>[a-z])\)|\[(?P<square>[a-z])\]|(?P<bare>[a-z])(?!\w))"
# A dash separates only between spaces: in "B) -5" it belongs to the number.
_DRESSED_LETTER = re.compile(rf"{_LEAD}{_LETTER}[.):;,!\]]*(?: - | ?)(?P<rest>.*)", re.DOTALL)


def same_option(first: str, second: str) -> bool:
    """Whether two texts say the same as options: equal when normalised, or the same number."""
    if normalize(first) == normalize(second):
        return True
    number = read_number(first)
    return number is not None and number == read_number(second)


def read_choice(options: Sequence[str], text: str) -> str | None:
    """The letter of the option that a text chooses; None where it chooses none, or more than one.

    A letter may come in its usual dressings ("B", "(b)", "B.", "Option B", "The answer is B"), followed by nothing or
    by its own option's text. Anything else behind it (another option's text, a second letter, a hedge) makes the text
    choose nothing. Without a letter, the text must be the same as exactly one option. The number of an image alone
    ("2" for "Image 2") chooses nothing: it may as well mean the second option.
    """
    letters = OPTION_LETTERS[: len(options)]
    plain = unwrap(fold(text.replace("*", "").replace("`", "")))
    dressed = _DRESSED_LETTER.fullmatch(plain)
    if dressed is not None:
        letter = (dressed["round"] or dressed["square"] or dressed["bare"]).upper()
        rest = dressed["rest"]
        if letter in letters and (not rest or same_option(rest, options[letters.index(letter)])):
            return letter
    matches = [letter for letter, option in zip(letters, options, strict=True) if same_option(text, option)]
    return matches[0] if len(matches) == 1 else None
