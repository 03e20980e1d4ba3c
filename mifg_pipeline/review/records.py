"""A line of a review file: an item as an annotator sees it, and empty fields to fill in."""

from pathlib import PurePosixPath
from typing import Final, Self, get_args

from mifg_pipeline.items import SCHEMA_VERSION, Answer, Difficulty, Item, Record, Region, Role, SchemaVersion, Verdict
from mifg_pipeline.store.review_records import (
    Annotator,
    Decision,
    Edits,
    Judgement,
    Reason,
    Reasons,
    ReviewEvent,
    Seconds,
)

REASON_LABELS: Final = {reason: reason.replace("-", " ").capitalize() for reason in get_args(Reason)}
"""The reasons as people read them."""

FILL_IN: Final = ("decision", "reasons", "edits", "comment", "seconds")
"""The fields that an annotator fills in; all others stay as they were packed."""


class Opinion(Record):
    """What somebody decided on an item that others see otherwise, without the name.

    Attributes:
        who: ``A``, ``B``, …; the letters are given anew for each item.
    """

    who: str
    decision: Decision
    reasons: Reasons
    edits: Edits
    comment: str

    @classmethod
    def of(cls, event: ReviewEvent) -> Self:
        """The opinion that an event stores, whose annotator is called by a letter already."""
        decided = {name: getattr(event, name) for name in cls.model_fields if name != "who"}
        return cls(who=event.annotator, **decided)


class ReviewLine(Record):
    """One item for one annotator.

    Attributes:
        id: The item.
        digest: Its digest when it was packed.
        images: Paths relative to the file, in the order in which the question names them.
        answer: The proposed key; ``answer_text`` says it in words.
        verdict: Why the gates let it pass.
        opinions: For an adjudicator, what others decided; empty for everybody else.
        decision: To fill in; None is open.
        reasons: To fill in.
        edits: To fill in; a field that stays None is not changed.
        comment: To fill in.
        seconds: To fill in by whoever measures the time.
    """

    schema_version: SchemaVersion = SCHEMA_VERSION
    id: str
    digest: str
    annotator: Annotator
    images: tuple[str, ...]
    question: str
    options: tuple[str, ...] | None
    answer: Answer
    answer_text: str
    evidence: tuple[Region, ...]
    roles: tuple[Role, ...]
    skills: tuple[str, ...]
    difficulty: Difficulty
    verdict: Verdict
    opinions: tuple[Opinion, ...] = ()
    decision: Decision | None = None
    reasons: Reasons = ()
    edits: Edits = Edits()
    comment: str = ""
    seconds: Seconds | None = None

    @classmethod
    def of(cls, item: Item, annotator: str, images: tuple[str, ...], opinions: tuple[Opinion, ...] = ()) -> Self:
        """The empty line for an item whose images lie at these paths."""
        return cls(
            id=item.id,
            digest=item.digest,
            annotator=annotator,
            images=images,
            question=item.question,
            options=item.options,
            answer=item.answer,
            answer_text=item.answer_text(),
            evidence=item.evidence,
            roles=item.roles,
            skills=item.skills,
            difficulty=item.difficulty,
            verdict=item.verdict,
            opinions=opinions,
        )

    @property
    def is_filled_in(self) -> bool:
        """Whether somebody wrote into any of the fields to fill in."""
        return any(getattr(self, name) != type(self).model_fields[name].default for name in FILL_IN)

    def changed_fields(self, item: Item) -> list[str]:
        """Names of the fields that should say what the item says, and do not.

        Of the images only names and order are compared: the file may have been moved. What others decided is not, as it
        may be otherwise by now.
        """
        packed = self.of(item, self.annotator, self.images, self.opinions)
        changed = [name for name in type(self).model_fields if name not in FILL_IN and _differs(name, self, packed)]
        names = [PurePosixPath(path).name for path in self.images]
        if names != [PurePosixPath(image.path).name for image in item.images]:
            changed.append("images")
        return changed

    def judgement(self) -> Judgement | None:
        """What the annotator decided; None if the line is open.

        Raises:
            pydantic.ValidationError: If what is filled in does not fit the decision.
        """
        if self.decision is None:
            return None
        filled_in = {name: getattr(self, name) for name in FILL_IN}
        return Judgement(item_id=self.id, item_digest=self.digest, **filled_in)


def _differs(name: str, line: ReviewLine, packed: ReviewLine) -> bool:
    return bool(getattr(line, name) != getattr(packed, name))
