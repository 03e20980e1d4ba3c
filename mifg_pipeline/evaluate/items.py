"""What an evaluation asks, and how a reply was judged."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mifg_pipeline.imagent.question import Question, QuestionImage
from mifg_pipeline.items import Answer, Region, content_digest


@dataclass(frozen=True)
class BenchmarkItem:
    """One question of a benchmark; its images are read when the question is asked for.

    Attributes:
        key: Unique in the benchmark.
        group: Items that are right only together have the same one: the rotations of a question's options, an
            unanswerable question and its answerable twin. The key where an item stands alone.
        subset: The benchmark's own division, such as a task.
        text: The question.
        options: Of a multiple-choice question, in the order of their letters; None for an open one.
        answer: The key to it.
        facets: What figures are broken down by besides the subset, each a name with a value; ``images``, how many it
            has, is among them.
        read_images: Reads the images, in the order in which the question counts them.
        evidence: Where in the images the answer shows, if the benchmark says so.
    """

    key: str
    group: str
    subset: str
    text: str
    options: tuple[str, ...] | None
    answer: Answer
    facets: Mapping[str, str]
    read_images: Callable[[], tuple[QuestionImage, ...]] = field(compare=False, repr=False)
    evidence: tuple[Region, ...] = ()

    @property
    def digest(self) -> str:
        """Of its words, options and key: what makes a reply to it right or wrong."""
        return content_digest([self.text, self.options, self.answer.model_dump(mode="json")])

    @property
    def image_count(self) -> int:
        """How many images it has."""
        return int(self.facets["images"])

    @property
    def question(self) -> Question:
        """The question with its images, read anew at every call.

        Raises:
            MifgError: If an image is missing.
        """
        return Question(self.key, self.read_images(), self.text, self.options, self.answer, self.evidence)


@dataclass(frozen=True)
class Verdict:
    """How one reply was judged.

    Attributes:
        key: Of the item.
        group: Of the item.
        subset: Of the item.
        text: What was taken for the answer; None where the reply has none, or there was no reply.
        correct: Whether that is right.
        group_correct: Whether every item of the group is right; an item that was not asked is not.
        lenient: Whether the answer was read from a reply without answer tags.
    """

    key: str
    group: str
    subset: str
    text: str | None
    correct: bool
    group_correct: bool
    lenient: bool


@dataclass(frozen=True)
class PublishedFigure:
    """A figure that a benchmark reports of a model.

    Attributes:
        name: As the benchmark calls it.
        value: From 0 to 1.
        count: What it is a share of: items, or groups of them.
    """

    name: str
    value: float
    count: int
