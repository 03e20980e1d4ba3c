"""The reward of a conversation in verl: whether its last turn is the right answer."""

from collections.abc import Mapping
from typing import Any

from mifg_pipeline.imagent.action import Answer as AnswerAction
from mifg_pipeline.imagent.protocol import parse_turn
from mifg_pipeline.items import Answer
from mifg_pipeline.scoring import score_text


def compute_score(
    data_source: str,  # noqa: ARG001 - verl hands it to every function
    solution_str: str,
    ground_truth: str,  # noqa: ARG001 - the key of extra_info says more: aliases, tolerance, unit
    extra_info: Mapping[str, Any],
    **_: Any,
) -> dict[str, float]:
    """Scores the text behind the last answer of a tool; the function that verl's reward manager is pointed to.

    Args:
        data_source: That column of the row.
        solution_str: All turns of the model, and what the tools said between them.
        ground_truth: The key as text.
        extra_info: That column of the row.
        _: What else verl's reward manager may hand on.

    Returns:
        ``score``, the reward, and ``acc``, which verl's validation averages: both 1.0 if the last turn is an answer
        and right, else 0.0.
    """
    last_turn = solution_str.rpartition("</tool_response>")[2]
    action = parse_turn(last_turn, int(extra_info["images"]))
    accuracy = 0.0
    if isinstance(action, AnswerAction):
        answer = Answer.model_validate_json(extra_info["key"])
        accuracy = score_text(answer, extra_info["options"], action.text)
    return {"score": accuracy, "acc": accuracy}
