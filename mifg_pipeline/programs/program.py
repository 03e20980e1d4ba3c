"""What a question program is: a form of question whose answer is true by construction.

A program sees images and returns a proposal. It never decides whether the proposal is good enough (gates do), nor
whether it is right (a witness that shares no code with it does).

Two rules keep answers unpredictable from the text alone:

* **Draw the options first, then choose which of them to ask about.** All options are then equally likely to be the
  key, whatever the images are like.
* **Options of one question are of one type**: only counts, only images, only places.
"""

import inspect
import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from mifg_pipeline.items import Answer, CorpusImage, Region, Role

Pixels = NDArray[np.uint8]
"""An upright RGB image, shape (height, width, 3), uint8."""


@dataclass(frozen=True)
class Picture:
    """A corpus image as a program sees it: the record, and its pixels on demand.

    Attributes:
        image: The record with annotations.
        load: Returns the upright RGB pixels, read-only, shape (height, width, 3), uint8.
    """

    image: CorpusImage
    load: Callable[[], Pixels]


@dataclass(frozen=True)
class Derived:
    """An image that a program made.

    Attributes:
        pixels: RGB, shape (height, width, 3), uint8.
        parents: Indices of the pictures it was made from.
    """

    pixels: Pixels
    parents: tuple[int, ...]


@dataclass(frozen=True)
class Proposal:
    """A question that a program proposes.

    Attributes:
        images: The item's images in order: an index into the pictures, or a derived image.
        roles: One per image.
        question: As people and models read it ("Image 1" is the first of ``images``).
        answer: The key.
        evidence: Where the answer is seen; image indices refer to ``images``.
        skills: What it takes to answer, as short lower-case words joined by hyphens.
        options: For an answer of kind ``choice``.
        terms: What the question speaks of, for the witness; see ``Claim``.
    """

    images: tuple[int | Derived, ...]
    roles: tuple[Role, ...]
    question: str
    answer: Answer
    evidence: tuple[Region, ...]
    skills: tuple[str, ...]
    options: tuple[str, ...] | None = None
    terms: dict[str, JsonValue] = field(default_factory=dict)


class Program(ABC):
    """One form of question. **The docstring of a subclass is its question template**, one wording a line.

    Attributes:
        family: Group of programs that share a witness and a weight in the mix.
        form: Name of the form within the family.
        picture_counts: How many corpus images it can take, e.g. ``range(2, 5)``.
    """

    family: ClassVar[str]
    form: ClassVar[str]
    picture_counts: ClassVar[range]

    @property
    def name(self) -> str:
        """``family/form``."""
        return f"{self.family}/{self.form}"

    @abstractmethod
    def accepts(self, image: CorpusImage) -> bool:
        """Whether the program can ask about this image, by its record alone."""

    @abstractmethod
    def propose(self, pictures: Sequence[Picture], rng: random.Random) -> Proposal | None:
        """Proposes a question over the pictures, or None where they do not afford one.

        All randomness comes from ``rng``: the same pictures and the same state of ``rng`` give the same proposal.
        """

    def ask(self, rng: random.Random, **words: object) -> str:
        """One wording of the docstring with its ``{fields}`` filled in."""
        wordings = [line for line in inspect.cleandoc(type(self).__doc__ or "").splitlines() if line]
        return rng.choice(wordings).format(**words)
