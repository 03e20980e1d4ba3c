"""A small real run beside its corpus, and a review file packed from it."""

import hashlib
import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mifg_pipeline.config import GenerateSettings
from mifg_pipeline.corpus import Corpus, index_corpus
from mifg_pipeline.items import Answer, GateResult, ImageRef, Item, Provenance, Region, Verdict
from mifg_pipeline.review import Submission, pack, submit
from mifg_pipeline.store import CorpusLocation, RunFolder, RunManifest
from mifg_pipeline.store.events import EventLog
from mifg_pipeline.store.review_records import ReviewEvent

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass(frozen=True)
class MadeRun:
    """A run folder beside its corpus."""

    run: RunFolder
    corpus_root: Path
    file: Path

    @property
    def items(self) -> list[Item]:
        return list(self.run.candidates())

    def write_items(self, items: list[Item]) -> None:
        lines = [f"{item.model_dump_json()}\n" for item in items]
        self.run.candidates_path.write_text("".join(lines), encoding="utf-8")

    def packed(self, annotator: str = "alice", **options: Any) -> list[dict[str, Any]]:
        """Packs into the file and returns its lines."""
        pack(self.run, annotator, self.file, **options)
        return [json.loads(line) for line in self.file.read_text(encoding="utf-8").splitlines()]

    def submitted(self, lines: list[dict[str, Any] | str]) -> Submission:
        """Writes the lines into the file and submits it."""
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        self.file.write_text("\n".join(texts), encoding="utf-8")
        return submit(self.run, self.file, NOW)

    def events(self, annotator: str = "alice") -> tuple[ReviewEvent, ...]:
        return EventLog.of(self.run, annotator).read().events


def make_question(attempt: int, images: tuple[ImageRef, ...], *, people_first: bool = False, **fields: Any) -> Item:
    content = {
        "images": images,
        "question": f"Which image shows the kite of child {attempt} – „Ä“?",
        "options": tuple(f"Image {k + 1}" for k in range(len(images))),
        "answer": Answer(kind="choice", value="B"),
        "roles": ("distractor",) + ("evidence",) * (len(images) - 1),
        "evidence": (Region(image=1, bbox=(5, 5, 35, 35), label="kite"),),
        "skills": ("search",),
        "pool": "train",
        "difficulty": "zoom",
        "verdict": Verdict(
            gates=(GateResult(gate="lint", passed=True, figures={"share": 0.1}),), people_first=people_first
        ),
        "provenance": Provenance(run_id="f" * 32, attempt=attempt, seed=7, writer="test/which-image"),
        **fields,
    }
    unchecked = Item.model_construct(**content)
    return Item(**content, id=unchecked.compute_id(), digest=unchecked.compute_digest())


def _picture(seed: int) -> Image.Image:
    cells = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return Image.fromarray(cells).resize((96, 72), Image.Resampling.BICUBIC)


def _derived_image(run: RunFolder, parent: ImageRef) -> ImageRef:
    draft = run.images / "detail.png"
    _picture(99).save(draft)
    sha256 = hashlib.sha256(draft.read_bytes()).hexdigest()
    draft.rename(run.images / f"{sha256}.png")
    fields = {"sha256": sha256, "path": f"images/{sha256}.png", "derived_from": (parent.sha256,)}
    return parent.model_copy(update=fields)


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds ``corpus`` and ``run``; tests work on copies."""
    root = tmp_path_factory.mktemp("pristine")
    corpus_root, run = root / "corpus", RunFolder(root / "run")
    (corpus_root / "ältere").mkdir(parents=True)
    for k, name in enumerate(("harbour.png", "market.jpg", "ältere/写真.png")):
        _picture(k).save(corpus_root / name)
    index_corpus(corpus_root, min_side=32, workers=1)
    corpus = Corpus.open(corpus_root)
    run.create()
    location = CorpusLocation(path="../corpus", fingerprint=corpus.fingerprint)
    run.write_manifest(RunManifest(corpus=location, settings=GenerateSettings(items=5), versions={}))
    first, second, third = (image.ref() for image in corpus.images)
    detail = _derived_image(run, first)
    items = [
        make_question(0, (first, second)),
        make_question(1, (first, second, detail)),
        make_question(2, (second, third), people_first=True),
        make_question(3, (third, first), options=None, answer=Answer(kind="number", value=2.0)),
        make_question(4, (third, second), people_first=True),
    ]
    MadeRun(run, corpus_root, root / "none.jsonl").write_items(items)
    return root


@pytest.fixture
def made(pristine: Path, tmp_path: Path) -> MadeRun:
    shutil.copytree(pristine, tmp_path, dirs_exist_ok=True)
    (tmp_path / "out").mkdir()
    return MadeRun(RunFolder(tmp_path / "run"), tmp_path / "corpus", tmp_path / "out" / "alice.jsonl")


@pytest.fixture
def change_evidence() -> Any:
    """Returns the item with other evidence: the same id, another digest."""

    def change(item: Item) -> Item:
        changed = item.model_copy(update={"evidence": (Region(image=1, bbox=(6, 6, 36, 36), label="kite"),)})
        return changed.model_copy(update={"digest": changed.compute_digest()})

    return change
