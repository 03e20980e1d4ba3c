"""What a check of a dataset can find."""

from typing import Literal, NamedTuple

Kind = Literal["file", "row", "image", "pool", "split", "licence", "reward", "card"]

PROMISES: dict[Kind, str] = {
    "file": "the shards are whole, and all there",
    "row": "rows give the digests they name, each item once",
    "image": "files are those the questions were made about",
    "pool": "rows stand in the split that they name",
    "split": "splits share no image, parent or near-duplicate",
    "licence": "each image is under one licence",
    "reward": "the scorer gives keys 1 and distractors 0",
    "card": "the card counts what the files hold",
}
"""What a dataset promises, by the kind of problem that breaks it."""


class Problem(NamedTuple):
    """A promise that a dataset breaks.

    Attributes:
        kind: Which promise.
        place: File, row or item.
        reason: How it is broken.
    """

    kind: Kind
    place: str
    reason: str
