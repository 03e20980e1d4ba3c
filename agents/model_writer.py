"""Question writer with a model: it writes the draft, and another when told why the last one failed."""

import random
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from mifg_pipeline.agents.inventory import told
from mifg_pipeline.agents.messages import chat_request, image_parts
from mifg_pipeline.agents.places import model_frame
from mifg_pipeline.agents.prompts import prompts
from mifg_pipeline.agents.replies import WrittenQuestion
from mifg_pipeline.agents.revision import problems_for_writer
from mifg_pipeline.agents.selection import LONGEST_CAPTION
from mifg_pipeline.agents.state import Agents, ItemState, Plan
from mifg_pipeline.agents.untrusted import shortened
from mifg_pipeline.agents.written_draft import UnusableQuestionError, draft_of
from mifg_pipeline.config import GateSettings, GenerateSettings, ModelSettings
from mifg_pipeline.images.frame import Frame, least_sides
from mifg_pipeline.items import CorpusImage, Draft, GateResult
from mifg_pipeline.models.chat import ChatModel, ChatRequest
from mifg_pipeline.models.structured import ask
from mifg_pipeline.store.usage import Usage

GATE = "question_writer"

_LONGEST_FAULT = 400


@dataclass(frozen=True)
class Commission:
    """What a model is to write about.

    Attributes:
        plan: Images, and what a curator saw in them.
        images: The plan's images with their captions.
        paths: Where they lie.
        previous: What the model wrote last, where that could be read.
        problems: Why it failed; empty for the first draft.
        sample: Differs between attempts and rounds, so that equal commissions may get different questions.
        random_key: Seeds the order of the options.
    """

    plan: Plan
    images: tuple[CorpusImage, ...]
    paths: tuple[Path, ...]
    previous: WrittenQuestion | None
    problems: tuple[str, ...]
    sample: int
    random_key: str


@dataclass(frozen=True)
class Written:
    """What came of a commission.

    Attributes:
        result: Of the gate ``question_writer``.
        draft: None where the gate did not pass.
        reply: What the model wrote; None where it could not be read.
        usage: What the calls took.
        calls: Their keys.
    """

    result: GateResult
    draft: Draft | None
    reply: WrittenQuestion | None
    usage: Usage
    calls: tuple[str, ...]


def commission_of(state: ItemState, agents: Agents) -> Commission:
    """What the plan's model is to write in this round of an attempt."""
    plan, attempt, rounds = state["plan"], state["attempt"], agents.settings.max_rounds + 1
    images = tuple(agents.curator.image(digest) for digest in plan.images)
    earlier = state["earlier"]
    return Commission(
        plan=plan,
        images=images,
        paths=tuple(agents.locate(image, attempt) for image in images),
        previous=state["written"],
        problems=tuple(problems_for_writer(earlier[-1], earlier[:-1])) if earlier else (),
        sample=attempt * rounds + state["round"],
        random_key=f"{agents.settings.seed}/{attempt}/{state['round']}/options",
    )


async def write_question(commission: Commission, model: ChatModel, settings: GenerateSettings) -> Written:
    """Has a model write a question.

    Args:
        commission: What about.
        model: Who writes.
        settings: Of the run.

    Raises:
        ImageError: If an image can no longer be read.
        MifgError: If the model cannot be asked at all.
    """
    its = settings.models[str(commission.plan.model)]
    asked = await ask(model, question_request(commission, its, settings.gates), WrittenQuestion, its)
    if asked.value is None:
        return Written(_failed([shortened(asked.fault, _LONGEST_FAULT)]), None, None, asked.usage, asked.keys)
    try:
        draft = draft_of(
            asked.value,
            commission.images,
            _frames(commission, its),
            pool=commission.plan.pool,
            writer=writer_name(commission.plan),
            rng=random.Random(commission.random_key),
        )
    except UnusableQuestionError as error:
        return Written(_failed([*error.problems]), None, asked.value, asked.usage, asked.keys)
    return Written(GateResult(gate=GATE, passed=True), draft, asked.value, asked.usage, asked.keys)


def question_request(commission: Commission, settings: ModelSettings, gates: GateSettings) -> ChatRequest:
    """What the writer is asked."""
    frames = _frames(commission, settings)
    prompt = prompts().render(
        WrittenQuestion.name,
        coordinates=settings.coordinates,
        frames=frames,
        least_sides=[least_sides(gates.min_evidence_side, frame) for frame in frames],
        largest_share=gates.max_evidence_area,
        material=_material(commission, frames),
    )
    parts = image_parts(commission.images, commission.paths, settings.image_pixels)
    return chat_request(settings, prompt, GATE, parts, temperature=settings.temperature, sample=commission.sample)


def writer_name(plan: Plan) -> str:
    """The name of a plan's model as a writer: with the digest of its prompt."""
    return f"{plan.program}@{prompts().digest(WrittenQuestion.name)}"


def _material(commission: Commission, frames: list[Frame]) -> JsonValue:
    """Everything that strangers or models wrote."""
    inventories = commission.plan.inventories or (None,) * len(frames)
    material: dict[str, JsonValue] = {
        "inventories": [told(inventory, frame) for inventory, frame in zip(inventories, frames, strict=True)],
        "idea": commission.plan.idea,
        "captions": [shortened(image.caption, LONGEST_CAPTION) for image in commission.images],
    }
    if commission.problems:
        previous = commission.previous
        material["previous"] = None if previous is None else previous.model_dump(mode="json")
        material["problems"] = [*commission.problems]
    return material


def _frames(commission: Commission, settings: ModelSettings) -> list[Frame]:
    return [model_frame(image.width, image.height, settings) for image in commission.images]


def _failed(problems: list[str]) -> GateResult:
    return GateResult(gate=GATE, passed=False, reason="; ".join(problems), figures={"problems": [*problems]})
