"""Writes the page of trajectories: one HTML file that needs neither server nor network."""

from collections.abc import Callable, Sequence
from typing import Final

import orjson
from markupsafe import Markup

from mifg_pipeline.imagent.bucket import Bucket
from mifg_pipeline.imagent.question import Question
from mifg_pipeline.report.page import templates
from mifg_pipeline.report.trajectories.content import PageContent
from mifg_pipeline.report.trajectories.stored_groups import StoredGroup, read_group
from mifg_pipeline.report.trajectories.token_text import TokenText

MEANINGS: Final = {
    Bucket.PADDING: ("not known", "The step failed before the mask was made."),
    Bucket.PROMPT: ("prompt", "System prompt and question: given."),
    Bucket.TEMPLATE: ("template", "The chat template: given."),
    Bucket.OBSERVATION: ("observation", "What a tool showed, or the error text of an invalid action: given."),
    Bucket.TRAINED: ("trained", "Its gradient is part of the step."),
    Bucket.NO_SIGNAL: ("no signal", "It has weight, but the advantage is zero: no gradient."),
    Bucket.IMPORTANCE_REJECTED: ("rejected", "Its importance ratio is unknown or too far off: no gradient."),
    Bucket.INVALID_ACTION: ("invalid action", "Its turn is masked, for its action is invalid."),
    Bucket.NO_ANSWER: ("no answer", "Its trajectory is masked: it ended without an answer."),
    Bucket.OVER_TURN: ("over turn", "Its trajectory is masked: no turn was left."),
    Bucket.OVER_LENGTH: ("over length", "Its trajectory is masked: no token was left."),
    Bucket.OVER_IMAGES: ("over images", "Its trajectory is masked: no image was left."),
    Bucket.TURN_TRUNCATED: ("turn truncated", "Its trajectory is masked: its last turn was cut short."),
    Bucket.IMAGE_TOKEN_MISMATCH: ("image token mismatch", "Its trajectory is masked: the engine read other tokens."),
    Bucket.INFRA_ERROR: ("infra error", "Its trajectory is masked: the engine failed."),
    Bucket.ABANDONED: ("abandoned", "Its trajectory is masked: it still played when enough others had ended."),
}
"""What the page says of each bucket: name and meaning. What never is stored stands for what is not known."""


def trajectory_page(
    title: str,
    groups: Sequence[StoredGroup],
    stored: int,
    question_of: Callable[[str], Question],
    token_text: TokenText,
) -> str:
    """The page.

    Args:
        title: Of the run.
        groups: Those to show.
        stored: How many trajectories they were chosen from.
        question_of: Finds a question by its key.
        token_text: Of the run's model.

    Raises:
        MifgError: If a file is damaged, or a question is not in the dataset.
    """
    content = PageContent(question_of, token_text)
    for group in groups:
        content.add(read_group(group))
    buckets = [MEANINGS[bucket] for bucket in Bucket]
    data = {"title": title, "stored": stored, "buckets": buckets, **content.as_json()}
    return templates().get_template("trajectories.html.j2").render(title=title, data=_for_script(data))


def _for_script(data: object) -> Markup:
    """JSON that no text in it can end the script element of."""
    return Markup(orjson.dumps(data).decode().replace("<", "\\u003c"))
