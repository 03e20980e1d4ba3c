"""Words of questions: names of images, lists, plurals and articles."""

from collections.abc import Iterable, Sequence

_IRREGULAR_PLURALS = {
    "child": "children",
    "foot": "feet",
    "goose": "geese",
    "knife": "knives",
    "leaf": "leaves",
    "loaf": "loaves",
    "man": "men",
    "mouse": "mice",
    "person": "people",
    "sheep": "sheep",
    "shelf": "shelves",
    "skis": "skis",
    "scissors": "scissors",
    "tooth": "teeth",
    "wolf": "wolves",
    "woman": "women",
}


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
    """The plural of an English noun phrase whose last word is the noun: "red box" gives "red boxes"."""
    *before, last = noun.split(" ")
    return " ".join([*before, _plural_word(last)])


def with_article(phrase: str) -> str:
    """The phrase after "a" or "an", by its first letter."""
    return f"{'an' if phrase[0].lower() in 'aeiou' else 'a'} {phrase}"


def _plural_word(word: str) -> str:
    if word in _IRREGULAR_PLURALS:
        return _IRREGULAR_PLURALS[word]
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2:-1] not in tuple("aeiou"):
        return word[:-1] + "ies"
    return word + "s"
