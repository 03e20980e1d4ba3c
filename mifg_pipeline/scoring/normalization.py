"""Brings texts that differ in form only to one form."""

import re
import unicodedata

# What people and keyboards use for a hyphen or a minus sign: hyphens, dashes, the minus sign.
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—−"), "-")
_APOSTROPHES = dict.fromkeys(map(ord, "‘’ʼ"), "'")
_WRAPPING = " \t\r\n*_`\"'“”«»"
# Punctuation that carries meaning: 50 % is not 50.
_MEANINGFUL = frozenset(".%‰#&@")

_ARTICLE = re.compile(r"(?<!\S)(?:a|an|the) (?=[\"'“]?\w)")
_THOUSANDS = re.compile(r"(?<![\w.,])\d{1,3}(?:,\d{3})+(?![\d,])")
_MINUS = re.compile(r"(?<!\w)-(?=\.?\d)")
_SILENT = re.compile(r"\.(?!\d)|(?<=[^\W\d])\.|'")


def fold(text: str) -> str:
    """Unicode NFKC, case folded, without invisible characters, with plain dashes and single spaces.

    Raised and circled digits and fractions stay what they are: NFKC would make 52 of 5².
    """
    composed = text if text.isascii() else unicodedata.normalize("NFC", "".join(map(_compatible, text)))
    plain = composed.casefold().translate(_DASHES).translate(_APOSTROPHES)
    return " ".join(plain.split())


def _compatible(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cf":
        return ""
    return char if category == "No" else unicodedata.normalize("NFKC", char)


def unwrap(text: str) -> str:
    """The text without the quotes, Markdown marks and white space around it."""
    return text.strip(_WRAPPING)


def normalize(text: str) -> str:
    """The form in which two texts are compared.

    After ``fold``: English articles are dropped where a word follows them (so the A of "A) dog" stays), as are full
    stops and apostrophes, and commas between thousands; all other punctuation separates words. Signs and decimal
    points of numbers stay ("-5" is not "5", "0.5" is not "5"), as does what is no punctuation ("+", "×"). A text of
    nothing but punctuation stays as it is.
    """
    folded = fold(text)
    bare = _ARTICLE.sub("", unwrap(folded))
    bare = _THOUSANDS.sub(lambda number: number.group().replace(",", ""), bare)
    bare = _SILENT.sub("", bare)
    # The minus sign is no punctuation to Unicode, so that it outlives the next line.
    bare = _MINUS.sub("−", bare)
    bare = "".join(" " if _separates(char) else char for char in bare)
    return " ".join(bare.split()) or folded


def _separates(char: str) -> bool:
    return char == "`" or (unicodedata.category(char).startswith("P") and char not in _MEANINGFUL)
