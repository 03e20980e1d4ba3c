"""What the gates stop, and at how many calls, where it is known which candidates have which defect.

A simulated solver in this process attempts questions over drawn scenes at given accuracies; lints, prober, critic,
verifier and the rule against repeated questions are the real ones. Exits 1 unless, at each accuracy, at least 98 % of
each defect and at most 3 % of the good candidates are stopped (rejected or sent to people first), at no more than 0.7
times the calls of tests of fixed size with the same error rates.
"""

import argparse
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from machine import print_header

sys.path.append(str(Path(__file__).parent.parent / "tests" / "support"))

from gate_trial import Tally, put_through
from planted_candidates import DEFECTS, Candidate, good_candidates, with_defect
from simulated_solver import Accuracies

from mifg_pipeline.corpus import Corpus, index_corpus
from mifg_pipeline.corpus.draw import draw_corpus
from mifg_pipeline.items import CorpusImage

LEAST_DEFECTS_STOPPED = 0.98
MOST_GOOD_STOPPED = 0.03
MOST_CALLS = 0.7
ACCURACIES = (0.8, 0.6, 0.95)


def main() -> int:
    """Prints one table per accuracy of the solver."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--good", type=int, default=3000, help="good candidates")
    parser.add_argument("--each", type=int, default=1000, help="candidates of each defect")
    parser.add_argument("--scenes", type=int, default=200, help="drawn scenes")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    print_header("pydantic")
    good = good_candidates(_drawn_scenes(arguments.scenes, arguments.seed), arguments.good, arguments.seed)
    kinds = {"good": good, **{name: with_defect(good, name, arguments.each, arguments.seed) for name in DEFECTS}}
    reached = True
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn")) as pool:
        for accuracy in ACCURACIES:
            asked_before = [candidate.key for candidate in good]
            trial = partial(_trial, accuracy=accuracy, seed=arguments.seed, asked_before=asked_before)
            tallies = dict(zip(kinds, pool.map(trial, kinds.values()), strict=True))
            _print_table(accuracy, tallies)
            reached = reached and _is_reached(tallies)
    sys.stdout.write("Reached.\n" if reached else "Not reached.\n")
    return 0 if reached else 1


def _drawn_scenes(count: int, seed: int) -> Sequence[CorpusImage]:
    with tempfile.TemporaryDirectory() as folder:
        draw_corpus(Path(folder), count, seed)
        index_corpus(Path(folder), seed=seed)
        return Corpus.open(Path(folder)).images


def _trial(candidates: Sequence[Candidate], accuracy: float, seed: int, asked_before: Sequence[str]) -> Tally:
    # Other candidates ask what good ones ask too, for they were made from them; that shall not stop them.
    is_duplicate = candidates[0].defect == "duplicate"
    return put_through(candidates, Accuracies.of(accuracy), seed, asked_before if is_duplicate else ())


def _print_table(accuracy: float, tallies: dict[str, Tally]) -> None:
    solver = Accuracies.of(accuracy)
    _print(
        f"Solver right with all images {solver.full:g}, with the evidence enlarged {solver.details:g}, blind "
        f"{solver.blind:g}, with a needed image missing {solver.missing:g}, at low resolution {solver.low:g}"
    )
    _print(f"{'candidates':18}{'number':>7}{'stopped':>9}{'calls each':>12}{'fixed tests':>13}{'ratio':>7}  stopped by")
    for name, tally in tallies.items():
        gates = ", ".join(f"{gate} {count}" for gate, count in tally.stopped.most_common())
        calls, fixed = (total / tally.candidates for total in (tally.calls, tally.calls_of_fixed_tests))
        ratio = f"{tally.ratio:7.2f}" if fixed else f"{'–':>7}"
        _print(f"{name:18}{tally.candidates:7}{tally.share_stopped:9.2%}{calls:12.1f}{fixed:13.1f}{ratio}  {gates}")
    _print(f"All calls: {_ratio(tallies):.2f} times those of tests of fixed size with the same error rates\n")


def _is_reached(tallies: dict[str, Tally]) -> bool:
    defects = [tally for name, tally in tallies.items() if name != "good"]
    return (
        tallies["good"].share_stopped <= MOST_GOOD_STOPPED
        and all(tally.share_stopped >= LEAST_DEFECTS_STOPPED for tally in defects)
        and _ratio(tallies) <= MOST_CALLS
    )


def _ratio(tallies: dict[str, Tally]) -> float:
    calls = sum(tally.calls for tally in tallies.values())
    return calls / sum(tally.calls_of_fixed_tests for tally in tallies.values())


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
