"""Exports the items of a run as a dataset, or says what such an export would hold."""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from mifg_pipeline.errors import MifgError
from mifg_pipeline.export import checksums, croissant
from mifg_pipeline.export.card import write_card
from mifg_pipeline.export.figures import Figures
from mifg_pipeline.export.folder import require_replaceable
from mifg_pipeline.export.formats import FORMATS
from mifg_pipeline.export.hugging_face import HuggingFaceWriter
from mifg_pipeline.export.inspection import ExportReport, Inspection, Terms
from mifg_pipeline.export.plain_images import PlainImages
from mifg_pipeline.export.selection import Selection
from mifg_pipeline.export.shards import SplitFiles
from mifg_pipeline.store.files import unwritable
from mifg_pipeline.store.folders import real_path
from mifg_pipeline.store.whole_folder import whole_folder

_SCRATCH: Final = ".plain"
"""Folder of the image files that are made for several formats, until the export is complete."""

PLAIN: Final = Terms()
"""The Hugging Face dataset alone, of all items or of none."""


def export_dataset(
    selection: Selection, out: Path, terms: Terms = PLAIN, *, on_row: Callable[[int], None] = lambda _: None
) -> ExportReport:
    """Writes the dataset into ``out``: Parquet shards in ``data/``, the card ``README.md``, and the other formats.

    Memory does not grow with the images: one row group of each split and format is held at a time.

    Args:
        selection: What to export.
        out: A folder that is empty, not there yet, or an earlier export, which is replaced.
        terms: What to write.
        on_row: Called with the number of rows written so far.

    Raises:
        MifgError: If there is nothing to export, or an item breaks a promise of the dataset and is not to be left
            out; ``out`` is as it was.
    """
    inspection = Inspection(selection, terms)
    figures = inspection.report.figures
    for problem in _refusals(selection, out, terms):
        raise problem
    with whole_folder(out, require_replaceable) as partial:
        splits = _write_formats(inspection, partial, on_row)
        if not figures.rows:
            raise _nothing_to_export(selection, len(inspection.report.left_out))
        write_card(partial, selection, figures, splits, inspection.samples)
        _describe(partial, figures, splits)
    return inspection.report


def check_export(selection: Selection, out: Path, terms: Terms = PLAIN) -> ExportReport:
    """What ``export_dataset`` with the same arguments would write, and what speaks against it; writes nothing."""
    inspection = Inspection(selection, terms, gather=True)
    report = inspection.report
    for _ in inspection.sound_items():
        pass
    if not report.figures.rows and not report.refused_for:
        report.refused_for.append(_nothing_to_export(selection, len(report.left_out)))
    report.refused_for.extend(_refusals(selection, out, terms))
    return report


def _write_formats(inspection: Inspection, folder: Path, on_row: Callable[[int], None]) -> list[SplitFiles]:
    plain = PlainImages(folder / _SCRATCH)
    rows = HuggingFaceWriter(folder / "data", plain)
    others = {name: FORMATS[name](folder / name, plain) for name in inspection.terms.formats}
    with ExitStack() as open_writers:
        for writer in (rows, *others.values()):
            open_writers.callback(writer.close)
        for entry, contents, names in inspection.sound_items():
            for writer in (rows, *(others[name] for name in names)):
                writer.write(entry, contents)
            on_row(inspection.report.figures.rows)
        for writer in (rows, *others.values()):
            writer.finish()
    shutil.rmtree(folder / _SCRATCH)
    return rows.splits


def _describe(folder: Path, figures: Figures, splits: Sequence[SplitFiles]) -> None:
    """Writes what describes the files for machines: Croissant, and the digest of every file."""
    sums = checksums.sums_of(folder)
    shards = {name: digest for name, digest in sums.items() if name.startswith("data/")}
    described = json.dumps(croissant.croissant(figures, splits, shards), indent=1, ensure_ascii=False) + "\n"
    (folder / croissant.FILE_NAME).write_text(described, encoding="utf-8")
    sums[croissant.FILE_NAME] = checksums.digest(folder / croissant.FILE_NAME)
    (folder / checksums.FILE_NAME).write_text(checksums.sums_text(sums), encoding="utf-8")


def _refusals(selection: Selection, out: Path, terms: Terms) -> Iterator[MifgError]:
    """What speaks against an export before any image is read."""
    target, run = real_path(out), selection.run
    if target.is_relative_to(real_path(selection.corpus.root)):
        yield MifgError(f"{out} lies in the corpus, which its pictures would join.", "Name a folder outside of it.")
    elif any(target.is_relative_to(real_path(folder)) for folder in (run.images, run.review, run.staging)):
        yield MifgError(f"{out} lies where the run keeps its own files.", "Name a folder outside of it.")
    else:
        try:
            require_replaceable(target)
        except MifgError as problem:
            yield problem
        except OSError as error:
            yield unwritable(target, error)
    if terms.require_license and not terms.skip:
        yield from _unlicensed(selection)


def _unlicensed(selection: Selection) -> Iterator[MifgError]:
    unlicensed = [not all(image.is_licensed for image in entry.item.images) for entry in selection.entries()]
    if any(unlicensed):
        yield MifgError(
            f"{sum(unlicensed)} of {len(unlicensed)} items show an image of unknown licence.",
            "Say the licences in the corpus's metadata.jsonl, index it and generate anew, leave such items out "
            "(--skip), or leave out --require-license.",
        )


def _nothing_to_export(selection: Selection, left_out: int) -> MifgError:
    run = selection.run.root
    if left_out:
        return MifgError(
            f"All {left_out} items of {run} were left out.", "See why each of them was: `mifg export … --check`."
        )
    withheld = selection.withheld()
    if withheld:
        return MifgError(
            f"All {withheld.total()} items of {run} are withheld: copies of their images are in "
            f"{' and '.join(sorted(withheld))}.",
            "Make items from images that those datasets do not hold, or leave --against out.",
        )
    if selection.status == "candidate":
        return MifgError(f"{run} has no candidates.", "Run `mifg generate` with other settings or another corpus.")
    return MifgError(
        f"No item of {run} has been verified by a person.",
        f"Review it first (`mifg review pack {run} --annotator NAME --out FILE`, then `mifg review submit`), or export "
        "the unverified candidates with --status candidate.",
    )
