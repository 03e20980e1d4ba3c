"""Packs the items that wait for an annotator into a review file."""

import os
from dataclasses import dataclass
from pathlib import Path

from mifg_pipeline.corpus import RunImages
from mifg_pipeline.errors import MifgError
from mifg_pipeline.items import ImageRef, Item
from mifg_pipeline.review.lines import Refusal, read_lines
from mifg_pipeline.review.queue import ReviewQueue, Task
from mifg_pipeline.review.records import Opinion, ReviewLine
from mifg_pipeline.store.files import replaced_file
from mifg_pipeline.store.run_folder import RunFolder


@dataclass(frozen=True)
class Packed:
    """What was packed.

    Attributes:
        items: Items in the file; no file is written for none.
        left: Items that wait for the annotator beyond those.
    """

    items: int
    left: int


def pack(
    run: RunFolder,
    annotator: str,
    out: Path,
    *,
    count: int | None = None,
    moved_corpus: Path | None = None,
    overwrite: bool = False,
) -> Packed:
    """Writes a review file, one line per item, in the order in which to decide them.

    For an adjudicator the items are those that others disagree on or flagged, with what these decided.

    Args:
        run: The run.
        annotator: Who will fill it in.
        out: The file.
        count: Most items to pack; all by default.
        moved_corpus: Where the corpus is now, if not where the run says.
        overwrite: Write even where ``out`` holds what somebody filled in.

    Raises:
        MifgError: If the run, its corpus or an image is missing, or ``out`` must not or cannot be written.
    """
    queue = ReviewQueue.open(run)
    waiting = queue.waiting(annotator)
    chosen = [task for item_id in waiting[:count] if (task := queue.task(annotator, item_id))]
    if chosen:
        _require_free(out, run, overwrite=overwrite)
        images = RunImages.open(run, moved_corpus)
        with replaced_file(out) as file:
            file.writelines(f"{_line(task, annotator, images, out).model_dump_json()}\n" for task in chosen)
    return Packed(items=len(chosen), left=len(waiting) - len(chosen))


def _line(task: Task, annotator: str, images: RunImages, out: Path) -> ReviewLine:
    opinions = tuple(map(Opinion.of, task.adjudication))
    return ReviewLine.of(task.item, annotator, image_paths(task.item, images, out), opinions)


def _require_free(out: Path, run: RunFolder, *, overwrite: bool) -> None:
    if out.resolve().parent == run.review.resolve():
        raise MifgError(f"{out} lies among the event logs of the run.", "Write the review file elsewhere: --out FILE.")
    if out.exists() and not overwrite:
        for _, line in read_lines(out):
            if isinstance(line, Refusal):
                raise MifgError(
                    f"{out} is there already and is no review file.", "Choose another name, or say --force."
                )
            if line.is_filled_in:
                raise MifgError(
                    f"{out} is there already and {line.annotator} has filled in some of it.",
                    "Submit it and choose another name, or say --force to lose what it holds.",
                )


def image_paths(item: Item, images: RunImages, out: Path) -> tuple[str, ...]:
    """Paths of an item's images relative to a file.

    Raises:
        MifgError: If an image is gone.
    """
    return tuple(_relative_path(_image_file(image, images), out) for image in item.images)


def _image_file(image: ImageRef, images: RunImages) -> Path:
    path = images.path_of(image)
    if not path.is_file():
        raise MifgError(f"The image {path} is gone.", "Restore it from a copy of the run or of the corpus.")
    return path


def _relative_path(path: Path, out: Path) -> str:
    folder = path.parent.resolve()
    return Path(os.path.relpath(folder / path.name, out.parent.resolve())).as_posix()
