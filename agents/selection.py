"""Set selection: a model picks, from a handful of images that fit together, some that afford a question."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from mifg_pipeline.agents.inventory import told
from mifg_pipeline.agents.messages import chat_request
from mifg_pipeline.agents.prompts import prompts
from mifg_pipeline.agents.replies import Selection
from mifg_pipeline.agents.state import ImageInventory, Plan
from mifg_pipeline.agents.untrusted import shortened
from mifg_pipeline.config import ModelSettings
from mifg_pipeline.images.frame import Frame
from mifg_pipeline.items import CorpusImage, GateResult
from mifg_pipeline.models.chat import ChatModel, ChatRequest
from mifg_pipeline.models.structured import ask
from mifg_pipeline.store.usage import Usage

GATE: Final = "image_curator"

LONGEST_CAPTION: Final = 600
"""Characters that a model is told of a caption."""

_COUNTS = range(2, 6)
_LONGEST_IDEA = 400


@dataclass(frozen=True)
class Selected:
    """What came of asking for a selection.

    Attributes:
        result: Of the gate ``image_curator``.
        plan: With the selected images alone; None where the gate did not pass.
        usage: What the calls took.
        calls: Their keys.
    """

    result: GateResult
    plan: Plan | None
    usage: Usage
    calls: tuple[str, ...]


async def select_images(
    plan: Plan,
    candidates: Sequence[CorpusImage],
    inventories: Sequence[ImageInventory | None],
    model: ChatModel,
    settings: ModelSettings,
    *,
    sample: int,
) -> Selected:
    """Has a model select images among the candidates of a plan.

    Args:
        plan: Names the candidates.
        candidates: The same images with their captions.
        inventories: What was seen in them.
        model: Who selects.
        settings: Of the model.
        sample: Index of the attempt, so that the same candidates may be selected from differently another time.

    Raises:
        MifgError: If the model cannot be asked at all.
    """
    request = selection_request(candidates, inventories, settings, sample=sample)
    asked = await ask(model, request, Selection, settings)
    fault = shortened(asked.fault, _LONGEST_IDEA) if asked.value is None else fault_of(asked.value, len(candidates))
    if asked.value is None or fault:
        return Selected(GateResult(gate=GATE, passed=False, reason=fault), None, asked.usage, asked.keys)
    chosen = [number - 1 for number in asked.value.images]
    narrowed = plan.model_copy(
        update={
            "images": tuple(plan.images[index] for index in chosen),
            "inventories": tuple(inventories[index] for index in chosen),
            "idea": shortened(asked.value.idea, _LONGEST_IDEA),
        }
    )
    return Selected(GateResult(gate=GATE, passed=True), narrowed, asked.usage, asked.keys)


def selection_request(
    candidates: Sequence[CorpusImage],
    inventories: Sequence[ImageInventory | None],
    settings: ModelSettings,
    *,
    sample: int,
) -> ChatRequest:
    """What is asked about the candidates; they are described, not shown."""
    described: list[JsonValue] = [
        {
            "number": number,
            "inventory": told(inventory, Frame.in_thousandths(image.width, image.height)),
            "caption": shortened(image.caption, LONGEST_CAPTION),
        }
        for number, (image, inventory) in enumerate(zip(candidates, inventories, strict=True), start=1)
    ]
    prompt = prompts().render(Selection.name, material={"candidates": described})
    return chat_request(settings, prompt, GATE, temperature=settings.temperature, sample=sample)


def fault_of(selection: Selection, candidates: int) -> str:
    """Why a selection among so many candidates cannot be used; empty where it can."""
    numbers = selection.images
    if not numbers:
        return f"the model sees no question across these images: {shortened(selection.idea, _LONGEST_IDEA)}"
    if len(set(numbers)) != len(numbers):
        return "the selection names an image twice"
    if not all(1 <= number <= candidates for number in numbers):
        return f"the selection names an image that is none of the {candidates} candidates"
    if len(numbers) not in _COUNTS:
        return f"the selection has {len(numbers)} images instead of {_COUNTS[0]} to {_COUNTS[-1]}"
    return ""
