"""What goes over the wire: the records of requests and answers."""

from typing import Any, Literal

from pydantic import AwareDatetime, ConfigDict, Field

from mifg_pipeline.items import Difficulty, GateResult, ImageRef, Record, Region, Role, Sha256
from mifg_pipeline.review.progress import Progress
from mifg_pipeline.review.queue import Task
from mifg_pipeline.store.review_records import Decision, Edits, Judgement, Reasons, ReviewEvent, Seconds


class View(Record):
    """Base of what is sent; JSON has no infinities, so they are sent as null."""

    model_config = ConfigDict(ser_json_inf_nan="null")


class Fault(View):
    """What is wrong, and what to do."""

    problem: str
    remedy: str


class Failure(View):
    """The answer to a request that failed."""

    error: Fault


class LostLease(Failure):
    """The answer where somebody else has the item."""

    leased: Literal[True]


class ReasonView(View):
    """A reason, and how to say it to people."""

    value: str
    label: str


class SessionView(View):
    """Who reviews what."""

    annotator: str
    run: str
    csrf: str
    reasons: tuple[ReasonView, ...]
    lease_seconds: float
    can_adjudicate: bool


class ImageView(View):
    """An image of an item; the pixels are at ``/images/SHA256``."""

    sha256: Sha256
    width: int
    height: int
    license: str
    attribution: str

    @classmethod
    def of(cls, image: ImageRef) -> "ImageView":
        """What is shown of an image."""
        return cls(**{name: getattr(image, name) for name in cls.model_fields})


class DecisionView(View):
    """What an annotator decided."""

    decision: Decision
    reasons: Reasons
    edits: Edits
    comment: str

    @classmethod
    def of(cls, event: ReviewEvent) -> "DecisionView":
        """What is shown of an event to its annotator."""
        return cls(**{name: getattr(event, name) for name in cls.model_fields})


class DisputeView(DecisionView):
    """What somebody decided, for an adjudicator who is not to know who."""

    who: str

    @classmethod
    def of(cls, event: ReviewEvent) -> "DisputeView":
        """What is shown of an event whose annotator is a letter."""
        return cls(who=event.annotator, **{name: getattr(event, name) for name in DecisionView.model_fields})


class TaskView(View):
    """An item as its annotator may see it."""

    id: str
    digest: str
    previous: str | None
    question: str
    options: tuple[str, ...] | None
    answer: Any
    answer_text: str
    roles: tuple[Role, ...]
    skills: tuple[str, ...]
    difficulty: Difficulty
    evidence: tuple[Region, ...]
    images: tuple[ImageView, ...]
    gates: tuple[GateResult, ...]
    people_first: bool
    mine: DecisionView | None
    draft: Any
    adjudication: tuple[DisputeView, ...]
    expires_in: float

    @classmethod
    def of(cls, task: Task, draft: Any, expires_in: float) -> "TaskView":
        """The item with the annotator's draft and the seconds that the lease lasts."""
        item = task.item
        same = ("id", "digest", "question", "options", "roles", "skills", "difficulty", "evidence")
        return cls(
            **{name: getattr(item, name) for name in same},
            previous=task.previous,
            answer=item.answer.model_dump(mode="json"),
            answer_text=item.answer_text(),
            images=tuple(map(ImageView.of, item.images)),
            gates=item.verdict.gates,
            people_first=item.verdict.people_first,
            mine=None if task.mine is None else DecisionView.of(task.mine),
            draft=draft,
            adjudication=tuple(map(DisputeView.of, task.adjudication)),
            expires_in=expires_in,
        )


class UpcomingView(View):
    """The next item and its images, so that they can be fetched ahead."""

    id: str
    images: tuple[ImageView, ...]


class LeaseView(View):
    """How long a lease lasts, in seconds."""

    expires_in: float


class SentDecision(Record):
    """A decision as the page sends it.

    Attributes:
        digest: Of the item as it was shown.
        previous: Id of the annotator's latest event on the item, as it was shown.
    """

    digest: str = Field(max_length=64)
    previous: str | None = Field(max_length=64)
    decision: Decision
    reasons: Reasons = ()
    edits: Edits = Edits()
    comment: str = ""
    seconds: Seconds | None = None

    def judgement(self, item_id: str) -> Judgement:
        """What is decided on an item.

        Raises:
            pydantic.ValidationError: If what is filled in does not fit the decision.
        """
        filled_in = {name: getattr(self, name) for name in ("decision", "reasons", "edits", "comment", "seconds")}
        return Judgement(item_id=item_id, item_digest=self.digest, **filled_in)


class DecidedView(View):
    """A decision that is on disk."""

    event: ReviewEvent
    progress: Progress


class StaleView(Failure):
    """The answer to a decision on something that has changed: what is there now, and what was sent."""

    current: TaskView
    mine: SentDecision


class SentEdits(Record):
    """Edits to check."""

    edits: Edits


class CheckedView(View):
    """What edits make of an item."""

    answer_text: str
    digest: str
    changed: bool


class UndoneView(View):
    """The item whose decision was taken back."""

    item_id: str


class HistoryView(View):
    """A decision of the annotator; the question is empty where the item is gone."""

    item_id: str
    decision: Decision
    reasons: Reasons
    time: AwareDatetime
    question: str
