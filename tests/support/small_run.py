"""A small run on disk, made without generating: a corpus of images in several formats, a ledger, candidates."""

import hashlib
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import imagehash
import numpy as np
from PIL import Image

from mifg_pipeline.config import GenerateSettings
from mifg_pipeline.corpus import Corpus, index_corpus
from mifg_pipeline.export import Selection
from mifg_pipeline.items import (
    POOLS,
    Answer,
    CorpusImage,
    ImageRef,
    Item,
    Pool,
    Provenance,
    Region,
    Rejection,
    Tolerance,
    Verdict,
)
from mifg_pipeline.store import Accepted, CorpusLocation, Ledger, Rejected, RunFolder, RunManifest, TrailEntry
from mifg_pipeline.store.events import EventLog
from mifg_pipeline.store.files import replaced_file
from mifg_pipeline.store.review_records import Edits, Judgement

MODES = ("RGB", "RGBA", "LA", "deep", "RGB")
"""Of the images of the corpus, by turns."""


@dataclass(frozen=True)
class MadeRun:
    """A run folder beside its corpus, and the items in it."""

    run: RunFolder
    corpus_root: Path

    @property
    def items(self) -> list[Item]:
        return list(self.run.candidates())

    @property
    def corpus(self) -> Corpus:
        return Corpus.open(self.corpus_root)

    def selection(self, status: str = "candidate") -> Selection:
        return Selection.open(self.run.root, status)

    def rewrite(self, items: Iterable[Item]) -> None:
        with replaced_file(self.run.candidates_path) as file:
            file.writelines(f"{item.model_dump_json()}\n" for item in items)

    def file_of(self, image: ImageRef) -> Path:
        return (self.run.root if image.is_derived else self.corpus_root) / image.path

    def judge(self, annotator: str, item: Item, decision: str = "accept", edits: Edits | None = None) -> None:
        judgement = Judgement(
            item_id=item.id,
            item_digest=item.digest,
            decision=decision,
            edits=edits or Edits(),
            comment="as seen" if decision == "reject" else "",
        )
        EventLog.of(self.run, annotator).append([judgement], datetime(2026, 1, 2, tzinfo=UTC))


def make_item(
    images: Iterable[ImageRef],
    pool: Pool,
    *,
    attempt: int = 0,
    question: str = "How many red rings are there in Image 1 and Image 2?",
    answer: Answer | None = None,
    options: tuple[str, ...] | None = None,
    writer: str = "count-across/total",
) -> Item:
    images = tuple(images)
    fields = {
        "images": images,
        "question": question,
        "options": options,
        "answer": answer or Answer(kind="integer", value=3, unit="rings"),
        "roles": ("evidence",) * (len(images) - 1) + ("distractor",),
        "evidence": (Region(image=0, bbox=(2, 3, 30, 40), label="écrou ⚙"),),
        "skills": ("counting", "search"),
        "pool": pool,
        "difficulty": "zoom" if attempt % 2 else "glance",
        "verdict": Verdict(gates=(), people_first=False),
        "provenance": Provenance(run_id="f" * 32, attempt=attempt, seed=7, writer=writer),
    }
    unchecked = Item.model_construct(**fields)
    return Item(**fields, id=unchecked.compute_id(), digest=unchecked.compute_digest())


def _picture(seed: int) -> Image.Image:
    cells = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return Image.fromarray(cells).resize((96, 72), Image.Resampling.BICUBIC)


def _in_mode(picture: Image.Image, mode: str, name: str) -> Image.Image:
    """The picture as readers differ about: CMYK in a JPEG file, transparency or deep grey in a PNG file."""
    if mode == "RGB":
        return picture
    if name.endswith("jpg"):
        return picture.convert("CMYK")
    grey = picture.convert("L")
    if mode == "deep":
        return Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    half_clear = Image.fromarray(np.where(np.asarray(grey) > 128, 255, 0).astype(np.uint8))
    picture = grey.convert("LA") if mode == "LA" else picture.convert("RGBA")
    picture.putalpha(half_clear)
    return picture


