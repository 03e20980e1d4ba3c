"""Makes a MIFG-QA set from drawn scenes and the photographs that ship, checks it, and writes its quality report.

Draws the scenes, adds the photographs, indexes the folder, makes the items in equal shares of all program families,
exports them as unverified candidates, checks the dataset from its files, and has every key recomputed from the
annotations by the independent check of `tests/support/key_check.py`. Run again, it goes on where it stopped.
"""

import argparse
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from run_keys import check_keys

from mifg_pipeline.dataset.check import check_dataset
from mifg_pipeline.dataset.quality import quality, quality_text
from mifg_pipeline.programs import families

PHOTOS = Path(__file__).parent.parent / "data" / "photos"
PLANTED = 500

OUTPUT = Console()


def main() -> None:
    """Makes corpus, run, dataset and report.

    Raises:
        SystemExit: With 1 if the dataset breaks a promise, or a key is wrong.
    """
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--scenes", type=int, default=2_000)
    parser.add_argument("folder", type=Path, help="for corpus, run, dataset and report; made if missing")
    arguments = parser.parse_args()
    corpus, run, dataset = (arguments.folder / name for name in ("corpus", "run", "dataset"))
    with timed("corpus"):
        make_corpus(corpus, arguments.scenes)
    with timed("items"):
        mifg("generate", "--corpus", corpus, "--out", run, "--items", arguments.items, "--seed", 1, *equal_shares())
    with timed("dataset"):
        mifg("export", run, "--out", dataset, "--status", "candidate")
    with timed("report"):
        sound = write_report(corpus, run, dataset, arguments.folder / "quality.md")
    sys.exit(0 if sound else 1)


def make_corpus(corpus: Path, scenes: int) -> None:
    """Draws, copies and indexes what is not there yet."""
    corpus.mkdir(parents=True, exist_ok=True)
    mifg("corpus", "draw", "--count", scenes, "--seed", 1, "--out", corpus / "scenes")
    if not (corpus / "photos").exists():
        shutil.copytree(PHOTOS, corpus / "photos")
    mifg("corpus", "index", corpus)


def equal_shares() -> tuple[str, str]:
    """The setting by which each program family makes the same number of items."""
    names = families()
    return "--set", f"quotas.family={{{', '.join(f'{name}: {1 / len(names)}' for name in names)}}}"


def mifg(*arguments: object) -> None:
    """Runs a command of the package as users do.

    Raises:
        CalledProcessError: If it fails; it has said why.
    """
    subprocess.run(
        [sys.executable, "-c", "from mifg_pipeline.cli import main; main()", *map(str, arguments)], check=True
    )


def write_report(corpus: Path, run: Path, dataset: Path, path: Path) -> bool:
    """Writes the quality report and says whether the dataset is sound."""
    report = check_dataset(dataset)
    keys = check_keys(corpus, run, PLANTED)
    notes = [
        "Unverified: no person has checked these items.",
        f"An independent program answered {keys.answered} of the questions from the annotations: {len(keys.wrong)} "
        f"keys are wrong. Of {keys.planted} wrong keys that were planted it found {keys.found}. "
        f"{keys.unknown.total()} items are of forms that it does not know.",
    ]
    path.write_text(quality_text(quality(dataset), report, notes), encoding="utf-8")
    OUTPUT.print(f"quality report: {path}", highlight=False, soft_wrap=True)
    return not report.problems and not keys.wrong


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Prints how long a part took."""
    start = time.monotonic()
    yield
    OUTPUT.print(f"{what}: {time.monotonic() - start:.0f} s", highlight=False)


if __name__ == "__main__":
    main()
