"""What a critic or verifier found about a draft, gate by gate."""

from dataclasses import dataclass

from mifg_pipeline.agents.prober import Probed
from mifg_pipeline.gates.probe_verdicts import ProbeVerdict
from mifg_pipeline.items import GateResult, Probe
from mifg_pipeline.store.usage import Usage


@dataclass(frozen=True)
class Step:
    """One gate's result and what it took.

    Attributes:
        result: Of the gate.
        seconds: CPU time.
        usage: Of its model calls, where it makes any.
    """

    result: GateResult
    seconds: float = 0.0
    usage: Usage | None = None


@dataclass(frozen=True)
class Findings:
    """Results of gates in their order; where one failed, it is the last.

    Attributes:
        steps: The gates that the draft met.
        probes: What solvers made of it.
        calls: Keys of the model calls.
        people_first: Whether a gate was in doubt.
    """

    steps: tuple[Step, ...] = ()
    probes: tuple[Probe, ...] = ()
    calls: tuple[str, ...] = ()
    people_first: bool = False

    @classmethod
    def of(cls, verdict: ProbeVerdict, *probed: Probed) -> "Findings":
        """A gate's verdict with the probes that it went by."""
        usage = sum((one.usage for one in probed), Usage())
        return cls(
            steps=(Step(verdict.result, usage=usage),),
            probes=tuple(one.probe for one in probed),
            calls=tuple(call for one in probed for call in one.calls),
            people_first=verdict.people_first,
        )

    @property
    def passed(self) -> bool:
        """Whether no gate rejected the draft."""
        return all(step.result.passed for step in self.steps)

    def result_of(self, gate: str) -> GateResult | None:
        """What a gate said, if the draft met it."""
        return next((step.result for step in self.steps if step.result.gate == gate), None)

    def __add__(self, other: "Findings") -> "Findings":
        """These, then those."""
        return Findings(
            self.steps + other.steps,
            self.probes + other.probes,
            self.calls + other.calls,
            self.people_first or other.people_first,
        )
