"""Good candidates over drawn scenes, and candidates in which one known defect was planted."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from mifg_pipeline.config import GateSettings
from mifg_pipeline.gates import LINTS, question_key, resolvability
from mifg_pipeline.gates.probe_verdicts import images_that_count
from mifg_pipeline.items import OPTION_LETTERS, CorpusImage, Draft
from mifg_pipeline.programs import Picture, program_named

Defect = Literal["none", "wrong key", "blind-answerable", "image not needed", "ambiguous", "leaking", "duplicate"]
DEFECTS: tuple[Defect, ...] = (
    "wrong key",
    "blind-answerable",
    "image not needed",
    "ambiguous",
    "leaking",
    "duplicate",
)

_PROGRAMS = ("count-across/total-choice", "read-across/which-text", "relate/nearest")
"""Forms with four options that read annotations alone, so that no pixels are needed to write a candidate."""


@dataclass(frozen=True)
class Candidate:
    """A draft, and what is known of it.

    Attributes:
        number: Tells candidates apart.
        draft: What the gates see.
        truth: The right option.
        defect: What is wrong with the draft.
        rival: The option that is as right as the truth, of an ambiguous one.
        spare: Index of the image that is not needed, where one is not.
    """

    number: int
    draft: Draft
    truth: str
    defect: Defect = "none"
    rival: str = ""
    spare: int | None = None

    @property
    def key(self) -> str:
        """By this the run tells whether it has asked the question before."""
        return question_key(self.draft)


def good_candidates(images: Sequence[CorpusImage], count: int, seed: int) -> list[Candidate]:
    """Candidates that pass the gates that need no model, no two asking the same."""
    candidates: dict[str, Candidate] = {}
    for draft in _drafts(images, random.Random(f"good {seed}")):
        candidate = Candidate(len(candidates), draft, draft.answer_text())
        candidates.setdefault(candidate.key, candidate)
        if len(candidates) == count:
            break
    return list(candidates.values())


def with_defect(good: Sequence[Candidate], defect: Defect, count: int, seed: int) -> list[Candidate]:
    """Candidates with a defect, made from as many good ones, all of them different where there are enough."""
    rng = random.Random(f"{defect} {seed}")
    chosen = [*good] * (count // len(good)) + rng.sample(good, count % len(good))
    return [_planted(candidate, defect, number, rng) for number, candidate in enumerate(chosen)]


def _planted(good: Candidate, defect: Defect, number: int, rng: random.Random) -> Candidate:
    draft = good.draft
    options = draft.options or ()
    other = rng.choice([option for option in options if option != good.truth])
    candidate = replace(good, number=number, defect=defect)
    match defect:
        case "wrong key":
            answer = draft.answer.model_copy(update={"value": OPTION_LETTERS[options.index(other)]})
            return replace(candidate, draft=draft.model_copy(update={"answer": answer}))
        case "image not needed":
            return replace(candidate, spare=rng.choice(images_that_count(draft)))
        case "ambiguous":
            return replace(candidate, rival=other)
        case "leaking":
            question = f"{draft.question} It looks like {good.truth}."
            return replace(candidate, draft=draft.model_copy(update={"question": question}))
        case "duplicate" if number % 2:
            images = (*draft.images[:-1], draft.images[0])
            return replace(candidate, draft=draft.model_copy(update={"images": images}))
    # The other half of the duplicates repeats a good candidate, and that images are not needed shows in replies alone.
    return candidate


def _drafts(images: Sequence[CorpusImage], rng: random.Random) -> Iterator[Draft]:
    """Drafts of programs over random sets of images, without a claim, as if a model had written them."""
    usable = [image for image in images if image.objects]
    settings = GateSettings()
    while True:
        program = program_named(rng.choice(_PROGRAMS))
        chosen = rng.sample(usable, rng.choice(program.picture_counts))
        proposal = program.propose([Picture(image, _no_pixels) for image in chosen], rng)
        if proposal is None:
            continue
        draft = Draft(
            images=tuple(chosen[index].ref() for index in proposal.images if isinstance(index, int)),
            question=proposal.question,
            options=proposal.options,
            answer=proposal.answer,
            roles=proposal.roles,
            evidence=proposal.evidence,
            skills=proposal.skills,
            pool=chosen[0].pool,
            writer=program.name,
        )
        if all(gate(draft, settings).passed for gate in LINTS) and resolvability(draft, settings)[0] is not None:
            yield draft


def _no_pixels() -> None:
    raise AssertionError("these programs read annotations alone")
