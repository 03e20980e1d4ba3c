"""Which figures of the gates told beforehand what people would find fault with."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np

from mifg_pipeline.store.review_status import Prediction

_Values = np.ndarray[tuple[int], np.dtype[np.float64]]

_NUMBERS: Final = (int, float)  # truth values among them

IN_DOUBT: Final = "in doubt"
"""The figure that says whether a gate let an item pass with a reason against it."""


def predictions(decided: Iterable[tuple[Iterable[Mapping[str, Any]], bool]]) -> tuple[Prediction, ...]:
    """What the gates foretold, the best first.

    Args:
        decided: Per item that people decided, the results of its gates as JSON has them, and whether they found fault.
            Figures that are no numbers are left out.
    """
    figures: defaultdict[tuple[str, str], list[tuple[float, bool]]] = defaultdict(list)
    for gates, faulty in decided:
        for result in gates:
            figures[result["gate"], IN_DOUBT].append((bool(result["reason"]), faulty))
            for name, value in result["figures"].items():
                if isinstance(value, _NUMBERS):
                    figures[result["gate"], name].append((value, faulty))
    found = (_prediction(gate, name, pairs) for (gate, name), pairs in figures.items())
    return tuple(sorted((p for p in found if p is not None), key=lambda p: (-_strength(p), p.gate, p.figure)))


def auc(values: _Values, faulty: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> float:
    """Area under the curve of the receiver operating characteristic, from the ranks of the values (Mann-Whitney).

    Args:
        values: One per item; equal ones count half.
        faulty: Whether each item is; some are, and some are not.
    """
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(count) - (count - 1) / 2
    faults = int(faulty.sum())
    above = mean_rank[place[faulty]].sum() - faults * (faults + 1) / 2
    return float(above / (faults * (len(values) - faults)))


def _prediction(gate: str, figure: str, pairs: list[tuple[float, bool]]) -> Prediction | None:
    """None where nothing can be told: all items have the same figure, or all are faulty, or none is."""
    values, faulty = np.array([value for value, _ in pairs], float), np.array([is_faulty for _, is_faulty in pairs])
    if values.min() == values.max() or faulty.all() or not faulty.any():
        return None
    return Prediction(gate=gate, figure=figure, items=len(pairs), faults=int(faulty.sum()), auc=auc(values, faulty))


def _strength(prediction: Prediction) -> float:
    return abs(prediction.auc - 0.5)
