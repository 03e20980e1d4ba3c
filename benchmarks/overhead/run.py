"""Measures what a row of four chained calls costs here, in a bare loop over the `openai` SDK, and in other pipelines.

All arms ask the same stub server, on the same machine, by turns; it counts requests and those in flight, which shows
that the arms do equal work. Ours is `mifg generate`: the whole graph with lints, prober and verifier, all middleware,
and every call and item kept in the ledger. The bare loop sends the same prompts and schemas and keeps nothing; the
others send the prompts without schemas, through their own columns, and keep what they keep. Each has 64 rows or calls
under way. Ours cannot ask without images, so it sends two of 64 by 64 pixels where the others send none; with
`--images`, all send two of a megapixel in each call.

CPU is that of an arm's processes from start to end, imports included; throughput counts from the first request to the
last reply. Figures are medians over the rounds. The first use makes an environment for each peer in `.venv-peers`.

    python benchmarks/overhead/run.py compare --folder runs/overhead
    python benchmarks/overhead/run.py compare --folder runs/overhead --images --rows 500
    python benchmarks/overhead/run.py compare --folder runs/overhead --latency 0.5 --arms ours --rounds 1
    python benchmarks/overhead/run.py memory --folder runs/overhead
"""

import argparse
import shutil
import statistics
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

import ours
from arms.workload import IN_FLIGHT, Workload
from calls import calls_of_a_row
from corpus import LARGE, SMALL, Pictures, make_corpus, make_sent_pairs
from machine import print_header
from peers import ARMS, PEERS, interpreter
from rich.console import Console
from rich.table import Table
from trial import CALLS_PER_ROW, Trial, run_trial

OURS = "ours"
SDK = "bare SDK"

MOST_OF_SDK, LEAST_OF_CEILING, MOST_GROWTH = 1.3, 0.95, 1.2

OUTPUT = Console(width=140)


class Bench:
    """A folder with a corpus and a workload in which arms are run.

    Args:
        folder: For everything; made if missing.
        pictures: Images that ours sends.
        show: Whether the other arms send images as well.
    """

    def __init__(self, folder: Path, pictures: Pictures, *, show: bool) -> None:
        self._folder = folder / f"{pictures.width}x{pictures.height}"
        self._corpus = self._folder / "corpus"
        self._workload = self._folder / "workload.json"
        self._pictures = pictures
        if not self._workload.exists():
            shutil.rmtree(self._folder, ignore_errors=True)
            make_corpus(self._corpus, pictures)
            pairs = make_sent_pairs(self._corpus, self._folder / "sent", pictures) if show else ()
            Workload(calls_of_a_row(), pairs).write(self._workload)

    def run(self, arm: str, rows: int, latency: float, *, watch_memory: bool = False) -> Trial:
        """Runs an arm once.

        Raises:
            SystemExit: If it fails.
        """
        kept = self._folder / "kept"
        shutil.rmtree(kept, ignore_errors=True)
        log = self._folder / f"{arm}.log"
        return run_trial(lambda url: self._command(arm, url, rows, kept), rows, latency, log, watch_memory=watch_memory)

    def _command(self, arm: str, url: str, rows: int, kept: Path) -> Sequence[str]:
        if arm == OURS:
            settings = self._folder / "settings.yaml"
            ours.write_settings(settings, url, self._pictures)
            return ours.command(self._corpus, kept, settings, rows)
        kept.mkdir()
        script = [interpreter(arm), ARMS / PEERS[arm].script, "--workload", self._workload]
        return [*map(str, [*script, "--url", url, "--rows", rows, "--folder", kept])]


