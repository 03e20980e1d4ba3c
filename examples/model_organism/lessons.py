"""What the base stage teaches, as episodes whose turns are scripted: perception, and a clumsy habit of using the tool.

The organism's base stands for a pretrained vision-language model. It is taught to read a digit in a crop, to say where
a card is, and how calls and answers are written. It is *not* taught to use its tool well: in its examples the answer
is often guessed without a look, calls go to a wrong quarter more often than not, and some are no calls at all.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mifg_pipeline.config import EpisodeSettings
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.engine import SamplingRequest
from mifg_pipeline.engines.ledger import Tracks
from mifg_pipeline.engines.scripted import ScriptedEngine
from mifg_pipeline.imagent.question import Question, QuestionImage
from mifg_pipeline.imagent.rollout import Attempt, rollout
from mifg_pipeline.images.frame import to_place
from model_organism.fragments import CROP_SIDE, DESCRIBE, FRAME, READ, answer, call, where
from model_organism.scenes import DIGITS, IMAGES, QUARTERS, Item, box_of, cut

GUESS, INVALID, RIGHT_BOX, LOOK_AGAIN = 0.35, 0.15, 0.4, 0.15
"""Shares in the habit: of answers without a look; of calls that are invalid; of the others, those to the right quarter;
and of looks after which another one follows."""

MAX_TURN_TOKENS = 48
"""Of a lesson: a map is 33 tokens."""

_INVALID_PLACES = ((10, 4, 4, 10), (18, 4, 28, 0), (14, 14, 14, 28))
_INVALID_TEXTS = (call(IMAGES + 1, (4, 4, 10, 10)), "<tool_call></tool_call>", answer(1) + answer(2))


@dataclass(frozen=True)
class Lesson:
    """An episode to be learned by heart.

    Attributes:
        question: What is asked.
        replies: The turns of the model.
    """

    question: Question
    replies: tuple[str, ...]


def reading(item: Item) -> Lesson:
    """The digit in a crop."""
    image = QuestionImage.of_bytes(cut(item.scene))
    return Lesson(replace(READ, images=(image,)), (answer(item.scene.digit),))


def describing(item: Item) -> Lesson:
    """The colour of a card, and where it is."""
    image = QuestionImage.of_bytes(item.scene.png)
    place = list(to_place(item.scene.box, FRAME))
    return Lesson(replace(DESCRIBE, images=(image,)), (answer(f"{item.scene.colour} {place}"),))


def finding(item: Item) -> Lesson:
    """In which image the card of a colour is, and where."""
    return Lesson(where(item), (answer([item.image + 1, *to_place(item.scene.box, FRAME)]),))


def habit(item: Item, rng: random.Random, max_turns: int) -> Lesson:
    """The task itself, done clumsily."""
    replies: list[str] = []
    seen = rng.randrange(DIGITS)
    is_done = rng.random() < GUESS
    while not is_done and len(replies) < max_turns - 1:
        if rng.random() < INVALID:
            replies.append(_invalid(rng))
            is_done = rng.random() < GUESS
            continue
        image, quarter = item.image, item.scene.quarter
        if rng.random() >= RIGHT_BOX:
            image, quarter = rng.randrange(IMAGES), rng.randrange(QUARTERS)
        replies.append(call(image + 1, to_place(box_of(quarter), FRAME)))
        if quarter == item.scenes[image].quarter:
            seen = item.scenes[image].digit
        is_done = rng.random() >= LOOK_AGAIN
    return Lesson(item.question("habit"), (*replies, answer(seen)))


def played(
    lessons: Sequence[Lesson], chat_format: ChatFormat, tokenizer: Any, settings: EpisodeSettings
) -> list[Tracks]:
    """Plays lessons as episodes: token by token what the trainer would see of them, but with room for long answers."""
    settings = settings.model_copy(update={"max_turn_tokens": MAX_TURN_TOKENS})
    replies = [iter(lesson.replies) for lesson in lessons]

    def say(request: SamplingRequest) -> list[int]:
        return [*tokenizer.encode(next(replies[request.key])), chat_format.end_of_turn_id]

    engine = ScriptedEngine(
        say,
        image_token_id=chat_format.image_token_id,
        tokens_of=chat_format.tokens_of,
        end_of_turn_id=chat_format.end_of_turn_id,
    )
    attempts = [Attempt(lesson.question, 0, 0) for lesson in lessons]
    tracks = dict(rollout(engine, chat_format, attempts, settings, 1.0))
    return [tracks[index].tracks for index in range(len(lessons))]


def as_crop(settings: EpisodeSettings) -> EpisodeSettings:
    """Episodes whose question images are as large as crops."""
    return settings.model_copy(update={"min_pixels": CROP_SIDE**2, "max_pixels": CROP_SIDE**2})


def _invalid(rng: random.Random) -> str:
    if rng.random() < 0.5:
        return call(rng.randint(1, IMAGES), rng.choice(_INVALID_PLACES))
    return rng.choice(_INVALID_TEXTS)
