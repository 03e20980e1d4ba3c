"""What faults of a server, its restarts and the death of the process cost a run in which models play all roles.

A calm run and one with faults make the same items with the simulated world. In the second, 10 % of the requests fail,
10 % are turned down (429), 1 % take 30 times as long, the server is restarted twice and the process killed with -9 five
times; in both, 5 % of the replies are malformed, which decides what the items are. Then a run over a server that takes
few requests at a time, until it takes all.

The bound is the most calls that can be finished while both the server and the program are there (the program from its
first request on), up to nine tenths of the calls: after that, too few attempts are left to keep all slots busy, with
faults or without. The slots are the requests that may be in flight. A 429 holds no slot, nor does waiting to try again;
all other requests hold one for the latency, or for 30 times as long. In a stretch of time t between two interruptions a
slot that is never empty ends m(t) requests: m(t) is the sum over durations d <= t of the share of d x (1 + m(t - d)).
Of those, (1 - errors - throttles) / (1 - throttles) are calls that are finished.

A call is finished when its reply is in the ledger. A finished call is repeated if a request that had been replied to is
sent again after a kill, beyond those whose replies were not in the ledger yet.

Exits 1 unless the items are the same, no finished call is repeated, the run with faults reaches 85 % of the bound, and
the throttled run never stalls and recovers.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from machine import print_header
from rich.console import Console
from rich.table import Table

sys.path.append(str(Path(__file__).parent.parent / "tests" / "support"))

from fault_trial import Trial, make_run

from mifg_pipeline.corpus import index_corpus
from mifg_pipeline.corpus.draw import draw_corpus
from mifg_pipeline.stub.settings import StubSettings

OUTPUT = Console(width=120, highlight=False)

FLAWS = {"malformed": 0.05}
FAULTS = {"errors": 0.1, "throttles": 0.1, "stragglers": 0.01, "straggler_factor": 30.0}
RESTARTS = (3, 6)
KILLS = (1, 2, 4, 5, 7)
"""After so many eighths of the calls."""

MEASURED = 0.9
"""Share of the calls until which the throughput is measured."""
LEAST = 0.85
"""Of the bound."""
THROTTLED = 8
"""Requests at a time that the throttled server takes."""


def main() -> int:
    """Makes the runs and prints what they took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=300)
    parser.add_argument("--throttled-items", type=int, default=20, help="items of the throttled run")
    parser.add_argument("--latency", type=float, default=1.0, help="seconds of a reply")
    parser.add_argument("--concurrency", type=int, default=64, help="most requests in flight")
    parser.add_argument("--scenes", type=int, default=60, help="drawn scenes")
    arguments = parser.parse_args()
    print_header("aiohttp", "langgraph", "openai")
    with tempfile.TemporaryDirectory() as folder:
        scenes = Path(folder) / "scenes"
        draw_corpus(scenes, arguments.scenes, 1)
        index_corpus(scenes)
        make = partial(make_run, scenes, concurrency=arguments.concurrency)
        calm_server = StubSettings(latency=arguments.latency, **FLAWS)
        calm = make(Path(folder) / "calm", arguments.items, [calm_server])
        is_robust = _is_robust(make, Path(folder) / "faulty", arguments, calm)
        is_patient = _is_patient(make, Path(folder) / "throttled", arguments, calm.calls / arguments.items)
    reached = is_robust and is_patient
    OUTPUT.print("Reached." if reached else "Not reached.")
    return 0 if reached else 1


def _is_robust(make: Callable[..., Trial], run: Path, arguments: argparse.Namespace, calm: Trial) -> bool:
    """Makes the run with faults."""
    server = StubSettings(latency=arguments.latency, retry_after=arguments.latency, **FLAWS, **FAULTS)
    servers = [server] * (1 + len(RESTARTS))
    events = [(eighth / 8, "kill" if eighth in KILLS else "restart") for eighth in sorted(KILLS + RESTARTS)]
    faulty = make(run, arguments.items, servers, events=events, expected=calm.calls)
    used = MEASURED * faulty.calls / most_calls(faulty, server, arguments.concurrency)
    _print_faults(calm, faulty, used)
    return faulty.candidates == calm.candidates and not repeated_calls(faulty) and used >= LEAST


def most_calls(trial: Trial, server: StubSettings, slots: int) -> float:
    """The bound, see the head of this file."""
    end = trial.seconds_until(MEASURED)
    stretches = [min(until, end) - since for since, until in trial.stretches if since < end]
    ended = ended_requests(server, round(max(stretches) / server.latency))
    finished = (1 - server.errors - server.throttles) / (1 - server.throttles)
    return slots * finished * sum(ended[int(stretch / server.latency)] for stretch in stretches)


