"""A small run on disk, with its corpus."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mifg_pipeline.config import GenerateSettings
from mifg_pipeline.corpus import Corpus, index_corpus
from mifg_pipeline.items import Answer, Item, Region, Rejection
from mifg_pipeline.report import write_run_report
from mifg_pipeline.store import Accepted, CorpusLocation, Ledger, Rejected, RunFolder, RunManifest, TrailEntry
from mifg_pipeline.store.review_status import ReviewStatus

IMAGES = 6
ATTRIBUTION = "Ana <b>| & Co</b>"


@dataclass(frozen=True)
class SmallRun:
    """A run folder and the corpus it was made from."""

    run: RunFolder
    corpus: Corpus

    def fill(self, items: list[Item], rejections: list[Rejection]) -> None:
        """Stores outcomes; the attempts of the rejections come after those of the items."""
        passed = (TrailEntry("question_writer", 0, True, 0.5), TrailEntry("lint", 0, True, 0.1))
        failed = (TrailEntry("question_writer", 0, True, 0.5), TrailEntry("lint", 0, False, 0.1))
        with Ledger(self.run.ledger_path) as ledger:
            ledger.append(Accepted(item, item.id, passed) for item in items)
            ledger.append(Rejected(rejection, failed) for rejection in rejections)

    def page(self, review: ReviewStatus | None = None) -> str:
        """The report."""
        with Ledger(self.run.ledger_path) as ledger:
            write_run_report(self.run, self.corpus, ledger, review)
        return self.run.report_path.read_text(encoding="utf-8")


def write_corpus(root: Path) -> None:
    root.mkdir()
    with (root / "metadata.jsonl").open("w", encoding="utf-8") as metadata:
        for index in range(IMAGES):
            cells = np.random.default_rng(index).integers(0, 256, (6, 8, 3), np.uint8)
            Image.fromarray(cells).resize((400, 300), Image.Resampling.BICUBIC).save(root / f"{index}.png")
            entry = {
                "file_name": f"{index}.png",
                "license": "CC0-1.0",
                "attribution": ATTRIBUTION,
                "source": f"s{index}",
            }
            metadata.write(json.dumps(entry) + "\n")
    index_corpus(root, workers=1, shares={"train": 1.0, "validation": 0.0, "test": 0.0})


@pytest.fixture(scope="session")
def indexed(tmp_path_factory) -> Corpus:
    root = tmp_path_factory.mktemp("report") / "corpus"
    write_corpus(root)
    return Corpus.open(root)


@pytest.fixture
def small_run(tmp_path, indexed) -> SmallRun:
    """An empty run over an indexed corpus."""
    run = RunFolder(tmp_path / "run")
    run.create()
    location = CorpusLocation(path="../corpus", fingerprint=indexed.fingerprint)
    run.write_manifest(RunManifest(corpus=location, settings=GenerateSettings(items=3), versions={}))
    return SmallRun(run, indexed)


@pytest.fixture
def three_items(indexed, make_item) -> list[Item]:
    """A choice, and two items with integers, over the first two and three images of the corpus."""
    refs = tuple(image.ref() for image in indexed.images)
    region = Region(image=1, bbox=(10, 10, 50, 60))
    count = {"options": None, "answer": Answer(kind="integer", value=7), "writer": "count-across/total"}
    return [
        make_item(0, images=refs[:2], evidence=(region,), question="In which image is the <i>kite</i>?"),
        make_item(1, images=refs[:2], evidence=(region,), question="How many kites are there?", **count),
        make_item(
            *(2, "glance"), images=refs[:3], roles=("distractor", "evidence", "distractor"), evidence=(region,), **count
        ),
    ]
