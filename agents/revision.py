"""Why a draft failed, in words for the model that writes the next one."""

from collections.abc import Sequence

from pydantic import JsonValue

from mifg_pipeline.agents.untrusted import shortened
from mifg_pipeline.items import GateResult

_LONGEST = 500
"""Characters of one problem."""

_ADVICE = {
    "blind": "Readers who saw no image found the answer: let question and options tell less.",
    "necessity": "The answer was found without one of the images: make each image needed, or ask about fewer.",
    "focus": "Readers who were shown the evidence from close by did not find the answer: check answer and evidence.",
    "consistency": "Readers came to different answers: check the answer, and say exactly what is meant.",
    "resolvability": "Ask about something that is larger in its image.",
}
"""What to do about results whose figures mean little to a writer, by gate."""

_OF_IMAGES = frozenset({"image", "images"})


def problems_for_writer(failure: GateResult, earlier: Sequence[GateResult] = ()) -> list[str]:
    """What has to be mended, most important first.

    Args:
        failure: What stopped the last draft.
        earlier: What stopped the drafts before it.
    """
    problems = _problems(failure)
    for result in reversed(earlier):
        problems += [f"In an earlier version: {problem}" for problem in _problems(result)]
    return [shortened(problem, _LONGEST) for problem in dict.fromkeys(problems)]


def _problems(result: GateResult) -> list[str]:
    listed = result.figures.get("problems")
    if isinstance(listed, list) and listed:
        return [str(problem) for problem in listed]
    figures = ", ".join(filter(None, (_figure(name, value) for name, value in result.figures.items())))
    stated = f"{result.reason} ({figures})" if figures else result.reason
    return [f"{result.gate}: {stated}", *filter(None, [_ADVICE.get(result.gate)])]


def _figure(name: str, value: JsonValue) -> str:
    """A figure in words: records count images and regions from 0, writers from 1."""
    if name in _OF_IMAGES:
        indices = value if isinstance(value, list) else [value]
        return ", ".join(f"Image {index + 1}" for index in indices if isinstance(index, int))
    if name == "region" and isinstance(value, int):
        return f"evidence {value + 1}"
    return f"{name.replace('_', ' ')} {value}" if isinstance(value, str | int | float) else ""
