"""The question of an item in the words that IMAgent gets, with marks where the images stand."""

from collections.abc import Sequence
from typing import Final

from mifg_pipeline.imagent.messages import image_text, question_text
from mifg_pipeline.imagent.question import Question
from mifg_pipeline.items import Answer, Item

IMAGE_MARK: Final = "<image>"
"""Stands for an image in a text, as several trainers have it."""

_MARKS: Final = (IMAGE_MARK, "<video>", "<audio>")


def asked(question: str, options: Sequence[str] | None, answer: Answer) -> str:
    """The question with its options, and the form that the answer shall have."""
    listed = tuple(options) if options else None
    return question_text(Question(key="", images=(), text=question, options=listed, answer=answer))


def image_heading(number: int) -> str:
    """What stands above an image, counted from 1."""
    return image_text(number, None)


def marked(item: Item) -> str:
    """The question below its images, each of them a mark below its number."""
    shown = "".join(f"{image_heading(number)}\n{IMAGE_MARK}\n" for number in range(1, len(item.images) + 1))
    return shown + asked(item.question, item.options, item.answer)


def mark_in(item: Item) -> str | None:
    """Why a text with marks cannot hold an item: its own words contain one. None where they do not."""
    words = (item.question, *(item.options or ()))
    mark = next((mark for mark in _MARKS if any(mark in text for text in words)), None)
    return None if mark is None else f"its text contains {mark}, which stands for a medium there"
