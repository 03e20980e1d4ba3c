"""The records: what every part of the pipeline reads and writes.

All records are frozen, forbid unknown fields and carry no times and no costs, so that equal runs give equal
bytes. Boxes are ``(x0, y0, x1, y1)`` in whole pixels of the upright original (EXIF orientation applied), with x1
and y1 exclusive. Image indices are 0-based here; texts for people and models say "Image 1, Image 2, …".
"""

import hashlib
import json
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, model_validator

SCHEMA_VERSION: Final = 1

UNKNOWN_LICENSE = "unknown"

Pool = Literal["train", "validation", "test"]
POOLS: tuple[Pool, ...] = ("train", "validation", "test")
Role = Literal["evidence", "query", "distractor"]
Difficulty = Literal["glance", "zoom"]
AnswerKind = Literal["choice", "integer", "number", "boolean", "text", "list"]
AnswerValue = bool | int | float | str | tuple[str, ...]

OPTION_LETTERS = "ABCDEFGHIJ"

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
PerceptualHash = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
SchemaVersion = Literal[1]


def _ordered_corners(box: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    x0, y0, x1, y1 = box
    if x0 < 0 or y0 < 0 or x1 <= x0 or y1 <= y0:
        raise ValueError(f"box {list(box)} is not [x0, y0, x1, y1] with 0 <= x0 < x1 and 0 <= y0 < y1")
    return box


Box = Annotated[tuple[int, int, int, int], AfterValidator(_ordered_corners)]


class Record(BaseModel):
    """Base of all records: frozen, and closed to unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no white space: equal values give equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def content_digest(value: Any) -> str:
    """First 128 bits of the SHA-256 of the canonical JSON, as 32 hexadecimal digits."""
    return hashlib.sha256(canonical_json(value).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def is_known_license(name: str) -> bool:
    """Whether a field for a licence says one."""
    return name.strip().casefold() not in ("", UNKNOWN_LICENSE)


class ImageRef(Record):
    """One image, by content, with its provenance.

    Attributes:
        sha256: Digest of the file's bytes.
        path: Relative to the run folder if the image is derived, else to the corpus; always with "/".
        width: Pixels of the upright image.
        height: Pixels of the upright image.
        phash: 64-bit perceptual hash of the upright image, 16 hexadecimal digits.
        license: SPDX identifier or plain words; ``unknown`` where nobody said.
        attribution: Who made it.
        source: Where it came from.
        derived_from: Digests of the images it was made from; licence and attribution are inherited from them.
    """

    sha256: Sha256
    path: str = Field(min_length=1)
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    phash: PerceptualHash
    license: str = UNKNOWN_LICENSE
    attribution: str = ""
    source: str = ""
    derived_from: tuple[Sha256, ...] = ()

    @property
    def is_derived(self) -> bool:
        """Whether a program made it; derived images lie in the run folder, all others in the corpus."""
        return bool(self.derived_from)

    @property
    def is_licensed(self) -> bool:
        """Whether somebody said what its licence is."""
        return is_known_license(self.license)


class ObjectAnnotation(Record):
    """One annotated object of a corpus image.

    Attributes:
        bbox: The object's box.
        category: What it is, as a noun in the singular.
        text: What is written on it, if anything.
        attributes: A flat mapping such as ``{"colour": "red"}``.
    """

    bbox: Box
    category: str = Field(min_length=1)
    text: str | None = None
    attributes: dict[str, str | int | float] = Field(default_factory=dict)


class CorpusImage(ImageRef):
    """An image of the corpus with its annotations, near-duplicate cluster and pool.

    Attributes:
        pool: The split that the image and everything made from it belong to.
        cluster: Smallest sha256 among its near-duplicates (its own where it has none).
        sharpness: Variance of the Laplacian of the grey image, scaled down to a longest side of 1024; low means
            blurred.
    """

    pool: Pool
    cluster: Sha256
    sharpness: float = Field(ge=0)
    caption: str = ""
    categories: tuple[str, ...] = ()
    objects: tuple[ObjectAnnotation, ...] = ()

    def ref(self) -> ImageRef:
        """The image without what only the corpus knows."""
        return ImageRef(**{name: getattr(self, name) for name in ImageRef.model_fields})


class Region(Record):
    """A place in one of an item's images that the answer rests on."""

    image: int = Field(ge=0)
    bbox: Box
    label: str = ""


class Tolerance(Record):
    """How far a number may be off: right when within either bound."""

    absolute: float = Field(default=0.0, ge=0)
    relative: float = Field(default=0.0, ge=0)


class Answer(Record):
    """The key of a question.

    Attributes:
        kind: How replies are compared (see ``mifg_pipeline.scoring``).
        value: A letter for ``choice``, int for ``integer``, float for ``number``, bool for ``boolean``, str for
            ``text`` and a tuple of str for ``list``.
        aliases: Other texts that are right as well (``text`` only).
        tolerance: For ``number`` only.
        unit: For ``integer`` and ``number``: a unit that a reply may or may not repeat.
        ordered: For ``list``: whether the order counts.
    """

    kind: AnswerKind
    value: AnswerValue
    aliases: tuple[str, ...] = ()
    tolerance: Tolerance | None = None
    unit: str | None = None
    ordered: bool = True

    @model_validator(mode="after")
    def _value_fits_kind(self) -> Self:
        value = self.value
        fits = {
            "choice": isinstance(value, str) and len(value) == 1 and value in OPTION_LETTERS,
            "integer": isinstance(value, int) and not isinstance(value, bool),
            "number": isinstance(value, int | float) and not isinstance(value, bool),
            "boolean": isinstance(value, bool),
            "text": isinstance(value, str) and bool(value.strip()),
            "list": isinstance(value, tuple) and bool(value),
        }[self.kind]
        if not fits:
            raise ValueError(f"{value!r} is not a value of an answer of kind {self.kind!r}")
        if self.tolerance is not None and self.kind != "number":
            raise ValueError(f"an answer of kind {self.kind!r} takes no tolerance")
        if self.aliases and self.kind != "text":
            raise ValueError(f"an answer of kind {self.kind!r} takes no aliases")
        return self


class Sample(Record):
    """A question over images with its key: what an agent, a trainer or an evaluation needs."""

    images: tuple[ImageRef, ...] = Field(min_length=1)
    question: str = Field(min_length=1)
    options: tuple[str, ...] | None = None
    answer: Answer

    @model_validator(mode="after")
    def _options_fit_answer(self) -> Self:
        if (self.options is not None) != (self.answer.kind == "choice"):
            raise ValueError("options are given for an answer of kind 'choice', and only then")
        if self.options is not None:
            if not 2 <= len(self.options) <= len(OPTION_LETTERS):
                raise ValueError(f"{len(self.options)} options; a choice has 2 to {len(OPTION_LETTERS)}")
            if OPTION_LETTERS.index(str(self.answer.value)) >= len(self.options):
                raise ValueError(f"key {self.answer.value!r} is beyond the {len(self.options)} options")
        return self

    def answer_text(self) -> str:
        """The key as a person would say it: the option's text for a choice, else the value."""
        value = self.answer.value
        if self.options is not None:
            return self.options[OPTION_LETTERS.index(str(value))]
        if isinstance(value, tuple):
            return ", ".join(value)
        return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


class GateResult(Record):
    """What one gate said of one draft, with the figures it went by."""

    gate: str
    passed: bool
    reason: str = ""
    figures: dict[str, JsonValue] = Field(default_factory=dict)


class Probe(Record):
    """Controlled attempts to answer a draft's question.

    Attributes:
        kind: ``blind``, ``necessity``, ``glance``, ``focus``, ``consistency`` or ``difficulty``.
        solver: Names of the models that answered, by turns.
        image: The image that was withheld (0-based), for ``necessity``.
        pixels: Most pixels of one image as shown; 0 where none was.
        attempts: Replies that were counted.
        correct: How many of them were right.
        answers: What they said, in order; empty where a reply could not be read.
    """

    kind: str
    solver: tuple[str, ...]
    image: int | None = Field(default=None, ge=0)
    pixels: int = Field(ge=0)
    attempts: int = Field(ge=0)
    correct: int = Field(ge=0)
    answers: tuple[str, ...]


class Claim(Record):
    """What a program asserts, for a witness that recomputes the answer from pixels.

    Attributes:
        family: Program family, which names the witness.
        form: Question form within the family.
        terms: What the question speaks of, by name (image indices, categories, colours).
    """

    family: str
    form: str
    terms: dict[str, JsonValue] = Field(default_factory=dict)


class QuestionRecord(Sample):
    """The reviewable fields that drafts and items share."""

    images: tuple[ImageRef, ...] = Field(min_length=2, max_length=8)
    roles: tuple[Role, ...]
    evidence: tuple[Region, ...] = Field(min_length=1)
    skills: tuple[str, ...]
    pool: Pool

    @model_validator(mode="after")
    def _images_are_consistent(self) -> Self:
        if len(self.roles) != len(self.images):
            raise ValueError(f"{len(self.roles)} roles for {len(self.images)} images; each image has one")
        for region in self.evidence:
            if region.image >= len(self.images):
                raise ValueError(f"evidence in image index {region.image}; there are {len(self.images)} images")
        return self

    def compute_id(self) -> str:
        """Digest of what makes the question: ordered images, question, options and the whole answer."""
        return content_digest(self._question_fields())

    def compute_digest(self) -> str:
        """Digest of all fields that a reviewer sees and may change, evidence included."""
        evidence = [region.model_dump(mode="json") for region in self.evidence]
        return content_digest({**self._question_fields(), "evidence": evidence})

    def _question_fields(self) -> dict[str, Any]:
        return {
            "images": [image.sha256 for image in self.images],
            "question": self.question,
            "options": self.options,
            "answer": self.answer.model_dump(mode="json"),
        }


class Draft(QuestionRecord):
    """A question on its way through the gates.

    Attributes:
        writer: Program name (``family/form``), or model and prompt hash.
        claim: What a witness can check; None where the writer makes no such promise.
    """

    writer: str
    claim: Claim | None = None


class Provenance(Record):
    """Where an item comes from.

    Attributes:
        run_id: Digest of the corpus fingerprint and the settings (without concurrency and paths).
        attempt: Index of the attempt within the run that gave the item.
        seed: Seed of the run.
        writer: Program name, or model and prompt hash.
        model_calls: Replay-cache keys of the model calls that went into it.
    """

    run_id: str
    attempt: int = Field(ge=0)
    seed: int
    writer: str
    model_calls: tuple[str, ...] = ()

    @property
    def family(self) -> str:
        """Family of the program that wrote it, or the model."""
        return self.writer.partition("/")[0]


class Verdict(Record):
    """Why the gates let an item pass.

    Attributes:
        gates: The results of the last round, all passed.
        people_first: Whether it has no witness or is in doubt, and so comes first in the review.
    """

    gates: tuple[GateResult, ...]
    people_first: bool


class Item(QuestionRecord):
    """One question over 2 to 8 images, with its key, evidence and provenance.

    Attributes:
        id: See ``compute_id``; names the item everywhere.
        digest: See ``compute_digest``; a review decision holds for one digest.
        parent_id: The item that a reviewer's edit made this one from.
        probes: What solver models made of it; empty where none were asked.
    """

    schema_version: SchemaVersion = SCHEMA_VERSION
    id: str
    digest: str
    parent_id: str | None = None
    difficulty: Difficulty
    probes: tuple[Probe, ...] = ()
    verdict: Verdict
    provenance: Provenance

    @model_validator(mode="after")
    def _digests_hold(self) -> Self:
        if self.id != self.compute_id():
            raise ValueError(f"id {self.id} is not the digest of the question; the line was edited by hand or damaged")
        if self.digest != self.compute_digest():
            raise ValueError(f"digest {self.digest} does not fit item {self.id}; the line was edited or damaged")
        return self


class Rejection(Record):
    """An attempt that gave no item, with the reason.

    Attributes:
        attempt: Index of the attempt within the run.
        program: The program that the curator had planned, if it got that far.
        gate: The gate (or agent) that ended it.
        draft: The last draft, if there was one. Its derived images are not kept.
        earlier: Results that sent earlier rounds back for revision.
    """

    schema_version: SchemaVersion = SCHEMA_VERSION
    attempt: int = Field(ge=0)
    program: str = ""
    gate: str
    reason: str
    figures: dict[str, JsonValue] = Field(default_factory=dict)
    draft: Draft | None = None
    earlier: tuple[GateResult, ...] = ()
