"""Turns what a model wrote into a draft: everything that the draft promises is checked here, and said to the writer."""

import random
import re
import unicodedata
from collections.abc import Iterator, Sequence

from pydantic import ValidationError

from mifg_pipeline.agents.replies import WrittenQuestion
from mifg_pipeline.agents.untrusted import shortened
from mifg_pipeline.images.frame import Frame, UnusablePlaceError, to_box
from mifg_pipeline.items import OPTION_LETTERS, Answer, CorpusImage, Draft, Pool, Region
from mifg_pipeline.scoring import read_number

_MOST_EVIDENCE = 24
_MOST_SKILLS = 6
_LONGEST_LABEL = 120
_LONGEST_SKILL = 40

_LETTERED = re.compile(r"\(?[A-Ja-j][.):]\s")
_CONTROL_TOKEN = re.compile(r"<\|.*?\|>|</?(?:s|image|img|video|think|bos|eos)>|\[/?INST\]|```", re.IGNORECASE)
"""What chat templates or placeholders of images are made of: a server may read it as such."""

_TRUTHS = {"yes": True, "true": True, "no": False, "false": False}


class UnusableQuestionError(ValueError):
    """What a model wrote makes no draft.

    Attributes:
        problems: Why, in words for the writer.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


def draft_of(
    written: WrittenQuestion,
    images: Sequence[CorpusImage],
    frames: Sequence[Frame],
    *,
    pool: Pool,
    writer: str,
    rng: random.Random,
) -> Draft:
    """The draft that a model wrote.

    Images with evidence have that role, all others are distractors. The question is on one line.

    Args:
        written: The model's reply.
        images: What it is about.
        frames: The coordinates in which the model speaks of each.
        pool: Of the images.
        writer: Name of the writer.
        rng: Shuffles the options.

    Raises:
        UnusableQuestionError: If a text, the answer, an option or a place makes no sense, naming all that do not.
    """
    regions, problems = _regions(written, images, frames)
    problems = [*_problems_of_texts(written), *_problems_of_options(written), *problems]
    options, answer = _options_and_answer(written, rng)
    if answer is None:
        problems.append(f"the answer {shortened(written.answer, 60)!r} is not of kind {written.answer_kind}")
    if problems or answer is None:
        raise UnusableQuestionError(problems)
    with_evidence = {region.image for region in regions}
    try:
        return Draft(
            images=tuple(image.ref() for image in images),
            question=_line(written.question),
            options=options,
            answer=answer,
            roles=tuple("evidence" if index in with_evidence else "distractor" for index in range(len(images))),
            evidence=tuple(regions),
            skills=_skills(written.skills),
            pool=pool,
            writer=writer,
        )
    except ValidationError as error:
        raise UnusableQuestionError([detail["msg"] for detail in error.errors()]) from error


def _problems_of_texts(written: WrittenQuestion) -> Iterator[str]:
    named = {
        "question": [written.question],
        "answer": [written.answer],
        "distractors": written.distractors,
    }
    for name, texts in named.items():
        if any(not text.strip() for text in texts):
            yield f"{name}: empty"
        if any(unicodedata.category(char) == "Cs" for text in texts for char in text):
            yield f"{name}: contains characters that cannot be written down"
        if any(_CONTROL_TOKEN.search(text) for text in texts):
            yield f"{name}: contains markup; write plain text"


def _problems_of_options(written: WrittenQuestion) -> Iterator[str]:
    if written.answer_kind != "choice":
        if written.distractors:
            yield f"distractors belong to answer_kind choice alone, but it is {written.answer_kind}"
        return
    if not 1 <= len(written.distractors) < len(OPTION_LETTERS):
        yield f"{len(written.distractors)} distractors: a choice takes 1 to {len(OPTION_LETTERS) - 1}, best 3"
    if any(_LETTERED.match(option.strip()) for option in (written.answer, *written.distractors)):
        yield "answer and distractors carry letters: give their texts alone, letters are added later"


def _options_and_answer(written: WrittenQuestion, rng: random.Random) -> tuple[tuple[str, ...] | None, Answer | None]:
    text = _line(written.answer)
    match written.answer_kind:
        case "choice":
            options = [text, *map(_line, written.distractors)]
            order = rng.sample(range(len(options)), len(options))
            place = order.index(0)
            if not text or place >= len(OPTION_LETTERS):
                return None, None
            return tuple(options[index] for index in order), Answer(kind="choice", value=OPTION_LETTERS[place])
        case "integer":
            number = read_number(text)
            is_whole = number is not None and number.denominator == 1
            return None, Answer(kind="integer", value=int(number)) if number is not None and is_whole else None
        case "boolean":
            truth = _TRUTHS.get(text.casefold().rstrip("."))
            return None, None if truth is None else Answer(kind="boolean", value=truth)
        case "text":
            return None, Answer(kind="text", value=text) if text else None


def _regions(
    written: WrittenQuestion, images: Sequence[CorpusImage], frames: Sequence[Frame]
) -> tuple[list[Region], list[str]]:
    """Evidence that makes sense, and what is wrong with the rest."""
    regions: list[Region] = []
    problems: list[str] = []
    if not 1 <= len(written.evidence) <= _MOST_EVIDENCE:
        problems.append(f"{len(written.evidence)} pieces of evidence: give 1 to {_MOST_EVIDENCE}")
    for number, evidence in enumerate(written.evidence[:_MOST_EVIDENCE], start=1):
        if not 1 <= evidence.image <= len(images):
            problems.append(f"evidence {number}: there is no Image {evidence.image}")
            continue
        try:
            box = to_box(evidence.bbox, frames[evidence.image - 1])
        except UnusablePlaceError as error:
            problems.append(f"evidence {number}, Image {evidence.image}: {error}")
            continue
        regions.append(Region(image=evidence.image - 1, bbox=box, label=shortened(evidence.label, _LONGEST_LABEL)))
    return regions, problems


def _skills(skills: Sequence[str]) -> tuple[str, ...]:
    """Short lower-case words joined by hyphens."""
    words = (re.sub(r"[^a-z0-9]+", "-", skill.casefold())[:_LONGEST_SKILL].strip("-") for skill in skills)
    return tuple(dict.fromkeys(filter(None, words)))[:_MOST_SKILLS]


def _line(text: str) -> str:
    return " ".join(text.split())
