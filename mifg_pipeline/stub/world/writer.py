"""The world as question writer: true questions about drawn scenes, and a share of defective ones."""

import random

from pydantic import JsonValue

from mifg_pipeline.images.frame import to_place
from mifg_pipeline.stub.world.asking import DEFECTIVE, SOUND, Question
from mifg_pipeline.stub.world.look import Look
from mifg_pipeline.stub.world.settings import Defect, Defects
from mifg_pipeline.stub.world.wordings import Scenes

_OPTIONS = 4
_TRIES = 20
_CHOICE_SHARE = 0.7
"""Of the questions for a number; the others are open."""
_FAR = 100
"""From there on, wrong numbers differ in some digit rather than by one."""
_FAR_STEPS = (-100, -90, -20, -11, -10, -9, -2, -1, 1, 2, 9, 10, 11, 20, 90, 100)


def write(look: Look, shares: Defects, previous: str | None, seed: int, rng: random.Random) -> dict[str, JsonValue]:
    """A question about the drawn scenes that are shown, or words of regret without evidence where there are none.

    Args:
        look: What is shown.
        shares: Of the defects. Where the images do not afford one, the question is sound.
        previous: Text of the question that is to be revised: another one is asked.
        seed: Of the world; decides with the images alone about which of them the same is asked every time.
        rng: Draws everything else.
    """
    scenes = look.drawn
    if len(scenes) < 2:
        return _regret()
    of_images = random.Random(f"{seed} {sorted(scene.image.sha256 for scene in scenes.values())}")
    if previous is None and of_images.random() < shares.duplicate:
        defect: Defect | None = "duplicate"
        rng = of_images
    else:
        defect = _draw_defect(shares, rng)
    question = _find(defect, scenes, previous, rng)
    return _regret() if question is None else _written(question, defect, look, rng)


def _draw_defect(shares: Defects, rng: random.Random) -> Defect | None:
    """Draws one of the defects but duplicates, so that their shares are of all questions."""
    drawn = rng.random() * (1 - shares.duplicate)
    kinds: tuple[Defect, ...] = ("wrong_key", "blind_answerable", "image_not_needed", "ambiguous", "leaking")
    for defect in kinds:
        share: float = getattr(shares, defect)
        if drawn < share:
            return defect
        drawn -= share
    return None


def _find(defect: Defect | None, scenes: Scenes, previous: str | None, rng: random.Random) -> Question | None:
    """A question with the defect where the images afford one, else a sound one, else None; never the previous one."""
    wanted = DEFECTIVE.get(defect, SOUND) if defect else SOUND
    for finds in (wanted, SOUND):
        for _ in range(_TRIES):
            question = rng.choice(finds)(scenes, rng)
            if question is not None and question.text != previous:
                return question
    return None


def _written(question: Question, defect: Defect | None, look: Look, rng: random.Random) -> dict[str, JsonValue]:
    right = question.wording.answers(question.said, look.drawn)
    names_images = right[0].startswith("Image")
    if names_images:
        others = [f"Image {number}" for number in question.said.images["images"] if f"Image {number}" not in right]
    else:
        others = _near(right, rng)
    key = right[0]
    if defect == "wrong_key":
        key = others[0]
        others[0] = right[0]
    is_choice = names_images or rng.random() < _CHOICE_SHARE
    evidence: list[JsonValue] = [
        {"image": spot.image, "bbox": [*to_place(spot.box, look.frames[spot.image])], "label": spot.label}
        for spot in question.evidence
    ]
    return {
        "question": question.text,
        "answer_kind": "choice" if is_choice else "integer",
        "answer": key,
        "distractors": [*others] if is_choice else [],
        "evidence": evidence,
        "skills": [*question.skills],
    }


def _near(right: tuple[str, ...], rng: random.Random) -> list[str]:
    """Wrong numbers to go with the right ones, of which the first is the key, in random order.

    Small ones are such that each of the four numbers is as likely to be the largest, but that none is below 1.
    """
    value = int(right[0])
    if value >= _FAR:
        candidates = [value + step for step in rng.sample(_FAR_STEPS, len(_FAR_STEPS))]
    else:
        lowest = max(1, value - rng.randrange(_OPTIONS))
        candidates = [*range(lowest, lowest + 2 * _OPTIONS)]
    wrong = [str(number) for number in candidates if str(number) not in right]
    others = [*right[1:], *wrong][: _OPTIONS - 1]
    return rng.sample(others, len(others))


def _regret() -> dict[str, JsonValue]:
    return {
        "question": "I see nothing to ask about.",
        "answer_kind": "text",
        "answer": "nothing",
        "distractors": [],
        "evidence": [],
        "skills": [],
    }
