"""Reads a question back: what it asks, and which images decide the answer."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from mifg_pipeline.stub.world.own_wordings import OWN_WORDINGS
from mifg_pipeline.stub.world.program_wordings import program_wordings
from mifg_pipeline.stub.world.scenes import Scene
from mifg_pipeline.stub.world.settings import Defect
from mifg_pipeline.stub.world.wordings import Said, Scenes, Vocabulary, Wording

_REMEMBERED = 10_000


@dataclass(frozen=True)
class Understood:
    """A question that the world understands.

    Attributes:
        wording: Its form.
        said: What its fields say.
    """

    wording: Wording
    said: Said

    @property
    def defect(self) -> Defect | None:
        """What is wrong with the question, whatever its key."""
        return self.wording.defect

    @cached_property
    def decisive(self) -> frozenset[int]:
        """Numbers of the images that decide the answer."""
        return self.wording.decisive_images(self.said)

    @property
    def spare(self) -> frozenset[int]:
        """Numbers of the images that are named but decide nothing."""
        return self.said.named - self.decisive

    def answers(self, scenes: Scenes) -> tuple[str, ...]:
        """The right answers in words; none where an image that decides them is not among the scenes."""
        return self.wording.answers(self.said, scenes) if self.decisive <= scenes.keys() else ()


class Reader:
    """Understands questions.

    Args:
        scenes: What occurs there can be named.
    """

    def __init__(self, scenes: Iterable[Scene]) -> None:
        self._vocabulary = Vocabulary(scenes)
        self._wordings = (*OWN_WORDINGS, *program_wordings())
        self._read: dict[str, Understood | None] = {}

    def read(self, question: str) -> Understood | None:
        """The question as far as it is understood; None where it is of no known wording."""
        if question not in self._read:
            if len(self._read) >= _REMEMBERED:
                del self._read[next(iter(self._read))]
            self._read[question] = self._find(question)
        return self._read[question]

    def _find(self, question: str) -> Understood | None:
        for wording in self._wordings:
            said = wording.read(question, self._vocabulary)
            if said is not None:
                return Understood(wording, said)
        return None