def ended_requests(server: StubSettings, longest: int) -> list[float]:
    """Requests that one slot ends in 0, 1, … ``longest`` latencies, on the average."""
    durations = {1: 1 - server.stragglers, round(server.straggler_factor): server.stragglers}
    ended = [0.0]
    for time in range(1, longest + 1):
        ended.append(sum(share * (1 + ended[time - taken]) for taken, share in durations.items() if taken <= time))
    return ended


def repeated_calls(trial: Trial) -> int:
    """Finished calls that were made again."""
    return sum(max(0, kill.asked_again - kill.in_flight) for kill in trial.kills)


def _print_faults(calm: Trial, faulty: Trial, used: float) -> None:
    table = Table("", "calm", "with faults", "allowed", box=None, pad_edge=False)
    for label, of_calm, of_faulty, allowed in (
        ("items", *(str(trial.candidates.count(b"\n")) for trial in (calm, faulty)), ""),
        ("the same, byte by byte", "", "yes" if calm.candidates == faulty.candidates else "no", "yes"),
        ("finished calls", f"{calm.calls:,}", f"{faulty.calls:,}", ""),
        ("requests", f"{calm.outcomes.total():,}", f"{faulty.outcomes.total():,}", ""),
        ("of these failed", *(f"{_failed(trial):,}" for trial in (calm, faulty)), ""),
        ("of these turned down (429)", *(f"{trial.outcomes['throttled']:,}" for trial in (calm, faulty)), ""),
        ("of these broken off", *(f"{trial.outcomes['abandoned']:,}" for trial in (calm, faulty)), ""),
        ("replied to, not in the ledger, when killed", "", ", ".join(str(kill.in_flight) for kill in faulty.kills), ""),
        ("of all replied to, sent again after that", "", ", ".join(str(kill.asked_again) for kill in faulty.kills), ""),
        ("finished calls that were repeated", "", str(repeated_calls(faulty)), "0"),
        ("seconds, all of the run", f"{calm.seconds:.1f}", f"{faulty.seconds:.1f}", ""),
        ("seconds until 90 % of the calls", *(f"{t.seconds_until(MEASURED):.1f}" for t in (calm, faulty)), ""),
        ("seconds of these with server and program", *(f"{_up(trial):.1f}" for trial in (calm, faulty)), ""),
        ("throughput, of the bound", "", f"{used:.2f}", f"at least {LEAST}"),
    ):
        table.add_row(label, of_calm, of_faulty, allowed)
    OUTPUT.print(table, "")


def _up(trial: Trial) -> float:
    end = trial.seconds_until(MEASURED)
    return sum(min(until, end) - since for since, until in trial.stretches if since < end)


def _failed(trial: Trial) -> int:
    return sum(count for outcome, count in trial.outcomes.items() if outcome.startswith("failed"))


def _is_patient(make: Callable[..., Trial], run: Path, arguments: argparse.Namespace, calls_each: float) -> bool:
    """Makes half of a run over a server that takes few requests at a time, and the other half over another."""
    latency, items = arguments.latency / 4, arguments.throttled_items
    few = StubSettings(latency=latency, limit=THROTTLED, retry_after=latency)
    servers = [few, few.model_copy(update={"limit": None})]
    trial = make(run, items, servers, events=[(0.5, "restart")], expected=round(calls_each * items))
    start, end = 0.1, 0.45
    used = (end - start) * trial.calls / (trial.seconds_until(end) - trial.seconds_until(start)) * latency / THROTTLED
    window = 10 * latency
    fewest = trial.fewest_replies(window, start, end)
    peak = trial.peaks[1]
    table = Table("sustained 429s, then none", "measured", "allowed", box=None, pad_edge=False)
    table.add_row("requests at a time that the server takes", f"{THROTTLED}")
    table.add_row("used of that", f"{used:.2f}", "at least 0.7")
    table.add_row("requests turned down, of all", f"{trial.outcomes['over the limit'] / trial.outcomes.total():.2f}")
    table.add_row(f"fewest replies in {window:g} s", f"{fewest}", "more than 0")
    table.add_row("requests at a time afterwards, at most", f"{peak}", f"more than {2 * THROTTLED}")
    OUTPUT.print(table, "")
    return used >= 0.7 and fewest > 0 and peak > 2 * THROTTLED


if __name__ == "__main__":
    sys.exit(main())
