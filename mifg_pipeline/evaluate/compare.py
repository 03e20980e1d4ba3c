"""Compares two finished evaluations of the same items."""

from collections import defaultdict
from collections.abc import Sequence

from mifg_pipeline.errors import MifgError
from mifg_pipeline.evaluate.figures import Evaluation, Pairing, pair, pair_by_facet
from mifg_pipeline.evaluate.outcomes import Outcome, read_outcomes
from mifg_pipeline.evaluate.plan import Mode
from mifg_pipeline.evaluate.run import EvaluationFolder
from mifg_pipeline.evaluate.tables import MODE_NAMES, pairing_breakdowns, pairing_table
from mifg_pipeline.items import Record
from mifg_pipeline.report.table import Table


class Comparison(Record):
    """Two evaluations, compared on the same items.

    Attributes:
        first: Model of the first.
        second: Model of the second.
        benchmark: That both were evaluated on.
        failed: Episodes of each that the machinery ended and that count as wrong, in each mode that both played.
        modes: The pairing in each mode that both played.
        breakdown: The pairing by mode, facet and value.
        gained: Keys of items that the second alone gets right, by mode; of the first sample.
        lost: Keys of items that the first alone gets right, by mode; of the first sample.
    """

    first: str
    second: str
    benchmark: str
    failed: dict[Mode, tuple[int, int]]
    modes: dict[Mode, Pairing]
    breakdown: dict[Mode, dict[str, dict[str, Pairing]]]
    gained: dict[Mode, tuple[str, ...]]
    lost: dict[Mode, tuple[str, ...]]


def compare(first: EvaluationFolder, second: EvaluationFolder) -> Comparison:
    """Compares two evaluations.

    Raises:
        MifgError: If one is not finished, or they are not of the same items, samples and any one mode.
    """
    left, right = _read(first), _read(second)
    if left.plan.benchmark != right.plan.benchmark:
        raise MifgError(
            f"{first.root} is an evaluation on {left.plan.benchmark}, {second.root} one on {right.plan.benchmark}.",
            "Compare evaluations on the same benchmark.",
        )
    if left.lenient != right.lenient:
        strict, lenient = (second, first) if left.lenient else (first, second)
        raise MifgError(
            f"{lenient.root} counts answers outside of answer tags, {strict.root} does not.",
            "Run `mifg eval` on one of them again, with or without --lenient as the other; it asks nothing anew.",
        )
    sides = (_by_mode(read_outcomes(first.outcomes)), _by_mode(read_outcomes(second.outcomes)))
    shared = [mode for mode in sides[0] if mode in sides[1]]
    if not shared:
        raise MifgError(
            f"{first.root} and {second.root} have no mode in common: one has tools, the other has none.",
            "Evaluate both with --tools both.",
        )
    pairs = {mode: (sides[0][mode], _in_order_of(sides[0][mode], sides[1][mode])) for mode in shared}
    return Comparison(
        first=left.plan.model,
        second=right.plan.model,
        benchmark=left.plan.benchmark,
        failed={mode: (_failed(left, mode), _failed(right, mode)) for mode in shared},
        modes={mode: pair(*outcomes) for mode, outcomes in pairs.items()},
        breakdown={mode: pair_by_facet(*outcomes) for mode, outcomes in pairs.items()},
        gained={mode: _alone(after, before) for mode, (before, after) in pairs.items()},
        lost={mode: _alone(before, after) for mode, (before, after) in pairs.items()},
    )


def _read(folder: EvaluationFolder) -> Evaluation:
    try:
        return Evaluation.model_validate_json(folder.figures.read_text("utf-8"))
    except OSError as error:
        raise MifgError(
            f"{folder.root} holds no finished evaluation ({error.strerror}: {folder.figures.name}).",
            "Give the folder that `mifg eval` wrote with --out.",
        ) from error
    except ValueError as error:  # of pydantic, or of the encoding
        raise MifgError(f"{folder.figures} is damaged.", "Run `mifg eval` on the folder again.") from error


def _by_mode(outcomes: Sequence[Outcome]) -> dict[Mode, list[Outcome]]:
    found: dict[Mode, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        found[outcome.mode].append(outcome)
    return found


def _in_order_of(first: Sequence[Outcome], second: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes of the second in the order of those of the first.

    Raises:
        MifgError: If they are not of the same samples of the same questions.
    """
    left, right = ({(outcome.key, outcome.sample): outcome for outcome in side} for side in (first, second))
    if left.keys() != right.keys():
        raise MifgError(
            f"The evaluations are not of the same items and samples: {len(left.keys() - right.keys()):,} answers of "
            f"the first have no counterpart, and {len(right.keys() - left.keys()):,} of the second.",
            "Evaluate both on the same data with the same --split, --limit, --subset and --samples.",
        )
    ordered = [right[key] for key in left]
    others = [a.key for a, b in zip(first, ordered, strict=True) if a.question and b.question not in ("", a.question)]
    if others:
        raise MifgError(
            f"{len(set(others)):,} items have another question or key in the second evaluation, {others[0]} first.",
            "Evaluate both on the same data.",
        )
    return ordered


def _failed(evaluation: Evaluation, mode: Mode) -> int:
    return evaluation.modes[mode].behaviour.failed


def _alone(right: Sequence[Outcome], wrong: Sequence[Outcome]) -> tuple[str, ...]:
    """Keys of items that the one gets right and the other does not."""
    pairs = zip(right, wrong, strict=True)
    return tuple(a.key for a, b in pairs if a.sample == 0 and a.correct and not b.correct)


def comparison_tables(comparison: Comparison) -> list[Table]:
    """The comparison, mode by mode, in all and by facet."""
    tables = []
    for mode, pairing in comparison.modes.items():
        found = [pairing_table(pairing, "first", "second")]
        if any(failed := comparison.failed[mode]):
            rows = [("failed, and counted as wrong", *(f"{count:,}" for count in failed))]
            found.append(Table("Episodes that say nothing of a model", ("", "first", "second"), rows))
        found += pairing_breakdowns(comparison.breakdown[mode], "first", "second")
        tables += [Table(f"{table.title}, {MODE_NAMES[mode]}", table.headings, table.rows) for table in found]
    return tables
