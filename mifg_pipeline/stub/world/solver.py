"""The world as a solver: right as often as the settings say, by what a request shows."""

import random
from collections.abc import Sequence

from mifg_pipeline.stub.world.conversation import CANNOT_BE_DETERMINED, Posed
from mifg_pipeline.stub.world.look import Look
from mifg_pipeline.stub.world.reading import Understood
from mifg_pipeline.stub.world.settings import Accuracies

_OPEN_GUESSES = range(1, 11)
"""What an open answer is guessed from: counts that people ask about."""


def solve(
    posed: Posed, understood: Understood | None, look: Look, accuracy: Accuracies, rng: random.Random
) -> tuple[str, str]:
    """Thought and answer; the answer is a letter where there are options.

    A wrong answer is any other option, all equally likely, but never "cannot be determined"; for an open question a
    number next to the right one. That answer is given only where the images that decide the question are not shown.

    Args:
        posed: The question with its options.
        understood: What it asks, None where the world does not know its form.
        look: What is shown.
        accuracy: How often the answer is right.
        rng: Draws.
    """
    answers = understood.answers(look.scenes) if understood else ()
    options = {letter: text for letter, text in posed.options.items() if not _gives_up(text)}
    right = [letter for letter, text in options.items() if text in answers] if options else list(answers)
    if understood is None or not right:
        return "I cannot make it out.", _guess(posed, options, _limit(look, accuracy), rng)
    share = _share_of_each(right, _chance(understood, look, accuracy), accuracy)
    drawn = rng.random()
    for place, answer in enumerate(right, start=1):
        if drawn < place * share:
            return "I looked closely.", answer
    return "I looked closely.", _wrong(right, options, rng)


def _chance(understood: Understood, look: Look, accuracy: Accuracies) -> float:
    """How often the question is answered rightly when it is shown like this."""
    seeing = accuracy.crops if look.has_details else accuracy.low if look.is_small else accuracy.all
    if not understood.decisive:
        return accuracy.blind_answerable if look.is_blind else max(accuracy.blind_answerable, seeing)
    return seeing if understood.spare <= look.shown else accuracy.image_not_needed


def _share_of_each(right: Sequence[str], chance: float, accuracy: Accuracies) -> float:
    return chance if len(right) == 1 else min(accuracy.ambiguous, chance / len(right))


def _limit(look: Look, accuracy: Accuracies) -> float | None:
    """The largest share of right answers without knowing."""
    return accuracy.blind if look.is_blind else None if look.is_complete else accuracy.missing


def _guess(posed: Posed, options: dict[str, str], limit: float | None, rng: random.Random) -> str:
    """Each option as often as the limit says, but no more often than a guess; else "cannot be determined"."""
    choices = list(options) or [str(number) for number in _OPEN_GUESSES]
    share = 1 / len(choices) if limit is None else min(limit, 1 / len(choices))
    if rng.random() < share * len(choices):
        return rng.choice(choices)
    return next((letter for letter, text in posed.options.items() if _gives_up(text)), CANNOT_BE_DETERMINED)


def _wrong(right: Sequence[str], options: dict[str, str], rng: random.Random) -> str:
    others = [letter for letter in options if letter not in right]
    if others:
        return rng.choice(others)
    if right[0].isdecimal():
        near = [str(int(right[0]) + step) for step in (-2, -1, 1, 2) if int(right[0]) + step >= 0]
        return rng.choice([number for number in near if number not in right])
    return CANNOT_BE_DETERMINED


def _gives_up(text: str) -> bool:
    return text.strip(" .").casefold() == CANNOT_BE_DETERMINED
