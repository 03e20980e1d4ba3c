"""How far people agree who decided the same items without seeing each other's decisions."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

import krippendorff
import numpy as np

from mifg_pipeline.store.decisions import counting_events
from mifg_pipeline.store.events import event_logs
from mifg_pipeline.store.review_rules import read_rules
from mifg_pipeline.store.review_status import Agreement, Kappa
from mifg_pipeline.store.run_folder import RunFolder


def agreement(decisions: Iterable[Mapping[str, str]]) -> Agreement:
    """Works out how far people agree.

    Args:
        decisions: Per item, what each person decided; people who did not decide it are left out.
    """
    shared = [by_name for by_name in decisions if len(by_name) > 1]
    if not shared:
        return Agreement(items=0, raw=None, alpha=None, one_decision=False, kappas=())
    counts = _counts(shared)
    return Agreement(
        items=len(shared),
        raw=_raw(counts),
        alpha=krippendorff_alpha(counts),
        one_decision=counts.shape[1] == 1,
        kappas=tuple(_kappas(shared)),
    )


def run_agreement(run: RunFolder) -> Agreement:
    """How far people agree who reviewed a run; adjudicators, who see what others decided, are left out.

    Raises:
        MifgError: If there are no candidates yet, or a file is damaged.
    """
    adjudicators = read_rules(run).adjudicators
    events = [event for log in event_logs(run) for event in log.read().events]
    return agreement(
        {
            name: event.decision
            for name, event in counting.items()
            if event.decision != "skip" and name not in adjudicators
        }
        for _, counting in counting_events(run.candidates(), events)
    )


def krippendorff_alpha(counts: np.ndarray[tuple[int, int], np.dtype[np.int64]]) -> float:
    """Krippendorff's alpha for nominal data; 1 where only one value was ever given.

    Args:
        counts: How many people gave each value to each unit, units × values; two or more people per unit.
    """
    if np.count_nonzero(counts.sum(axis=0)) == 1:
        return 1.0
    return float(krippendorff.alpha(value_counts=counts, level_of_measurement="nominal"))


def cohen_kappa(both: Mapping[tuple[str, str], int]) -> float:
    """Cohen's kappa of two people; 1 where both always gave the same single decision.

    Args:
        both: How often the first decided the one and the second the other, by both decisions.
    """
    total = sum(both.values())
    first, second = Counter[str](), Counter[str]()
    for (one, other), count in both.items():
        first[one] += count
        second[other] += count
    by_chance = sum(first[decision] * second[decision] for decision in first) / total**2
    observed = sum(count for (one, other), count in both.items() if one == other) / total
    return 1.0 if by_chance == 1 else (observed - by_chance) / (1 - by_chance)


def _counts(shared: Sequence[Mapping[str, str]]) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    values = {value: column for column, value in enumerate(sorted({v for item in shared for v in item.values()}))}
    counts = np.zeros((len(shared), len(values)), np.int64)
    for row, item in enumerate(shared):
        for value in item.values():
            counts[row, values[value]] += 1
    return counts


def _raw(counts: np.ndarray[tuple[int, int], np.dtype[np.int64]]) -> float:
    people = counts.sum(axis=1)
    return float((counts * (counts - 1)).sum() / (people * (people - 1)).sum())


def _kappas(shared: Sequence[Mapping[str, str]]) -> Iterable[Kappa]:
    pairs: defaultdict[tuple[str, str], Counter[tuple[str, str]]] = defaultdict(Counter)
    for item in shared:
        for first, second in combinations(sorted(item), 2):
            pairs[first, second][item[first], item[second]] += 1
    for names, both in sorted(pairs.items()):
        yield Kappa(annotators=names, items=both.total(), kappa=cohen_kappa(both))
