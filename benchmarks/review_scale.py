"""How long the review of a large run takes to open, to answer and to count, and how much memory that needs.

Run it on any run folder: ``python benchmarks/review_scale.py runs/demo/run``. Its items are repeated under other
questions until there are enough, with decisions of several annotators on each.
"""

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from statistics import quantiles

from machine import print_header

from mifg_pipeline.items import Item
from mifg_pipeline.review.queue import ReviewQueue
from mifg_pipeline.store import Edits, Judgement, RunFolder
from mifg_pipeline.store.new_events import Past
from mifg_pipeline.store.review_records import Decision
from mifg_pipeline.store.review_rules import ReviewRules, write_rules

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
DECISIONS: dict[Decision, float] = {"accept": 0.7, "reject": 0.2, "edit": 0.05, "flag": 0.01, "skip": 0.04}
LIVE_DECISIONS = 1000


def main() -> None:
    """Parses the command line; builds the large run, then measures each step in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="run folder whose items are repeated")
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--annotators", type=int, default=3, help="each decides all items")
    parser.add_argument("--keep", type=Path, help="where the large run is built, and found again; a temporary folder")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        STEPS[arguments.step](RunFolder.open(arguments.run))
        return
    print_header("pydantic", "orjson", "msgspec")
    with tempfile.TemporaryDirectory() as temporary:
        large = RunFolder(arguments.keep or Path(temporary) / "run")
        if not large.candidates_path.exists():
            build(RunFolder.open(arguments.run), large, arguments.items, arguments.annotators)
        candidates, logs = large.candidates_path.stat().st_size, sum(p.stat().st_size for p in large.review.iterdir())
        sys.stdout.write(f"{candidates / 1e6:.0f} MB of items, {logs / 1e6:.0f} MB of events\n\n")
        for step in STEPS:
            subprocess.run([sys.executable, __file__, str(large.root), "--step", step], check=True)


def build(source: RunFolder, large: RunFolder, items: int, annotators: int) -> None:
    """Writes the large run."""
    large.create()
    large.write_manifest(source.read_manifest())
    write_rules(large, ReviewRules(overlap=0.5, adjudicators=("adjudicator",)))
    rng = random.Random(1)
    with large.candidates_path.open("w", encoding="utf-8") as file:
        made = []
        for number, item in enumerate(islice(cycle(list(source.candidates())), items)):
            other = other_question(item, number)
            made.append((other.id, other.digest))
            file.write(f"{other.model_dump_json()}\n")
    for number in range(annotators):
        past = Past(f"annotator-{number}")
        with (large.review / f"{past.annotator}.jsonl").open("w", encoding="utf-8") as file:
            # The last items are left for the newcomer; the first are decided once more instead.
            for k, (item_id, digest) in enumerate(made[:-LIVE_DECISIONS] + made[:LIVE_DECISIONS]):
                event = past.event(judgement(item_id, digest, rng), BEGIN + timedelta(seconds=k))
                file.write(f"{event.model_dump_json()}\n")


def other_question(item: Item, number: int) -> Item:
    """The item under another question, and so with another id."""
    changed = item.model_copy(update={"question": f"{item.question} ({number})"})
    return changed.model_copy(update={"id": changed.compute_id(), "digest": changed.compute_digest()})


def judgement(item_id: str, digest: str, rng: random.Random) -> Judgement:
    """Somebody's decision, by chance."""
    (decision,) = rng.choices(list(DECISIONS), list(DECISIONS.values()))
    return Judgement(
        item_id=item_id,
        item_digest=digest,
        decision=decision,
        reasons=("ambiguous",) if decision in ("reject", "flag") else (),
        edits=Edits(question="Which image shows it?") if decision == "edit" else Edits(),
        seconds=round(rng.expovariate(1 / 12), 1),
    )


def open_queue(run: RunFolder) -> None:
    """Opens the queue, then lets a newcomer decide items one after another."""
    begin = time.perf_counter()
    queue = ReviewQueue.open(run)
    report("open the queue", begin)
    seconds = []
    for _ in range(LIVE_DECISIONS):
        begin = time.perf_counter()
        item_id = queue.next("newcomer")
        task = queue.task("newcomer", item_id) if item_id else None
        if task is None:
            break
        accepted = Judgement(item_id=task.item.id, item_digest=task.item.digest, decision="accept")
        queue.decide("newcomer", accepted, task.previous, datetime.now(UTC))
        seconds.append(time.perf_counter() - begin)
    if seconds:
        cuts = quantiles(seconds, n=100)
        sys.stdout.write(
            f"next, task and decide, on disk: median {1e3 * cuts[49]:.1f} ms, p99 {1e3 * cuts[98]:.1f} ms, "
            f"of {len(seconds)}\n"
        )
    (run.review / "newcomer.jsonl").unlink(missing_ok=True)


def count(run: RunFolder) -> None:
    """Runs the whole command, with all that Python loads for it."""
    begin = time.perf_counter()
    command = [sys.executable, "-c", "from mifg_pipeline.cli import main; main()", "review", "status", str(run.root)]
    shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    report("mifg review status", begin, resource.RUSAGE_CHILDREN)
    sys.stdout.write(f"\n{shown}")


def report(what: str, begin: float, who: int = resource.RUSAGE_SELF) -> None:
    """Prints how long a step took, and the most memory that the process has held."""
    used = resource.getrusage(who)
    seconds, processor = time.perf_counter() - begin, used.ru_utime + used.ru_stime
    memory = f"{used.ru_maxrss / 1024:.0f} MB at most"
    sys.stdout.write(f"{what}: {seconds:.2f} s, {memory}; {processor:.2f} s of a processor, with imports\n")


STEPS: dict[str, Callable[[RunFolder], None]] = {"open": open_queue, "status": count}

if __name__ == "__main__":
    main()
