"""The funnel of a run: per step, how many drafts it saw, sent back for revision and rejected, and at what cost."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from mifg_pipeline.store.ledger import Ledger, TrailEntry
from mifg_pipeline.store.usage import Usage

STEP_ORDER = (
    "image_curator",
    "inventory",
    "question_writer",
    "unreadable_image",
    "provenance",
    "duplicates",
    "lint",
    "scorer_self_check",
    "evidence",
    "resolvability",
    "judge",
    "blind",
    "necessity",
    "glance",
    "difficulty",
    "answer_verifier",
    "focus",
    "consistency",
    "repeated_question",
    "glance_share",
    "quota",
)
"""Agents, gates and run-level rules in the order in which an attempt meets them."""

AGENT_OF = {
    "inventory": "image_curator",
    "judge": "difficulty_critic",
    "resolvability": "difficulty_critic",
    "blind": "difficulty_critic",
    "necessity": "difficulty_critic",
    "glance": "difficulty_critic",
    "difficulty": "difficulty_critic",
    "focus": "answer_verifier",
    "consistency": "answer_verifier",
}
"""The agent that takes a step, for steps that are not named after one; lints and run-level rules have none."""

AGENTS = ("image_curator", "question_writer", "difficulty_critic", "answer_verifier")


@dataclass(frozen=True)
class AgentCost:
    """What an agent took.

    Attributes:
        seconds: CPU time.
        usage: Model calls.
    """

    seconds: float
    usage: Usage


@dataclass
class StepCount:
    """Figures of one step.

    Attributes:
        seen: Drafts that reached it, counting every round.
        revised: Drafts that it sent back to the writer.
        rejected: Attempts that it ended.
        seconds: CPU time.
        usage: Model calls.
    """

    seen: int = 0
    revised: int = 0
    rejected: int = 0
    seconds: float = 0.0
    usage: Usage = field(default_factory=Usage)


@dataclass
class Funnel:
    """Counts over attempts; ``add`` takes them one by one.

    Attributes:
        attempts: Attempts counted.
        accepted: Attempts that gave an item.
        steps: By step name.
    """

    attempts: int = 0
    accepted: int = 0
    steps: dict[str, StepCount] = field(default_factory=dict)

    @classmethod
    def of(cls, trails: Iterable[tuple[TrailEntry, ...]]) -> "Funnel":
        """Counts all trails."""
        funnel = cls()
        for trail in trails:
            funnel.add(trail)
        return funnel

    @classmethod
    def of_run(cls, ledger: Ledger) -> "Funnel":
        """Counts all attempts of a run, and every call that was paid, be its attempt decided or not.

        A trail knows only what its attempt took after the last start of the program: earlier calls are replayed then.
        """
        funnel = cls.of(ledger.trails())
        for count in funnel.steps.values():
            count.usage = Usage(replayed=count.usage.replayed)
        for total in ledger.calls.totals():
            funnel.steps.setdefault(total.purpose, StepCount()).usage += total.usage
        return funnel

    def add(self, trail: tuple[TrailEntry, ...]) -> None:
        """Counts one attempt; it was accepted if its last step passed."""
        self.attempts += 1
        self.accepted += bool(trail) and trail[-1].passed
        for index, entry in enumerate(trail):
            count = self.steps.setdefault(entry.step, StepCount())
            count.seen += 1
            count.seconds += entry.seconds
            if entry.usage is not None:
                count.usage += entry.usage
            if not entry.passed:
                is_last = index == len(trail) - 1
                count.rejected += is_last
                count.revised += not is_last

    def rows(self) -> list[tuple[str, StepCount]]:
        """The steps in the order of ``STEP_ORDER``, then any others by name."""
        known = [(name, self.steps[name]) for name in STEP_ORDER if name in self.steps]
        others = [(name, self.steps[name]) for name in sorted(self.steps.keys() - set(STEP_ORDER))]
        return known + others

    def usage(self) -> Usage:
        """Model calls of all steps together."""
        return sum((count.usage for count in self.steps.values()), Usage())

    def by_agent(self) -> dict[str, AgentCost]:
        """What each agent took, in the order in which they work."""
        steps = {agent: [c for name, c in self.steps.items() if AGENT_OF.get(name, name) == agent] for agent in AGENTS}
        return {
            agent: AgentCost(sum(count.seconds for count in counts), sum((count.usage for count in counts), Usage()))
            for agent, counts in steps.items()
        }

    def top_rejecters(self, most: int = 3) -> list[tuple[str, int]]:
        """The steps that ended the most attempts."""
        counts = [(name, count.rejected) for name, count in self.steps.items() if count.rejected]
        return sorted(counts, key=lambda pair: (-pair[1], pair[0]))[:most]
