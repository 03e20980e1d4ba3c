"""Names of categories as English noun phrases that can be counted: whatever case, hyphens and underscores they have."""

import re
from functools import lru_cache

from mifg_pipeline.programs.wording import is_plural

_NAME = re.compile(r"[^\W\d_]+(?:['’ _-]+[^\W\d_]+)*['’]?")
_LONGEST = 40
_NAMES = 4096
"""So many names are kept in mind: the same few come up for every object."""
# Between whole words only: "T-shirt" and "X-ray" keep theirs.
_BREAKS = re.compile(r"[\s_]+|(?<=[^\W\d_]{2})-+(?=[^\W\d_]{2})")
_ACRONYMS = frozenset({"atm", "cd", "dvd", "led", "pc", "suv", "tv", "ufo", "usb"})
_MEASURES = ("pair of ", "piece of ")
_COUNTED_IN_PAIRS = """
binoculars chopsticks clippers earphones eyeglasses glasses goggles handcuffs headphones jeans leggings overalls
pajamas pants pliers pyjamas scissors shears shorts skis spectacles sunglasses tights tongs trousers tweezers
"""
_PAIRS = frozenset(_COUNTED_IN_PAIRS.split())
_COUNTED_IN_PIECES = """
bacon baggage bread broccoli cauliflower celery clothing crockery cutlery debris driftwood equipment firewood food
footwear fruit furniture garbage jewellery jewelry laundry lettuce litter luggage machinery meat mail rubbish seaweed
sushi toast trash wreckage
"""
_PIECES = frozenset(_COUNTED_IN_PIECES.split())


@lru_cache(maxsize=_NAMES)
def noun_of(category: str) -> str:
    """The category as a singular noun phrase that can be counted.

    Examples:
        "Dining_Table" gives "dining table", "tv" gives "TV", "scissors" gives "pair of scissors", "luggage" gives
        "piece of luggage".
    """
    phrase = spoken(category)
    last = phrase.rpartition(" ")[2]
    if phrase.startswith(_MEASURES):
        return phrase
    return f"pair of {phrase}" if last in _PAIRS else f"piece of {phrase}" if last in _PIECES else phrase


def is_nameable(category: str) -> bool:
    """Whether the category can stand in a question.

    It is made of letters (no digits, brackets or slashes), not too long, and not in the plural: a box called
    "flowers" holds nobody knows how many.
    """
    return is_speakable(category) and not is_plural(noun_of(category))


@lru_cache(maxsize=_NAMES)
def is_speakable(name: str) -> bool:
    """Whether a name is made of words."""
    return len(name) <= _LONGEST and _NAME.fullmatch(name) is not None


@lru_cache(maxsize=_NAMES)
def spoken(name: str) -> str:
    """The name as it stands in a sentence: lower case but for acronyms, words parted by spaces."""
    return " ".join(_spoken_word(word) for word in _BREAKS.split(name.strip(" _-")) if word)


def _spoken_word(word: str) -> str:
    word = word.lower()
    if word in _ACRONYMS:
        return word.upper()
    return word.capitalize() if word[1:2] == "-" else word
