"""Words of questions: names of images, lists, plurals and articles."""

import re
from collections.abc import Iterable, Sequence

_IRREGULAR_PLURALS = {
    "axis": "axes",
    "calf": "calves",
    "chassis": "chassis",
    "die": "dice",
    "elf": "elves",
    "fez": "fezzes",
    "goose": "geese",
    "half": "halves",
    "loaf": "loaves",
    "moose": "moose",
    "ox": "oxen",
    "quiz": "quizzes",
    "salmon": "salmon",
    "scissors": "scissors",
    "series": "series",
    "sheaf": "sheaves",
    "skis": "skis",
    "squid": "squid",
    "stomach": "stomachs",
    "swine": "swine",
    "thief": "thieves",
    "trout": "trout",
}
_IRREGULAR_ENDINGS = {
    "child": "children",
    "craft": "craft",
    "deer": "deer",
    "fish": "fish",
    "foot": "feet",
    "knife": "knives",
    "leaf": "leaves",
    "man": "men",
    "mouse": "mice",
    "person": "people",
    "scarf": "scarves",
    "sheep": "sheep",
    "shelf": "shelves",
    "tooth": "teeth",
    "wife": "wives",
    "wolf": "wolves",
}
"""Also at the end of longer words: "bookshelf", "snowman", "aircraft"."""
_REGULAR_IN_MAN = frozenset({"caiman", "human", "ottoman", "shaman", "talisman"})
_PLURAL_IN_OES = frozenset({"buffalo", "echo", "hero", "mango", "mosquito", "potato", "tomato", "torpedo", "volcano"})
_SINGULAR_IN_S = frozenset(
    {"atlas", "axis", "canvas", "chassis", "gas", "iris", "lens", "rhinoceros", "series", "trellis"}
)

_SILENT_H = ("heir", "honest", "honor", "honour", "hour")
_SPOKEN_AS_CONSONANT = re.compile(r"eu|ew|ubi|uku|uni(?!m|n)|ura|uri|use|usu|ute|uti|(?:one|once|u)$")
_LETTERS_AFTER_AN = frozenset("AEFHILMNORSX")


def image_name(index: int) -> str:
    """The image of that 0-based index as people call it: "Image 1" is the first."""
    return f"Image {index + 1}"


def image_list(indices: Iterable[int], conjunction: str = "and") -> str:
    """Several images in natural order: "Images 1, 2 and 3"; a single one by its name."""
    ordered = sorted(indices)
    if len(ordered) == 1:
        return image_name(ordered[0])
    return "Images " + word_list([str(index + 1) for index in ordered], conjunction)


def word_list(words: Sequence[str], conjunction: str = "and") -> str:
    """Joins words as in "a", "a and b" and "a, b and c"."""
    if len(words) == 1:
        return words[0]
    return f"{', '.join(words[:-1])} {conjunction} {words[-1]}"


def plural(noun: str) -> str:
    """The plural of an English noun phrase: "red box" gives "red boxes", "pair of scissors" "pairs of scissors"."""
    head, of, rest = noun.partition(" of ")
    *before, last = head.split(" ")
    return " ".join([*before, _plural_word(last)]) + of + rest


def is_plural(noun: str) -> bool:
    """Whether the head of an English noun phrase looks like a plural that differs from its singular."""
    word = noun.partition(" of ")[0].rpartition(" ")[2].lower()
    irregular = [*_IRREGULAR_PLURALS.items(), *_IRREGULAR_ENDINGS.items()]
    if any(word == many != one for one, many in irregular):
        return True
    return word.endswith("s") and not word.endswith(("ss", "us")) and word not in _SINGULAR_IN_S


def with_article(phrase: str) -> str:
    """The phrase after "a" or "an", by the sound it starts with: "an hour glass", "a unicorn", "an SUV"."""
    first = re.split(r"[^\w]", phrase, maxsplit=1)[0]
    if first.isupper():
        starts_with_vowel = first[0] in _LETTERS_AFTER_AN
    else:
        word = first.lower()
        starts_with_vowel = word.startswith(_SILENT_H) or (
            word.startswith(tuple("aeiou")) and not _SPOKEN_AS_CONSONANT.match(word)
        )
    return f"{'an' if starts_with_vowel else 'a'} {phrase}"


def _plural_word(word: str) -> str:
    if word.isupper():
        return word + "s"
    if word in _IRREGULAR_PLURALS:
        return _IRREGULAR_PLURALS[word]
    if word not in _REGULAR_IN_MAN:
        for one, many in _IRREGULAR_ENDINGS.items():
            if word.endswith(one):
                return word.removesuffix(one) + many
    if word.endswith(("s", "x", "z", "ch", "sh")) or word in _PLURAL_IN_OES:
        return word + "es"
    if word.endswith("y") and word[-2:-1] not in tuple("aeiou"):
        return word[:-1] + "ies"
    return word + "s"
