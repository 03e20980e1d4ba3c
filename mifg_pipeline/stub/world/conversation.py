"""Reads a request of the agents: which images it shows, what it asks, and the data that it hands over."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from typing import NamedTuple

from pydantic import JsonValue

from mifg_pipeline.items import OPTION_LETTERS
from mifg_pipeline.stub.chat import ChatMessage, ParsedChat, SentImage

CANNOT_BE_DETERMINED = "cannot be determined"

_LABEL = re.compile(r"(?P<detail>Detail of )?Image (?P<number>\d+):(?P<withheld> \(not shown\))?\s*$", re.IGNORECASE)
_BLOCK = re.compile(r"^```json\s*\n(.*?)(?:^```|\Z)", re.DOTALL | re.MULTILINE)
_QUESTION = re.compile(
    r"^Question:[ \t]*(.+?)[ \t]*$(?:\n\s*\n|\n(?=[A-J]\. )|\n(?=Proposed answer:)|\s*\Z)", re.M | re.S
)
_OPTION = re.compile(r"^([A-J])\. (.*?)[ \t]*$", re.MULTILINE)
_PROPOSED = re.compile(r"^Proposed answer:[ \t]*(.*?)[ \t]*$", re.MULTILINE)

_SCHEMA = re.compile(r'JSON Schema "([\w-]+)"')


class Posed(NamedTuple):
    """A question as it is put to a solver or a judge.

    Attributes:
        question: Its text in one line.
        options: Text of each option by its letter; empty for an open question.
        proposed: The answer that the judge is to look at, None for a solver.
    """

    question: str
    options: dict[str, str]
    proposed: str | None


@dataclass(frozen=True)
class Conversation:
    """What a request shows and says, up to the first reply in it: what follows there is only a call to mend the form.

    Attributes:
        shown: Whole images by their number.
        withheld: Numbers of the images that are named but not shown.
        has_details: Whether there are details of images.
        text: All texts but labels of images.
    """

    shown: dict[int, SentImage]
    withheld: frozenset[int]
    has_details: bool
    text: str

    @classmethod
    def of(cls, chat: ParsedChat) -> "Conversation":
        """Reads a request."""
        shown: dict[int, SentImage] = {}
        withheld: set[int] = set()
        has_details = False
        texts: list[str] = []
        label: re.Match[str] | None = None
        for part in _parts(chat):
            if isinstance(part, SentImage):
                if label is not None and label["detail"]:
                    has_details = True
                else:
                    shown[int(label["number"]) if label else len(shown) + 1] = part
                label = None
                continue
            label = _LABEL.fullmatch(part.strip())
            if label is None:
                texts.append(part)
            elif label["withheld"]:
                withheld.add(int(label["number"]))
        return cls(shown, frozenset(withheld), has_details, "\n\n".join(texts))

    @cached_property
    def data(self) -> dict[str, JsonValue]:
        """The fields of all JSON blocks; of equal names the last."""
        fields: dict[str, JsonValue] = {}
        for block in _BLOCK.findall(self.text):
            try:
                content = json.loads(block)
            except ValueError:
                continue
            if isinstance(content, dict):
                fields |= content
        return fields

    @cached_property
    def instructions(self) -> str:
        """The text without its JSON blocks."""
        return _BLOCK.sub("", self.text)

    @cached_property
    def posed(self) -> Posed | None:
        """The last question in the text, None where there is none."""
        questions = list(_QUESTION.finditer(self.instructions))
        if not questions:
            return None
        rest = self.instructions[questions[-1].end() :]
        proposed = _PROPOSED.search(rest)
        lines = _OPTION.findall(rest[: proposed.start()] if proposed else rest)
        options = {
            letter: text for (letter, text), expected in zip(lines, OPTION_LETTERS, strict=False) if letter == expected
        }
        question = " ".join(questions[-1][1].split())
        return Posed(question, options, proposed[1] if proposed else None)


def kind_of_reply(chat: ParsedChat, conversation: Conversation) -> str:
    """The name of the schema that is asked for, by the request or by its text; empty where there is none."""
    named = _SCHEMA.findall(conversation.instructions)
    return chat.schema_name or (named[-1] if named else "")


def _parts(chat: ParsedChat) -> Iterator[str | SentImage]:
    first_turn: Iterator[ChatMessage] = takewhile(lambda message: message.role != "assistant", chat.messages)
    return (part for message in first_turn for part in message.parts)
