"""What the stub server says in this benchmark: replies with which every attempt of ours gives an item at once."""

import json
import time

from pydantic import JsonValue

from mifg_pipeline.stub.chat import ParsedChat

_LETTERS = str.maketrans("0123456789", "ghijklmnop")

_BOX = (20, 20, 47, 47)
"""Place of the evidence in images as they are sent. In those of the corpus, which are larger, it is just legible."""


class FixedReplies:
    """A sound question that no other request gets, praise for it, and an answer; the question to all without a schema.

    Questions are open, for on questions with options a run ends with an audit that trains a predictor, and no other arm
    does anything of that kind.

    Attributes:
        first: When the first request came, on the monotonic clock.
        last: When the last one came.
    """

    def __init__(self) -> None:
        self.first = self.last = 0.0

    def reply(self, chat: ParsedChat) -> JsonValue:
        """See ``Replier``."""
        self.last = time.monotonic()
        self.first = self.first or self.last
        match chat.schema_name:
            case "judgement":
                virtues = ("fine_grained", "needs_all_images", "unambiguous", "well_put")
                return {**dict.fromkeys(virtues, True), "problems": []}
            case "solution":
                return {"thought": "Image 1 has three of them, Image 2 has four more.", "answer": "7"}
            case "question":
                return self._question(chat)
            case _:
                return json.dumps(self._question(chat))

    @staticmethod
    def _question(chat: ParsedChat) -> dict[str, JsonValue]:
        name = chat.digest.hex().translate(_LETTERS)
        return {
            "question": f"How many marks of the kind {name} are there in Images 1 and 2 together?",
            "answer_kind": "integer",
            "answer": "7",
            "distractors": [],
            "evidence": [{"image": image, "bbox": [*_BOX], "label": "mark"} for image in (1, 2)],
            "skills": ["counting"],
        }
