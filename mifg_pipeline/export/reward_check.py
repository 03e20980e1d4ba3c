"""Makes sure that the scorer rewards the key of a row, and nothing but the key."""

from mifg_pipeline.errors import MifgError
from mifg_pipeline.export.columns import answer_column
from mifg_pipeline.items import Item
from mifg_pipeline.scoring import expected_scores, score_text


def check_reward(item: Item) -> None:
    """Scores the key and every distractor as replies.

    Raises:
        MifgError: If a text of the key does not score 1, or one of a distractor does not score 0.
    """
    for text, expected in ((answer_column(item), 1.0), *expected_scores(item)):
        score = score_text(item.answer, item.options, text)
        if score != expected:
            raise MifgError(
                f"The reply {text!r} scores {score:g} and should score {expected:g}.",
                "Reject the item in the review, or correct its answer there, and export again.",
            )
