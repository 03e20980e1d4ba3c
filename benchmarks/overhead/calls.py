"""The calls of a row for arms other than ours: the prompts and schemas that ours sends, in the same order."""

from arms.workload import Call

from mifg_pipeline.agents.prompts import prompts
from mifg_pipeline.agents.replies import Judgement, Reply, Solution, WrittenQuestion
from mifg_pipeline.images.frame import Frame
from mifg_pipeline.models.reply_schema import reply_schema

_QUESTION = "How many marks of the kind abcdefghijklmnopabcdefghijklmnop are there in Images 1 and 2 together?"


def calls_of_a_row() -> tuple[Call, ...]:
    """Question, judgement and two solutions."""
    frames = [Frame(1280, 976, 1147, 874)] * 2
    material = {"inventories": [None, None], "idea": "", "captions": ["", ""]}
    question = _call(
        WrittenQuestion,
        coordinates="pixels",
        frames=frames,
        least_sides=[(26, 26)] * 2,
        largest_share=0.1,
        material=material,
    )
    judgement = _call(Judgement, question=_QUESTION, options=[], answer="7")
    solution = _call(Solution, question=_QUESTION, options=[], kind="integer", withheld="none")
    return (question, judgement, solution, solution)


def _call(reply_type: type[Reply], **variables: object) -> Call:
    prompt = prompts().render(reply_type.name, **variables)
    schema = reply_schema(reply_type)
    return Call(prompt.system, prompt.task, {"name": schema.name, "schema": dict(schema.schema), "strict": True})
