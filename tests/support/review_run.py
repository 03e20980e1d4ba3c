"""A run whose items can be judged: drawn pictures with squares in them, questions that count and name the squares."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from mifg_pipeline.config import GenerateSettings
from mifg_pipeline.corpus import Corpus, index_corpus
from mifg_pipeline.items import Answer, GateResult, ImageRef, Item, Provenance, Region, Verdict
from mifg_pipeline.store import CorpusLocation, RunFolder, RunManifest
from mifg_pipeline.store.files import replaced_file

SIZES = ((480, 320), (640, 960), (400, 400), (640, 240), (480, 320), (360, 500), (420, 300), (300, 300), (512, 384))
SQUARE = (100, 60, 160, 120)
"""Where each picture has its square, ``(x0, y0, x1, y1)``."""
COLOURS = ("red", "blue", "lime", "gold", "cyan", "magenta", "orange", "white", "navy")


def write_review_run(folder: Path, items: int = 24) -> RunFolder:
    """Writes ``corpus`` and ``run`` into a folder; item k has 2 + k % 7 images, so that the sizes 2 to 8 repeat."""
    corpus_root, run = folder / "corpus", RunFolder(folder / "run")
    corpus_root.mkdir(parents=True)
    for number, (size, colour) in enumerate(zip(SIZES, COLOURS, strict=True)):
        _picture(number, size, colour).save(corpus_root / f"picture-{number}.png")
    index_corpus(corpus_root, min_side=32, workers=1)
    corpus = Corpus.open(corpus_root)
    run.create()
    location = CorpusLocation(path="../corpus", fingerprint=corpus.fingerprint)
    run.write_manifest(RunManifest(corpus=location, settings=GenerateSettings(items=items), versions={}))
    images = sorted((image.ref() for image in corpus.images), key=lambda image: image.path)
    write_items(run, [review_item(k, images[: 2 + k % 7]) for k in range(items)])
    return run


def write_items(run: RunFolder, items: list[Item]) -> None:
    """Makes these the candidates of the run."""
    with replaced_file(run.candidates_path) as file:
        file.writelines(f"{item.model_dump_json()}\n" for item in items)


def review_item(number: int, images: list[ImageRef], **fields: object) -> Item:
    """An item over images: even ones ask for a choice, odd ones for a count."""
    is_choice = number % 2 == 0
    options = tuple(f"Image {k + 1}" for k in range(len(images)))
    content = {
        "images": tuple(images),
        "question": f"Which image has the {COLOURS[1]} square of round {number}?"
        if is_choice
        else f"How many squares are there in Images 1 and 2 in round {number}?",
        "options": options if is_choice else None,
        "answer": Answer(kind="choice", value="B") if is_choice else Answer(kind="integer", value=2),
        "roles": ("evidence",) * len(images),
        "evidence": (Region(image=1, bbox=SQUARE, label="square"), Region(image=0, bbox=SQUARE, label="square")),
        "skills": ("search", "counting"),
        "pool": "train",
        "difficulty": "zoom",
        "verdict": Verdict(gates=(GateResult(gate="lint", passed=True, figures={"share": 0.1}),), people_first=False),
        "provenance": Provenance(run_id="f" * 32, attempt=number, seed=7, writer="test/squares"),
        **fields,
    }
    unchecked = Item.model_construct(**content)
    return Item(**content, id=unchecked.compute_id(), digest=unchecked.compute_digest())


def _picture(number: int, size: tuple[int, int], colour: str) -> Image.Image:
    cells = np.random.default_rng(number).integers(60, 190, (6, 8, 3), np.uint8)
    picture = Image.fromarray(cells).resize(size, Image.Resampling.BICUBIC)
    x0, y0, x1, y1 = SQUARE
    ImageDraw.Draw(picture).rectangle((x0, y0, x1 - 1, y1 - 1), fill=colour)
    return picture
