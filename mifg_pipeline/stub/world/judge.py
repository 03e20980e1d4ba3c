"""The world as a judge of drafts: it finds what is wrong, as often as the settings say."""

import random
import re
from typing import NamedTuple

from pydantic import JsonValue

from mifg_pipeline.stub.world.conversation import Posed
from mifg_pipeline.stub.world.look import Look
from mifg_pipeline.stub.world.reading import Understood

_LETTER = re.compile(r"([A-J])(?:[.):]|\Z)")


class Flaw(NamedTuple):
    """What a draft lacks.

    Attributes:
        virtue: Field of the judgement.
        problem: What to mend.
    """

    virtue: str
    problem: str


_SPARE = Flaw("needs_all_images", "The answer does not depend on all of the images; ask about each of them.")
_FLAWS = {
    "blind_answerable": (Flaw("fine_grained", "The answer is general knowledge; ask about a small detail."), _SPARE),
    "image_not_needed": (_SPARE,),
    "ambiguous": (Flaw("unambiguous", "It is open what counts; say exactly what is meant."),),
    "leaking": (Flaw("well_put", "The question tells the answer; leave it out."),),
}
_WRONG_KEY = Flaw("unambiguous", "The proposed answer is not what the images show.")
_VIRTUES = ("fine_grained", "needs_all_images", "unambiguous", "well_put")


def judge(
    posed: Posed, understood: Understood | None, look: Look, accuracy: float, rng: random.Random
) -> dict[str, JsonValue]:
    """A judgement of a question with its proposed answer; what the world does not understand it takes for sound.

    Args:
        posed: The question.
        understood: What it asks, None where the world does not know its form.
        look: What is shown.
        accuracy: Share of the judgements that are as they should be; the others miss all flaws, or find one in vain.
        rng: Draws.
    """
    flaws = _flaws(posed, understood, look)
    if rng.random() >= accuracy:
        flaws = () if flaws else (Flaw(rng.choice(_VIRTUES), "This does not hold without reservation."),)
    lacking = {flaw.virtue for flaw in flaws}
    virtues: dict[str, JsonValue] = {virtue: virtue not in lacking for virtue in _VIRTUES}
    return virtues | {"problems": [flaw.problem for flaw in flaws]}


def _flaws(posed: Posed, understood: Understood | None, look: Look) -> tuple[Flaw, ...]:
    if understood is None:
        return ()
    if understood.defect is not None:
        return _FLAWS[understood.defect]
    answers = understood.answers(look.scenes)
    return (_WRONG_KEY,) if answers and _proposed_text(posed) not in answers else ()


def _proposed_text(posed: Posed) -> str:
    """The proposed answer in words, be it given in words or as the letter of an option."""
    proposed = (posed.proposed or "").strip()
    letter = _LETTER.match(proposed)
    return posed.options.get(letter[1], proposed) if letter else proposed
