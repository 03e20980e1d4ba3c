"""Packs the items that an annotator has yet to decide into a review file."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mifg_pipeline.corpus import RunImages
from mifg_pipeline.errors import MifgError
from mifg_pipeline.items import ImageRef, Item
from mifg_pipeline.review.lines import Refusal, read_lines
from mifg_pipeline.review.records import ReviewLine
from mifg_pipeline.store.decisions import counting_events
from mifg_pipeline.store.events import EventLog
from mifg_pipeline.store.files import replaced_file
from mifg_pipeline.store.review_records import ReviewEvent
from mifg_pipeline.store.run_folder import RunFolder


@dataclass(frozen=True)
class Packed:
    """What was packed.

    Attributes:
        items: Items in the file; no file is written for none.
        left: Items that the annotator has yet to decide beyond those.
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
    """Writes a review file, one line per item.

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
    log = EventLog.of(run, annotator)
    todo = undecided(run.candidates(), log.read().events)
    chosen = todo[:count]
    if chosen:
        _require_free(out, run, overwrite=overwrite)
        images = RunImages.open(run, moved_corpus)
        lines = [ReviewLine.of(item, annotator, _image_paths(item, images, out)) for item in chosen]
        with replaced_file(out) as file:
            file.writelines(f"{line.model_dump_json()}\n" for line in lines)
    return Packed(items=len(chosen), left=len(todo) - len(chosen))


def undecided(items: Iterable[Item], events: Iterable[ReviewEvent]) -> list[Item]:
    """The items that one annotator has yet to decide, in the order in which to do so.

    Those that need people first come first, those that the annotator skipped last; else in the given order.

    Args:
        items: The candidates of a run.
        events: The annotator's, in order.
    """
    open_items = []
    for item, counting in counting_events(items, events):
        decisions = {event.decision for event in counting.values()}
        if decisions <= {"skip"}:
            open_items.append((bool(decisions), not item.verdict.people_first, item))
    return [item for _, _, item in sorted(open_items, key=lambda entry: entry[:2])]


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


def _image_paths(item: Item, images: RunImages, out: Path) -> tuple[str, ...]:
    return tuple(_relative_path(_image_file(image, images), out) for image in item.images)


def _image_file(image: ImageRef, images: RunImages) -> Path:
    path = images.path_of(image)
    if not path.is_file():
        raise MifgError(f"The image {path} is gone.", "Restore it from a copy of the run or of the corpus.")
    return path


def _relative_path(path: Path, out: Path) -> str:
    folder = path.parent.resolve()
    return Path(os.path.relpath(folder / path.name, out.parent.resolve())).as_posix()
