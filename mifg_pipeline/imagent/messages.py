"""What IMAgent is told, from the prompt files."""

from functools import cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from mifg_pipeline.config import Coordinates, EpisodeSettings
from mifg_pipeline.imagent.action import ToolName
from mifg_pipeline.imagent.question import Question
from mifg_pipeline.images.frame import Frame, to_place
from mifg_pipeline.items import OPTION_LETTERS, Box, content_digest

_LOADER: Final = PackageLoader("mifg_pipeline", "prompts")

_FILES: Final = ("imagent_system.md", "imagent_question.md", "imagent_observations.md", "imagent_errors.md")
"""All that IMAgent is told from."""


def system_text(settings: EpisodeSettings, coordinates: Coordinates) -> str:
    """Instructions: how to act, the tools if there are any, and how to speak of places."""
    template = _prompts().get_template("imagent_system.md")
    return template.render(tools=settings.tools, coordinates=coordinates, max_turns=settings.max_turns).strip()


def image_text(number: int, frame: Frame | None) -> str:
    """What stands above an image of the question; names its size where a frame is given."""
    size = {"width": frame.across, "height": frame.down} if frame else {"width": None, "height": None}
    return _block("imagent_question.md", "image", number=number, **size)


def question_text(question: Question) -> str:
    """The question with its options, and the form that the answer shall have."""
    options = question.options or ()
    return _block(
        "imagent_question.md",
        "question",
        question=question.text,
        options=list(zip(OPTION_LETTERS[: len(options)], options, strict=True)),
        kind=question.answer.kind if question.answer else None,
    )


def shown_text(tool: ToolName, number: int, box: Box | None, frame: Frame) -> str:
    """What stands above an image that a tool shows."""
    place = list(to_place(box, frame)) if box else None
    return _block("imagent_observations.md", tool, number=number, place=place)


def error_text(reason: str, **variables: object) -> str:
    """What the model is told of an invalid action.

    Args:
        reason: A block of ``prompts/imagent_errors.md``.
        variables: Those named there.
    """
    return _block("imagent_errors.md", reason, **variables)


@cache
def prompts_digest() -> str:
    """Tells these prompt files from others: what was said under others is no answer to these."""
    return content_digest([_LOADER.get_source(_prompts(), file)[0] for file in _FILES])


@cache
def _prompts() -> Environment:
    return Environment(
        loader=_LOADER,
        # What is filled in is text for a model; what a question says is never read as a template.
        autoescape=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def _block(file: str, block: str, **variables: object) -> str:
    template = _prompts().get_template(file)
    return "".join(template.blocks[block](template.new_context(variables, shared=True))).strip()
