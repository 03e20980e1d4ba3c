"""Makes sure that the scorer rewards the key of a row, and nothing but the key."""

from collections.abc import Iterator

from mifg_pipeline.errors import MifgError
from mifg_pipeline.export.columns import answer_column
from mifg_pipeline.items import OPTION_LETTERS, Item
from mifg_pipeline.scoring import score_text


def check_reward(item: Item) -> None:
    """Scores the key and every distractor as replies.

    Raises:
        MifgError: If a text of the key does not score 1, or one of a distractor does not score 0.
    """
    for text, expected in _replies(item):
        score = score_text(item.answer, item.options, text)
        if score != expected:
            raise MifgError(
                f"Item {item.id}: the reply {text!r} scores {score:g} and should score {expected:g}.",
                "Reject the item in the review, or correct its answer there, and export again.",
            )


def _replies(item: Item) -> Iterator[tuple[str, float]]:
    key = answer_column(item)
    yield key, 1.0
    for alias in item.answer.aliases:
        yield alias, 1.0
    for letter, option in zip(OPTION_LETTERS, item.options or (), strict=False):
        expected = float(letter == key)
        yield letter, expected
        yield option, expected