def main() -> None:
    """Measures what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("what", choices=["compare", "memory"])
    parser.add_argument("--folder", type=Path, required=True, help="for corpora and runs; made if missing")
    parser.add_argument("--rows", type=int, default=2000, help="of a comparison")
    parser.add_argument("--rounds", type=int, default=3, help="of a comparison")
    parser.add_argument("--latency", type=float, default=0.05, help="of the server, seconds")
    parser.add_argument("--images", action="store_true", help="two of a megapixel in each call")
    parser.add_argument("--arms", nargs="+", choices=[OURS, *PEERS], default=[OURS, *PEERS])
    parser.add_argument("--memory-rows", type=int, nargs=2, default=[1000, 50_000], help="whose memory is compared")
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    if arguments.what == "memory":
        print_header("langgraph", "openai", "aiohttp")
        print_memory(Bench(folder, SMALL, show=False), *arguments.memory_rows, arguments.latency)
        return
    for arm in arguments.arms:
        interpreter(arm)
    print_header("langgraph", "openai", "aiohttp")
    bench = Bench(folder, LARGE, show=True) if arguments.images else Bench(folder, SMALL, show=False)
    trials = compare(bench, arguments.arms, arguments.rows, arguments.latency, arguments.rounds)
    print_trials(trials)
    if OURS in trials:
        print_verdicts(trials, IN_FLIGHT / (CALLS_PER_ROW * arguments.latency))


def compare(bench: Bench, arms: Sequence[str], rows: int, latency: float, rounds: int) -> dict[str, list[Trial]]:
    """Runs the arms by turns."""
    trials: dict[str, list[Trial]] = {arm: [] for arm in arms}
    for _ in range(rounds):
        for arm in arms:
            trials[arm].append(bench.run(arm, rows, latency))
    return trials


def print_trials(trials: dict[str, list[Trial]]) -> None:
    """Prints the arms side by side."""
    headings = ("CPU ms a row", "rows/s", "wall s", "requests", "replies", "peak in flight", "server CPU ms a row")
    table = Table("arm", *headings, box=None, pad_edge=False)
    for arm, of_arm in trials.items():
        table.add_row(
            arm,
            _spread((trial.cpu_per_row for trial in of_arm), 2),
            _spread((trial.rows_per_second for trial in of_arm), 1),
            _spread((trial.usage.wall for trial in of_arm), 1),
            f"{max(trial.requests for trial in of_arm):,}",
            f"{max(trial.replied for trial in of_arm):,}",
            f"{max(trial.peak for trial in of_arm)}",
            _spread((trial.server_cpu / trial.rows * 1e3 for trial in of_arm), 2),
        )
    OUTPUT.print(table, "")


def print_verdicts(trials: dict[str, list[Trial]], ceiling: float) -> None:
    """Prints how ours compares.

    Args:
        trials: By arm, ours among them.
        ceiling: Rows a second that the latency of the server allows.
    """
    cpu = {arm: statistics.median(trial.cpu_per_row for trial in of_arm) for arm, of_arm in trials.items()}
    pace = {arm: statistics.median(trial.rows_per_second for trial in of_arm) for arm, of_arm in trials.items()}
    table = Table("ours", "measured", "wanted", box=None, pad_edge=False)
    for arm in (arm for arm in trials if arm != OURS):
        most = f"at most {MOST_OF_SDK}" if arm == SDK else "below 1"
        table.add_row(f"CPU a row, times that of {arm}", f"{cpu[OURS] / cpu[arm]:.2f}", most)
        table.add_row(f"rows/s, times those of {arm}", f"{pace[OURS] / pace[arm]:.2f}", "" if arm == SDK else "above 1")
    wanted = f"at least {LEAST_OF_CEILING:.0%} at 0.5 s"
    table.add_row(f"of the {ceiling:.0f} rows/s that the latency allows", f"{pace[OURS] / ceiling:.1%}", wanted)
    OUTPUT.print(table)


def print_memory(bench: Bench, few: int, many: int, latency: float) -> None:
    """Prints the peak memory of a short and a long run."""
    trials = [bench.run(OURS, rows, latency, watch_memory=True) for rows in (few, many)]
    table = Table("", *(f"{trial.rows:,} rows" for trial in trials), "allowed", box=None, pad_edge=False)
    table.add_row("peak memory, RSS, MB", *(f"{trial.usage.resident / 1e6:.0f}" for trial in trials))
    table.add_row("peak memory, PSS, MB", *(f"{trial.usage.peak / 1e6:.0f}" for trial in trials))
    growth = trials[1].usage.resident / trials[0].usage.resident
    table.add_row("ratio of RSS", "", f"{growth:.2f}", f"at most {MOST_GROWTH}")
    table.add_row("CPU ms a row", *(f"{trial.cpu_per_row:.2f}" for trial in trials))
    table.add_row("rows/s", *(f"{trial.rows_per_second:.1f}" for trial in trials))
    table.add_row("requests", *(f"{trial.requests:,}" for trial in trials))
    OUTPUT.print(table)


def _spread(values: Iterable[float], digits: int) -> str:
    ordered = sorted(values)
    median = f"{statistics.median(ordered):.{digits}f}"
    return median if len(ordered) == 1 else f"{median} ({ordered[0]:.{digits}f} to {ordered[-1]:.{digits}f})"


if __name__ == "__main__":
    main()
