"""Settings of the gates that probe a draft with solver models."""

from typing import Self

from pydantic import Field, model_validator

from mifg_pipeline.config.base import Settings


class SequentialTest(Settings):
    """Bounds of a sequential probability ratio test between two chances of a right reply.

    Attributes:
        p0: Chance of a right reply where the draft is as the gate's name says it should be; None: that of a guess (one
            over the number of options, 0.5 for yes or no, 0.1 for other open answers).
        p1: Chance of a right reply in the other case.
        alpha: Share of drafts with p0 that are decided wrongly.
        beta: Share of drafts with p1 that are decided wrongly.
        most: Attempts after which the draft passes undecided.
    """

    p0: float | None = Field(default=None, gt=0, lt=1)
    p1: float = Field(gt=0, lt=1)
    alpha: float = Field(gt=0, lt=0.5)
    beta: float = Field(gt=0, lt=0.5)
    most: int = Field(gt=0)

    @model_validator(mode="after")
    def _chances_differ(self) -> Self:
        if self.p0 == self.p1:
            raise ValueError("p0 and p1 are equal: no number of attempts tells them apart")
        return self


class ProbeSettings(Settings):
    """The probes of gates 6 to 11; a gate that is None is off.

    Attributes:
        blind: Can it be answered without images? ``p0`` is chance.
        necessity: Can it be answered without one of the images that count? ``p0`` is chance; ``p1`` is lower than that
            of ``blind``, so that solvers of middling skill show it too.
        glance: Can it be answered at low resolution without tools? Decides the difficulty, rejects nothing.
        glance_pixels: Pixels of all images together in the glance probe.
        focus: Can it be answered with the evidence crops added? ``p0`` is the chance of a good draft here.
        consistency: Do independent solves agree on the key? ``p0`` is the chance of a good draft here.
        reject_inconsistent: Whether doubtful drafts are rejected instead of going to people first.
        difficulty_attempts: Attempts whose share of right replies is the pass rate; 0: no pass rate.
    """

    blind: SequentialTest | None = SequentialTest(p1=0.8, alpha=0.003, beta=0.005, most=100)
    necessity: SequentialTest | None = SequentialTest(p1=0.65, alpha=0.003, beta=0.005, most=100)
    glance: SequentialTest | None = SequentialTest(p0=0.35, p1=0.75, alpha=0.05, beta=0.05, most=30)
    glance_pixels: int = Field(default=200_704, gt=0)
    focus: SequentialTest | None = SequentialTest(p0=0.75, p1=0.2, alpha=0.003, beta=0.005, most=32)
    consistency: SequentialTest | None = SequentialTest(p0=0.75, p1=0.45, alpha=0.01, beta=0.01, most=100)
    reject_inconsistent: bool = False
    difficulty_attempts: int = Field(default=4, ge=0)

    @model_validator(mode="after")
    def _tests_fit_their_gates(self) -> Self:
        for name in ("blind", "necessity", "glance"):
            test = getattr(self, name)
            # The chance of a guess is at most 0.5: that between two options.
            if test is not None and test.p1 <= (0.5 if test.p0 is None else test.p0):
                raise ValueError(f"{name}.p1 is the chance where the draft is too easy: give one above {name}.p0")
        for name in ("focus", "consistency"):
            test = getattr(self, name)
            if test is not None and (test.p0 is None or test.p1 >= test.p0):
                raise ValueError(f"{name}.p0 is the chance of a good draft: give one above {name}.p1")
        return self
