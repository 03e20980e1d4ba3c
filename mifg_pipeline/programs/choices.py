"""Options of choice questions and their key. Images stand in natural order, all other options are shuffled."""

import random
from collections.abc import Sequence
from typing import NamedTuple

from mifg_pipeline.items import OPTION_LETTERS, Answer
from mifg_pipeline.programs.wording import image_name


class Choice(NamedTuple):
    """The options as they are shown, and the letter of the right one as the key."""

    options: tuple[str, ...]
    answer: Answer


def choice_of_images(candidates: Sequence[int], key: int) -> Choice:
    """A choice among the images of these 0-based indices."""
    ordered = sorted(candidates)
    return _choice([image_name(index) for index in ordered], image_name(key))


def shuffled_choice(options: Sequence[str], key: str, rng: random.Random) -> Choice:
    """A choice among the options in random order."""
    return _choice(rng.sample(options, len(options)), key)


def _choice(options: Sequence[str], key: str) -> Choice:
    return Choice(tuple(options), Answer(kind="choice", value=OPTION_LETTERS[options.index(key)]))
