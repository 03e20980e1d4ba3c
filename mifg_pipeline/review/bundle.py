"""Packs a review into a folder that needs no server: images, the page, and a JSONL of its decisions to submit."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, Final
from urllib.parse import quote

from PIL import Image

from mifg_pipeline.corpus import RunImages
from mifg_pipeline.corpus.pixels import load_upright
from mifg_pipeline.errors import MifgError
from mifg_pipeline.items import ImageRef, Item, content_digest
from mifg_pipeline.review.bundle_page import bundle_page, guideline_files
from mifg_pipeline.review.lines import Refusal, read_lines
from mifg_pipeline.review.pack import Packed, pack
from mifg_pipeline.review.records import REASON_LABELS, ReviewLine
from mifg_pipeline.store.files import replaced_file, unwritable
from mifg_pipeline.store.run_folder import RunFolder

BROWSER_FORMATS: Final = frozenset({"JPEG", "MPO", "PNG", "WEBP", "GIF", "BMP", "AVIF"})
"""Formats that browsers show as they are, by Pillow's names; for others the bundle has a PNG beside the file."""


def pack_bundle(
    run: RunFolder,
    annotator: str,
    folder: Path,
    *,
    count: int | None = None,
    moved_corpus: Path | None = None,
    overwrite: bool = False,
) -> Packed:
    """Writes a folder with ``index.html``, the guideline, the images and the review file of an annotator.

    The review file is the one that ``pack`` writes, with paths into the folder: whoever likes files better than the
    page fills that in.

    Args:
        run: The run.
        annotator: Who will review.
        folder: Where to write; made if it is not there.
        count: Most items to pack; all by default.
        moved_corpus: Where the corpus is now, if not where the run says.
        overwrite: Write even where the folder's review file holds what somebody filled in.

    Raises:
        MifgError: If the run, its corpus or an image is missing, or the folder must not or cannot be written.
    """
    file = folder / f"{annotator}.jsonl"
    with _made(folder):
        packed = pack(run, annotator, file, count=count, moved_corpus=moved_corpus, overwrite=overwrite)
        if packed.items:
            images = RunImages.open(run, moved_corpus)
            items = {item.id: item for item in run.candidates()}
            lines = list(_packed_lines(file))
            shown = {
                image.sha256: _add_image(image, images, folder) for line in lines for image in items[line.id].images
            }
            lines = [_line_within(line, items[line.id]) for line in lines]
            with replaced_file(file) as out:
                out.writelines(f"{line.model_dump_json()}\n" for line in lines)
            tasks = [_task(line, items[line.id], shown) for line in lines]
            _write_page(folder, _content(run, annotator, lines, tasks))
    return packed


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """A folder that is made for what the block writes; if that is nothing, it is taken away again."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise unwritable(folder, error) from error
    finally:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _packed_lines(file: Path) -> Iterator[ReviewLine]:
    for number, line in read_lines(file):
        if isinstance(line, Refusal):
            raise MifgError(f"{file}, line {number}: {line.problem}", "Edit or reject that item in another way.")
        yield line


def _path_within(image: ImageRef) -> PurePosixPath:
    """Where an image lies in the folder: by its content, because names repeat, with its name, because lines tell it."""
    return PurePosixPath("images", image.sha256[:16], PurePosixPath(image.path).name)


def _line_within(line: ReviewLine, item: Item) -> ReviewLine:
    return line.model_copy(update={"images": tuple(str(_path_within(image)) for image in item.images)})


def _add_image(image: ImageRef, images: RunImages, folder: Path) -> PurePosixPath:
    """Copies an image into the folder; returns the path of what a browser can show of it."""
    within = _path_within(image)
    source, target = images.path_of(image), folder / within
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    with Image.open(source) as opened:
        if opened.format in BROWSER_FORMATS:
            return within
    shown = within.with_name(f"{within.name}.png")
    Image.fromarray(load_upright(source)).save(folder / shown)
    return shown


def _task(line: ReviewLine, item: Item, shown: dict[str, PurePosixPath]) -> dict[str, Any]:
    """What the page shows of an item, as the server sends it; each image with its path in addition."""
    fields = line.model_dump(
        mode="json",
        include={
            "id",
            "digest",
            "question",
            "options",
            "answer",
            "answer_text",
            "evidence",
            "roles",
            "skills",
            "difficulty",
        },
    )
    images = [
        {
            **image.model_dump(mode="json", include={"sha256", "width", "height", "license", "attribution"}),
            "src": quote(str(shown[image.sha256])),
        }
        for image in item.images
    ]
    opinions = [opinion.model_dump(mode="json") for opinion in line.opinions]
    return {**fields, "images": images, **line.verdict.model_dump(mode="json"), "adjudication": opinions}


def _content(run: RunFolder, annotator: str, lines: list[ReviewLine], tasks: list[dict[str, Any]]) -> dict[str, Any]:
    judged = [[line.id, line.digest] for line in lines]
    return {
        "id": content_digest([annotator, judged]),
        "annotator": annotator,
        "run": run.root.resolve().name,
        "reasons": [{"value": reason, "label": label} for reason, label in REASON_LABELS.items()],
        "tasks": tasks,
        "lines": [line.model_dump(mode="json") for line in lines],
    }


def _write_page(folder: Path, content: dict[str, Any]) -> None:
    with replaced_file(folder / "index.html") as out:
        out.write(bundle_page(content))
    (folder / "static").mkdir(exist_ok=True)
    for name, data in guideline_files().items():
        (folder / name).write_bytes(data)
