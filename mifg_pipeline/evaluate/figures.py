"""The figures of an evaluation, computed from its outcomes and episodes."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from statistics import fmean
from typing import Final

from pydantic import Field

from mifg_pipeline.evaluate.episodes import EvaluationEpisode
from mifg_pipeline.evaluate.outcomes import Judgement, Outcome
from mifg_pipeline.evaluate.plan import DIFFICULTIES, Mode, Plan
from mifg_pipeline.evaluate.statistics import calibration_bins, calibration_error, doublings, mcnemar, pass_at
from mifg_pipeline.imagent.trajectory import Trajectory
from mifg_pipeline.items import Record
from mifg_pipeline.report.bootstrap import Interval, difference_interval, mean_interval

SEED: Final = 0
"""Of the bootstrap draws: equal outcomes give equal intervals."""

_REASON: Final = 200
"""Characters of the reason for which an episode failed."""

FORETOLD: Final = "pass_rate"
"""The facet that foretells the share of right answers; it is a number, so that nothing is broken down by it."""


class Share(Record):
    """A share with its 95 % interval.

    Attributes:
        value: From 0 to 1; of a difference, from -1.
        low: None where one group of items alone says nothing of others.
        high: As ``low``.
        count: Answers that it is a share of.
    """

    value: float
    low: float | None
    high: float | None
    count: int

    @classmethod
    def of(cls, interval: Interval, count: int) -> "Share":
        """The share that an interval was computed for."""
        return cls(value=interval.mean, low=interval.low, high=interval.high, count=count)


class Behaviour(Record):
    """What the model did in its episodes; means are over episodes.

    Attributes:
        ends: Episodes by the way in which they ended.
        answered: Share that gave an answer in its tags.
        lenient: Share of which an answer outside of tags was counted.
        failed: Episodes that the machinery ended; they count as wrong, and are played again at the next start.
        failures: Why, and how often.
        looks: Calls that showed an image, by tool, per episode.
        invalid: Share of actions that could not be carried out, among these and calls; None where there are neither.
        prompt_tokens: Per episode, see ``Cost``.
        completion_tokens: Per episode.
        seconds: Per episode, see ``Cost``.
        calls: In all.
        money: In all; None where a price is unknown.
    """

    ends: dict[str, int]
    answered: float
    lenient: float
    failed: int
    failures: dict[str, int] = Field(default_factory=dict)
    looks: dict[str, float]
    invalid: float | None
    prompt_tokens: float
    completion_tokens: float
    seconds: float
    calls: int
    money: float | None


class Calibration(Record):
    """Whether the labels of difficulty hold for the evaluated model.

    Attributes:
        drop: Accuracy on items of the easiest label less that on those of the hardest; None without both.
        bins: Foretold share of right answers, reached share and items; empty where nothing foretells it.
        error: Expected calibration error over the bins.
    """

    drop: Share | None
    bins: tuple[tuple[float, float, int], ...]
    error: float | None


class ModeFigures(Record):
    """The figures of one mode.

    Attributes:
        accuracy: Share of right answers over items and samples.
        groups: Share of groups of which every item is right; None where every item stands alone.
        published: The benchmark's own figures: name, value, what it is a share of.
        breakdown: Accuracy by facet and value, ``subset`` among the facets.
        pass_at: pass@k by k, over groups.
        calibration: Of the difficulty labels; None where there are none.
        behaviour: What the model did.
    """

    accuracy: Share
    groups: Share | None
    published: tuple[tuple[str, float, int], ...]
    breakdown: dict[str, dict[str, Share]]
    pass_at: dict[int, Share]
    calibration: Calibration | None
    behaviour: Behaviour


class Pairing(Record):
    """Two sets of answers to the same questions.

    Attributes:
        difference: Accuracy of the second less that of the first, over items and samples.
        both: Groups that both got right, of the first sample.
        only_first: Groups that the first alone got right.
        only_second: Groups that the second alone got right.
        neither: Groups that neither got right.
        p: Exact p-value of McNemar's test.
    """

    difference: Share
    both: int
    only_first: int
    only_second: int
    neither: int
    p: float


class Evaluation(Record):
    """All figures of an evaluation.

    Attributes:
        plan: What was evaluated, and how.
        asked: Which of the benchmark's questions, for people; empty where all of them.
        lenient: Whether answers outside of answer tags count.
        items: How many were asked.
        samples: Episodes of each item in each mode.
        modes: Figures by mode.
        tools: With tools (second) against without (first); None where one mode was played.
        tools_by: The same by facet and value; empty where one mode was played.
    """

    plan: Plan
    asked: str = ""
    lenient: bool = False
    items: int
    samples: int
    modes: dict[Mode, ModeFigures]
    tools: Pairing | None
    tools_by: dict[str, dict[str, Pairing]]


def mode_figures(judgement: Judgement, episodes: Sequence[EvaluationEpisode], samples: int) -> ModeFigures:
    """The figures of one mode.

    Args:
        judgement: Of that mode.
        episodes: Of that mode.
        samples: Episodes of each item.
    """
    outcomes = judgement.outcomes
    stands_alone = len({o.group for o in outcomes}) == len({o.key for o in outcomes})
    lenient = fmean(outcome.lenient for outcome in outcomes)
    return ModeFigures(
        accuracy=_accuracy(outcomes),
        groups=None if stands_alone else _pass_at(1, outcomes, samples),
        published=judgement.published,
        breakdown=_breakdown(outcomes),
        pass_at={k: _pass_at(k, outcomes, samples) for k in doublings(samples)},
        calibration=_calibration(outcomes),
        behaviour=_behaviour(episodes, lenient),
    )


def pair(first: Sequence[Outcome], second: Sequence[Outcome]) -> Pairing:
    """Compares two sets of answers to the same items.

    The test takes one outcome for each group, for items of a group are not independent: whether all of them are right.

    Args:
        first: Outcomes; those of the same items, samples and order as in ``second``.
        second: Outcomes.
    """
    differences = [float(b.correct) - float(a.correct) for a, b in zip(first, second, strict=True)]
    right: dict[str, tuple[bool, bool]] = defaultdict(lambda: (True, True))
    for a, b in zip(first, second, strict=True):
        if a.sample == 0:
            right[a.group] = (right[a.group][0] and a.correct, right[a.group][1] and b.correct)
    test = mcnemar(list(right.values()))
    interval = mean_interval(differences, [outcome.group for outcome in first], SEED)
    return Pairing(difference=Share.of(interval, len(differences)), **vars(test))


def pair_by_facet(first: Sequence[Outcome], second: Sequence[Outcome]) -> dict[str, dict[str, Pairing]]:
    """Compares as ``pair`` does, by facet and value, ``subset`` among the facets."""
    return {
        facet: {value: pair([first[i] for i in at], [second[i] for i in at]) for value, at in values.items()}
        for facet, values in _places(first).items()
    }


def _accuracy(outcomes: Sequence[Outcome]) -> Share:
    interval = mean_interval([float(o.correct) for o in outcomes], [o.group for o in outcomes], SEED)
    return Share.of(interval, len(outcomes))


def _pass_at(k: int, outcomes: Sequence[Outcome], samples: int) -> Share:
    right = {outcome.group: set[int]() for outcome in outcomes}
    for outcome in outcomes:
        if outcome.group_correct:
            right[outcome.group].add(outcome.sample)
    chances = [pass_at(k, samples, len(found)) for found in right.values()]
    return Share.of(mean_interval(chances, list(right), SEED), len(chances))


def _breakdown(outcomes: Sequence[Outcome]) -> dict[str, dict[str, Share]]:
    return {
        facet: {value: _accuracy([outcomes[i] for i in at]) for value, at in values.items()}
        for facet, values in _places(outcomes).items()
    }


def _places(outcomes: Sequence[Outcome]) -> dict[str, dict[str, list[int]]]:
    """Indices of the outcomes of each value of each facet."""
    found: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for index, outcome in enumerate(outcomes):
        found["subset"][outcome.subset].append(index)
        for facet, values in outcome.facets.items():
            if facet != FORETOLD:
                for value in values.split(", "):
                    found[facet][value].append(index)
    return {facet: dict(sorted(values.items(), key=_numbers_in_order)) for facet, values in found.items()}


def _numbers_in_order(entry: tuple[str, object]) -> tuple[bool, int, str]:
    name = entry[0]
    return (not name.isdecimal(), int(name) if name.isdecimal() else 0, name)


def _calibration(outcomes: Sequence[Outcome]) -> Calibration | None:
    easy, hard = ([o for o in outcomes if o.facets.get("difficulty") == label] for label in DIFFICULTIES)
    reached: dict[tuple[str, float], list[bool]] = defaultdict(list)
    for outcome in outcomes:
        if FORETOLD in outcome.facets:
            reached[outcome.key, float(outcome.facets[FORETOLD])].append(outcome.correct)
    if not (easy and hard) and not reached:
        return None
    drop = _drop(easy, hard) if easy and hard else None
    bins = calibration_bins([(foretold, fmean(right)) for (_, foretold), right in reached.items()])
    error = calibration_error(bins) if bins else None
    return Calibration(drop=drop, bins=tuple((b.foretold, b.reached, b.count) for b in bins), error=error)


def _drop(easy: Sequence[Outcome], hard: Sequence[Outcome]) -> Share:
    sides = [([float(o.correct) for o in side], [o.group for o in side]) for side in (easy, hard)]
    return Share.of(difference_interval(*sides[0], *sides[1], SEED), len(easy) + len(hard))


def _behaviour(episodes: Sequence[EvaluationEpisode], lenient: float) -> Behaviour:
    trajectories = [episode.trajectory for episode in episodes]
    costs = [episode.cost for episode in episodes]
    turns = [turn for trajectory in trajectories for turn in trajectory.turns]
    looks = Counter(turn.tool for turn in turns if turn.tool is not None and turn.view is not None)
    actions = Counter(turn.action for turn in turns)
    tried = actions["call"] + actions["invalid"]
    prices = [cost.money for cost in costs if cost.money is not None]
    return Behaviour(
        ends=dict(sorted(Counter(trajectory.end.value for trajectory in trajectories).items())),
        answered=fmean(trajectory.answer is not None for trajectory in trajectories),
        lenient=lenient,
        failed=sum(trajectory.end.is_fault for trajectory in trajectories),
        failures=dict(
            Counter(_reason(trajectory) for trajectory in trajectories if trajectory.end.is_fault).most_common()
        ),
        looks={tool: count / len(episodes) for tool, count in sorted(looks.items())},
        invalid=actions["invalid"] / tried if tried else None,
        prompt_tokens=fmean(cost.prompt_tokens for cost in costs),
        completion_tokens=fmean(cost.completion_tokens for cost in costs),
        seconds=fmean(cost.seconds for cost in costs),
        calls=sum(cost.calls for cost in costs),
        money=sum(prices) if len(prices) == len(costs) else None,
    )


def _reason(trajectory: Trajectory) -> str:
    """In one line of bounded length."""
    reason = " ".join((trajectory.failure or trajectory.end.value).split())
    return reason if len(reason) <= _REASON else f"{reason[: _REASON - 1]}…"
