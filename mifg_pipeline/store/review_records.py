"""What a person decided on an item, and the event that keeps it."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AwareDatetime, Field, ValidationError, model_validator

from mifg_pipeline.items import (
    SCHEMA_VERSION,
    Answer,
    Record,
    Region,
    SchemaVersion,
    content_digest,
)

Decision = Literal["accept", "reject", "edit", "skip", "flag", "undo"]
Reason = Literal[
    "wrong-answer",
    "ambiguous",
    "not-visible",
    "wrong-evidence",
    "image-not-needed",
    "too-easy",
    "unclear-wording",
    "bad-image",
    "other",
]

_LONGEST_TEXT = 200
_UNKNOWN_FIELD = "extra_forbidden"

ANNOTATOR_PATTERN = r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$"
Annotator = Annotated[str, Field(pattern=ANNOTATOR_PATTERN)]


def _sorted_once(reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
    return tuple(sorted(set(reasons)))


Reasons = Annotated[tuple[Reason, ...], AfterValidator(_sorted_once)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Edits(Record):
    """What a reviewer writes instead; a field that is None stays as it is.

    An answer that is not a choice drops the options.
    """

    question: str | None = None
    options: tuple[str, ...] | None = None
    answer: Answer | None = None
    evidence: tuple[Region, ...] | None = None


class Judgement(Record):
    """What somebody decided on an item as it stood.

    Attributes:
        item_id: The item.
        item_digest: Its digest when it was judged; the judgement holds for no other.
        decision: ``skip`` leaves the item open, ``undo`` takes back what the annotator decided before.
        reasons: Why, in words that can be counted; sorted, each once.
        edits: For the decision ``edit``, and only then.
        comment: Why, in free words.
        seconds: Time spent, where somebody measured it; not part of what was decided.
    """

    item_id: str
    item_digest: str
    decision: Decision
    reasons: Reasons = ()
    edits: Edits = Edits()
    comment: str = ""
    seconds: Seconds | None = None

    @model_validator(mode="after")
    def _decision_is_complete(self) -> Self:
        has_edits = self.edits != Edits()
        if self.decision == "edit" and not has_edits:
            raise ValueError("decision 'edit' needs something in edits")
        if self.decision != "edit" and has_edits:
            raise ValueError(f"edits count with decision 'edit' only, and the decision is {self.decision!r}")
        if self.decision in ("reject", "flag") and not self.reasons and not self.comment.strip():
            raise ValueError(f"decision {self.decision!r} needs one of the reasons, or a comment")
        return self

    def decides_like(self, other: "Judgement") -> bool:
        """Whether both say the same of the same item; the time spent does not matter."""
        return self._decided() == other._decided()

    def _decided(self) -> tuple[object, ...]:
        return (self.item_id, self.item_digest, self.decision, self.reasons, self.edits, self.comment)


class ReviewEvent(Judgement):
    """One line of an annotator's event log.

    Attributes:
        id: See ``compute_id``.
        previous: Id of the annotator's event before this one on the same item. It tells a decision that was taken
            again after another from one that was merely submitted again.
        annotator: Who decided.
        time: When it was stored, UTC.
    """

    schema_version: SchemaVersion = SCHEMA_VERSION
    id: str
    previous: str | None
    annotator: Annotator
    time: AwareDatetime

    @model_validator(mode="after")
    def _id_holds(self) -> Self:
        if self.id != self.compute_id():
            raise ValueError(f"id {self.id} is not the digest of the event; the line was edited by hand or damaged")
        return self

    def compute_id(self) -> str:
        """Digest of who decided what, and after which event; neither the time nor the time spent is part of it."""
        return content_digest(self.model_dump(mode="json", exclude={"schema_version", "id", "time", "seconds"}))


def validation_problems(error: ValidationError, most: int = 3) -> str:
    """What does not fit, field by field, in one line of bounded length; unknown fields first, as they tell the most."""
    errors = sorted(error.errors(), key=lambda found: found["type"] != _UNKNOWN_FIELD)
    problems = [_problem(list(map(str, found["loc"])), found["type"], found["msg"]) for found in errors]
    unnamed = len(problems) - most
    return "; ".join(problems[:most]) + (f"; and {unnamed} more" if unnamed > 0 else "")


def _problem(location: list[str], kind: str, message: str) -> str:
    field = ".".join(location)
    if kind == _UNKNOWN_FIELD:
        return f"unknown field {_shown(field)!r}"
    text = _shown(message.removeprefix("Value error, "))
    return f"{_shown(field)}: {text}" if field else text


def _shown(text: str) -> str:
    """Text from a file as it may go to a terminal: short, and without control characters."""
    return "".join(character if character.isprintable() else "?" for character in text[:_LONGEST_TEXT])
