"""Gates 6 to 11: what solvers' attempts say of a draft, as pure functions over the records of its probes."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from pydantic import JsonValue

from mifg_pipeline.config import SequentialTest
from mifg_pipeline.gates.sequential_test import WaldTest
from mifg_pipeline.items import Difficulty, Draft, GateResult, Probe
from mifg_pipeline.scoring import normalize, score_text

_GUESS_AT_OPEN_ANSWER = 0.1


class ProbeVerdict(NamedTuple):
    """What a gate makes of probes.

    Attributes:
        result: Of the gate.
        people_first: Whether people should look at the draft before others.
    """

    result: GateResult
    people_first: bool = False


def wald_test(settings: SequentialTest, draft: Draft, sharing: int = 1) -> WaldTest:
    """The sequential test that settings ask for.

    Args:
        settings: Where ``p0`` is None, it is the chance of a guess at the draft's answer.
        draft: What is probed.
        sharing: Tests among which ``alpha`` is divided, for it is the chance that any of them errs.
    """
    p0 = chance_of_guess(draft) if settings.p0 is None else settings.p0
    return WaldTest(p0, settings.p1, settings.alpha / sharing, settings.beta, settings.most)


def chance_of_guess(draft: Draft) -> float:
    """How often a guess is right: one over the options of a choice, 0.5 for a truth, 0.1 for other open answers."""
    if draft.options is not None:
        return 1 / len(draft.options)
    return 0.5 if draft.answer.kind == "boolean" else _GUESS_AT_OPEN_ANSWER


def images_that_count(draft: Draft) -> tuple[int, ...]:
    """Indices of the images that necessity is probed for: all but the distractors, which are there to be ruled out."""
    return tuple(index for index, role in enumerate(draft.roles) if role != "distractor")


def blind(probe: Probe, test: WaldTest) -> ProbeVerdict:
    """Gate 6: rejects what is answered without images."""
    passed = not _holds_p1(probe, test)
    reason = "" if passed else f"answered without images: right in {probe.correct} of {probe.attempts} attempts"
    return _verdict("blind", passed, reason, _figures(probe))


def necessity(probes: Sequence[Probe], test: WaldTest) -> ProbeVerdict:
    """Gate 7: rejects what is answered without an image that it asks about.

    Args:
        probes: One per image that was withheld.
        test: Of each probe.
    """
    spared = [probe for probe in probes if _holds_p1(probe, test)]
    reason = "; ".join(
        f"answered without Image {(probe.image or 0) + 1}: right in {probe.correct} of {probe.attempts} attempts"
        for probe in spared
    )
    figures: dict[str, JsonValue] = {
        "images": [probe.image for probe in probes],
        "right": [probe.correct for probe in probes],
        "attempts": [probe.attempts for probe in probes],
    }
    return _verdict("necessity", not spared, reason, figures)


def glance(probe: Probe, test: WaldTest) -> ProbeVerdict:
    """Gate 8: rejects nothing; its figures say whether solvers manage at low resolution."""
    answered: dict[str, JsonValue] = {"answered": _holds_p1(probe, test), "pixels": probe.pixels}
    return _verdict("glance", True, "", {**_figures(probe), **answered})


def difficulty_by(legible: Difficulty, looked: GateResult | None) -> Difficulty:
    """The difficulty by both ways of finding out: ``zoom`` takes both to say so.

    Evidence that is legible at first view takes no zooming, whether or not today's solvers manage; and what a solver
    answers at low resolution takes none either, however small the marked evidence is.

    Args:
        legible: What the size of the evidence says.
        looked: Result of ``glance``, where there was such a probe.
    """
    return "glance" if looked is not None and looked.figures["answered"] else legible


def focus(probe: Probe, test: WaldTest) -> ProbeVerdict:
    """Gate 9: rejects what is not answered as the key says even with the evidence enlarged."""
    passed = not _holds_p1(probe, test)
    reason = (
        ""
        if passed
        else f"not answered as the key says, even with the evidence enlarged: right in {probe.correct} of "
        f"{probe.attempts} attempts"
    )
    return _verdict("focus", passed, reason, _figures(probe))


def consistency(
    draft: Draft, probe: Probe, test: WaldTest, in_given_order: Probe | None, *, rejects: bool
) -> ProbeVerdict:
    """Gate 10: doubts what independent solves do not agree on with the key.

    Args:
        draft: What was probed.
        probe: Solves with the images in random orders.
        test: Of the share of solves that agree with the key.
        in_given_order: Solves of the same view in the draft's own order, to tell how sensitive it is to order.
        rejects: Whether doubtful drafts are rejected; else they pass and go to people first.
    """
    figures = _figures(probe)
    if in_given_order is not None:
        figures["right_in_given_order"] = in_given_order.correct
        figures["attempts_in_given_order"] = in_given_order.attempts
    if not _holds_p1(probe, test):
        return _verdict("consistency", True, "", figures)
    reason = f"the key was given in {probe.correct} of {probe.attempts} solves; {_other_answers(draft, probe)}"
    return ProbeVerdict(
        GateResult(gate="consistency", passed=not rejects, reason=reason, figures=figures), people_first=not rejects
    )


def difficulty(probe: Probe) -> ProbeVerdict:
    """Gate 11: rejects nothing; what nobody ever answers as the key says goes to people first."""
    never = probe.correct == 0
    reason = f"right in none of {probe.attempts} attempts" if never else ""
    figures: dict[str, JsonValue] = {"pass_rate": round(probe.correct / probe.attempts, 4), "pixels": probe.pixels}
    return ProbeVerdict(
        GateResult(gate="difficulty", passed=True, reason=reason, figures={**_figures(probe), **figures}),
        people_first=never,
    )


def _holds_p1(probe: Probe, test: WaldTest) -> bool:
    """Whether the probe decided for ``p1``; its counts are those at which the test ended."""
    return test.decide_by_counts(probe.correct, probe.attempts) == "p1"


def _other_answers(draft: Draft, probe: Probe) -> str:
    """What was said instead of the key, in words."""
    others = [text for text in probe.answers if text and score_text(draft.answer, draft.options, text) != 1.0]
    common = Counter(map(normalize, others)).most_common(1)
    if common and 2 * common[0][1] > probe.attempts:
        said = next(text for text in others if normalize(text) == common[0][0])
        return f"most say {said!r}"
    return "no answer has a majority"


def _figures(probe: Probe) -> dict[str, JsonValue]:
    return {"right": probe.correct, "attempts": probe.attempts}


def _verdict(gate: str, passed: bool, reason: str, figures: dict[str, JsonValue]) -> ProbeVerdict:
    return ProbeVerdict(GateResult(gate=gate, passed=passed, reason=reason, figures=figures))