def write_corpus(root: Path) -> None:
    root.mkdir()
    names = [f"scene {index:02d}" for index in range(40)]
    names[0] = "Ünïcode 写真"
    with (root / "metadata.jsonl").open("w", encoding="utf-8") as metadata:
        for index, stem in enumerate(names):
            name = f"{stem}.{('png', 'jpg')[index % 2]}"
            exif = Image.Exif()
            exif[0x0112] = 6 if index % 4 == 1 else 1
            _in_mode(_picture(index), MODES[index % len(MODES)], name).save(root / name, exif=exif)
            entry = {"file_name": name, "license": "CC0-1.0", "attribution": f"Ana | <b>{index % 3}</b>", "source": "s"}
            metadata.write(json.dumps(entry, ensure_ascii=False) + "\n")
    index_corpus(root, min_side=32, workers=1, shares=dict.fromkeys(POOLS, 1 / 3))


def _derived(run: RunFolder, parent: CorpusImage) -> ImageRef:
    pixels = _picture(sum(parent.sha256.encode())).resize((64, 48))
    buffer = io.BytesIO()
    pixels.save(buffer, "PNG")
    content = buffer.getvalue()
    sha256 = hashlib.sha256(content).hexdigest()
    (run.images / f"{sha256}.png").write_bytes(content)
    return ImageRef(
        sha256=sha256,
        path=f"images/{sha256}.png",
        width=64,
        height=48,
        phash=str(imagehash.phash(pixels.convert("L"))),
        license=parent.license,
        attribution=parent.attribution,
        source=parent.source,
        derived_from=(parent.sha256,),
    )


def _items_of_pool(run: RunFolder, pool: Pool, images: list[CorpusImage], first: int) -> list[Item]:
    refs = [image.ref() for image in images]
    text = Answer(kind="text", value="HÄFEN", aliases=("HAFEN",))
    length = Answer(kind="number", value=2.5, tolerance=Tolerance(absolute=0.25), unit="m")
    specifications = [
        {"images": refs[:3]},
        {
            "images": [*refs[:2], _derived(run, images[0])],
            "options": ("Image 1", "Image 2"),
            "answer": Answer(kind="choice", value="B"),
            "question": "Image 3 is a detail of which image?",
            "writer": "find-detail/which-image",
        },
        {"images": refs[1:3], "answer": text, "question": "Was steht auf dem Schild „Ö“ in Image 1? 看"},
        {"images": refs[:2], "answer": length, "question": "How long is it?"},
        {"images": refs[:2], "answer": Answer(kind="list", value=("1", "2")), "question": "Which images, in order?"},
        {"images": refs[:2], "answer": Answer(kind="boolean", value=False), "question": "Is there a ring in Image 1?"},
    ]
    return [make_item(**spec, pool=pool, attempt=first + index) for index, spec in enumerate(specifications)]


def write_run(root: Path, corpus_root: Path) -> None:
    corpus = Corpus.open(corpus_root)
    run = RunFolder(root)
    run.create()
    location = CorpusLocation(path=f"../{corpus_root.name}", fingerprint=corpus.fingerprint)
    run.write_manifest(RunManifest(corpus=location, settings=GenerateSettings(items=18, seed=7), versions={}))
    items: list[Item] = []
    for pool in POOLS:
        members = [image for image in corpus.images if image.pool == pool]
        items += _items_of_pool(run, pool, members, len(items))
    passed = (TrailEntry("question_writer", 0, True, 0.5), TrailEntry("lint", 0, True, 0.1))
    stopped = (TrailEntry("question_writer", 0, True, 0.5), TrailEntry("lint", 0, False, 0.1))
    with Ledger(run.ledger_path) as ledger:
        ledger.append(Accepted(item, item.id, passed) for item in items)
        ledger.append([Rejected(Rejection(attempt=len(items), gate="lint", reason="leak"), stopped)])
        with replaced_file(run.candidates_path) as file:
            file.writelines(f"{line}\n" for line in ledger.item_lines())
