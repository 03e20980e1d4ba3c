"""Judge: a model reads a draft with its images and its proposed answer, before solvers are put to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mifg_pipeline.agents.messages import chat_request, image_parts
from mifg_pipeline.agents.prompts import prompts
from mifg_pipeline.agents.replies import Judgement
from mifg_pipeline.agents.untrusted import shortened
from mifg_pipeline.config import ModelSettings
from mifg_pipeline.items import OPTION_LETTERS, Draft, GateResult
from mifg_pipeline.models.chat import ChatModel, ChatRequest
from mifg_pipeline.models.structured import ask
from mifg_pipeline.store.usage import Usage

GATE = "judge"

_FAULTS = {
    "fine_grained": "the answer does not hang on a small detail",
    "needs_all_images": "an image that is asked about can be spared",
    "unambiguous": "more than one answer can be right",
    "well_put": "the question is badly put, or hints at its answer",
}
"""What is said of a draft where the judge denies it a virtue."""

_MOST = 8
"""Problems that are kept of a judgement."""

_LONGEST = 400
"""Characters that are kept of a problem."""


@dataclass(frozen=True)
class Judged:
    """What came of asking the judge.

    Attributes:
        result: Of the gate ``judge``.
        people_first: Whether the judge gave no judgement, so that the draft goes on unjudged.
        usage: What the calls took.
        calls: Their keys.
    """

    result: GateResult
    people_first: bool
    usage: Usage
    calls: tuple[str, ...]


async def judge(draft: Draft, paths: Sequence[Path], model: ChatModel, settings: ModelSettings) -> Judged:
    """Has a model judge a draft.

    Args:
        draft: What is judged.
        paths: Where its images lie.
        model: Who judges.
        settings: Of the model.

    Raises:
        ImageError: If an image can no longer be read.
        MifgError: If the model cannot be asked at all.
    """
    asked = await ask(model, judgement_request(draft, paths, settings), Judgement, settings)
    if asked.value is None:
        result = GateResult(gate=GATE, passed=True, reason=f"no judgement: {shortened(asked.fault, _LONGEST)}")
        return Judged(result, people_first=True, usage=asked.usage, calls=asked.keys)
    return Judged(weigh(asked.value), people_first=False, usage=asked.usage, calls=asked.keys)


def judgement_request(draft: Draft, paths: Sequence[Path], settings: ModelSettings) -> ChatRequest:
    """What the judge is asked."""
    prompt = prompts().render(
        Judgement.name,
        question="\n".join(line for line in draft.question.splitlines() if line.strip()),
        options=list(zip(OPTION_LETTERS, draft.options or (), strict=False)),
        answer=draft.answer_text(),
    )
    return chat_request(settings, prompt, GATE, image_parts(draft.images, paths, settings.image_pixels))


def weigh(judgement: Judgement) -> GateResult:
    """Passes where the judge denies the draft no virtue; what the judge says goes to the writer otherwise."""
    faults = [fault for virtue, fault in _FAULTS.items() if not getattr(judgement, virtue)]
    said = [shortened(problem, _LONGEST) for problem in judgement.problems[:_MOST] if problem.strip()]
    if not faults:
        return GateResult(gate=GATE, passed=True, figures={"problems": [*said]} if said else {})
    return GateResult(gate=GATE, passed=False, reason="; ".join(faults), figures={"problems": [*faults, *said]})
