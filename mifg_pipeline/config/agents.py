"""Settings of the agents: who plays each role."""

from pydantic import Field

from mifg_pipeline.config.base import Settings

PROGRAM = "program"
"""The player that needs no model: programs, rules and witnesses."""


class AgentSettings(Settings):
    """Who plays each role: ``program``, or the name of a model under ``models``.

    Attributes:
        image_curator: Picks the images of model-written questions from a handful that fit together.
        question_writer: Share of the attempts per writer, such as ``{program: 0.5, big: 0.5}``.
        judge: Model that reads each model-written draft before it is probed; none where None.
        solvers: Models that answer probes, by turns; without any there are no probes.
        candidates: Images that the curator is shown.
        judge_programs: Whether drafts of programs are judged and probed as well.
    """

    image_curator: str = PROGRAM
    question_writer: dict[str, float] = Field(default_factory=lambda: {PROGRAM: 1.0})
    judge: str | None = None
    solvers: tuple[str, ...] = ()
    candidates: int = Field(default=6, ge=2, le=12)
    judge_programs: bool = True

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the models that have a role."""
        named = {self.image_curator, *self.question_writer, *self.solvers, self.judge or PROGRAM}
        return tuple(sorted(named - {PROGRAM}))
