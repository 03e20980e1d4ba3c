"""A solver that knows the truth about one candidate and hits it at given rates, by what it is shown."""

import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from planted_candidates import Candidate

from mifg_pipeline.models.chat import ChatReply, ChatRequest, ImagePart, TextPart

_OPTION = re.compile(r"^([A-J])\. (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Accuracies:
    """Chances of the right reply to a good question with four options.

    Attributes:
        full: All images at first view.
        blind: No image.
        missing: A needed image is withheld.
        low: Low resolution.
        details: All images, and the evidence enlarged.
    """

    full: float = 0.8
    blind: float = 0.25
    missing: float = 0.1
    low: float = 0.35
    details: float = 0.9

    @classmethod
    def of(cls, full: float) -> "Accuracies":
        """Those of a solver that is right so often where it sees everything; enlarging halves its errors."""
        return cls(full=full, details=1 - (1 - full) / 2)


class SimulatedSolver:
    """Answers as its candidate's defect has it; a pure function of the seed, the candidate and the request.

    Args:
        candidate: What it is asked about.
        accuracies: Of a good candidate.
        first_view: Pixels of all images together at first view.
        seed: Of its errors.
    """

    def __init__(self, candidate: Candidate, accuracies: Accuracies, first_view: int, seed: int) -> None:
        self._candidate = candidate
        self._accuracies = accuracies
        self._first_view = first_view
        self._seed = seed

    async def complete(self, request: ChatRequest) -> ChatReply:
        """A solution in JSON."""
        parts = request.messages[-1].parts
        images = [part for part in parts if isinstance(part, ImagePart)]
        texts = [part.text for part in parts if isinstance(part, TextPart)]
        letters = {text: letter for letter, text in _OPTION.findall(texts[-1])}
        candidate = self._candidate
        rng = random.Random(f"{self._seed}/{candidate.defect}/{candidate.number}/{request.key}")
        if candidate.defect == "ambiguous" and self._sees_everything(images):
            half = self._accuracies.full / 2
            chances = {candidate.truth: half, candidate.rival: half}
        else:
            chances = {candidate.truth: self._chance(images)}
        answer = letters[_drawn(chances, list(letters), rng)]
        return ChatReply(
            key=request.key,
            text=json.dumps({"thought": "", "answer": answer}),
            refusal=None,
            finish_reason="stop",
            prompt_tokens=0,
            completion_tokens=0,
            seconds=0.0,
        )

    def _chance(self, images: Sequence[ImagePart]) -> float:
        """Of giving the true answer."""
        accuracies, candidate = self._accuracies, self._candidate
        if candidate.defect == "blind-answerable":
            return accuracies.full
        if not images:
            return accuracies.blind
        missing = self._missing(images)
        if missing:
            return accuracies.full if missing == {candidate.spare} else accuracies.missing
        if not self._is_first_view(images):
            return accuracies.low
        return accuracies.details if any(part.crop for part in images) else accuracies.full

    def _sees_everything(self, images: Sequence[ImagePart]) -> bool:
        return bool(images) and not self._missing(images) and self._is_first_view(images)

    def _missing(self, images: Sequence[ImagePart]) -> set[int]:
        shown = {part.sha256 for part in images}
        return {index for index, image in enumerate(self._candidate.draft.images) if image.sha256 not in shown}

    def _is_first_view(self, images: Sequence[ImagePart]) -> bool:
        whole = sum(part.max_pixels for part in images if part.crop is None)
        full_size = sum(image.width * image.height for image in self._candidate.draft.images)
        return whole >= 0.5 * min(self._first_view, full_size)


def _drawn(chances: dict[str, float], options: list[str], rng: random.Random) -> str:
    """One of the options: each of ``chances`` at its chance, the others alike."""
    others = [option for option in options if option not in chances]
    rest = (1 - sum(chances.values())) / len(others)
    weights = [chances.get(option, rest) for option in options]
    return rng.choices(options, weights)[0]
