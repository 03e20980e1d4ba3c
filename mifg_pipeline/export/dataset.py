"""Exports the items of a run as a Hugging Face dataset, or says what such an export would hold."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from mifg_pipeline.errors import MifgError
from mifg_pipeline.export.card import card_text
from mifg_pipeline.export.columns import row_of
from mifg_pipeline.export.figures import Figures
from mifg_pipeline.export.folder import replaced_folder, require_replaceable
from mifg_pipeline.export.images import read_image
from mifg_pipeline.export.reward_check import check_reward
from mifg_pipeline.export.selection import Entry, Selection
from mifg_pipeline.export.separation import Separation
from mifg_pipeline.export.shards import SplitFiles, SplitWriter
from mifg_pipeline.items import POOLS, Pool
from mifg_pipeline.store import Funnel, Ledger


@dataclass
class CheckReport:
    """What an export would hold.

    Attributes:
        figures: Of the items without problems.
        problems: All that an export would be refused for.
    """

    figures: Figures = field(default_factory=Figures)
    problems: list[MifgError] = field(default_factory=list)


class _Inspection:
    """Takes the items of a selection one by one, looks at all that an export promises, and counts them."""

    def __init__(self, selection: Selection) -> None:
        self.figures = Figures()
        self._separation = Separation(selection.corpus.images)
        self._images = selection.images

    def take(self, entry: Entry) -> list[bytes]:
        """The contents of the files of the item's images.

        Raises:
            MifgError: If the item breaks a promise.
        """
        item = entry.item
        self._separation.check(item)
        check_reward(item)
        contents = [read_image(self._images, image) for image in item.images]
        origins = [origin for image in item.images for origin in self._separation.origins(image)]
        self.figures.add(entry, origins, sum(map(len, contents)))
        return contents


def export_dataset(
    selection: Selection,
    out: Path,
    *,
    require_license: bool = False,
    on_row: Callable[[int], None] = lambda _: None,
) -> Figures:
    """Writes the dataset into ``out``: Parquet shards in ``data/`` and the card ``README.md``.

    Memory does not grow with the images: one row group of each split is held at a time.

    Args:
        selection: What to export.
        out: A folder that is empty, not there yet, or an earlier export, which is replaced.
        require_license: Refuse items with an image of unknown licence.
        on_row: Called with the number of rows written so far.

    Raises:
        MifgError: If there is nothing to export, or an item breaks a promise of the dataset; ``out`` is as it was.
    """
    manifest = selection.run.read_manifest()
    with Ledger(selection.run.ledger_path, read_only=True) as ledger:
        funnel = Funnel.of(ledger.trails())
    inspection = _Inspection(selection)
    with replaced_folder(out) as partial:
        files = _write_splits(selection, inspection, partial / "data", on_row)
        for problem in _refusals(selection, inspection.figures, require_license):
            raise problem
        card = card_text(inspection.figures, files, selection.status, manifest, funnel)
        (partial / "README.md").write_text(card, encoding="utf-8")
    return inspection.figures


def check_export(selection: Selection, out: Path, *, require_license: bool = False) -> CheckReport:
    """What ``export_dataset`` with the same arguments would write, and what speaks against it; writes nothing."""
    inspection = _Inspection(selection)
    report = CheckReport(inspection.figures)
    try:
        require_replaceable(out.resolve())
    except MifgError as error:
        report.problems.append(error)
    unsound = list(_unsound(selection, inspection))
    report.problems.extend(unsound)
    if report.figures.rows or not unsound:
        report.problems.extend(_refusals(selection, report.figures, require_license))
    return report


def _unsound(selection: Selection, inspection: _Inspection) -> Iterator[MifgError]:
    for entry in selection.entries():
        try:
            inspection.take(entry)
        except MifgError as error:
            yield error


def _write_splits(
    selection: Selection, inspection: _Inspection, folder: Path, on_row: Callable[[int], None]
) -> list[SplitFiles]:
    folder.mkdir()
    writers: dict[Pool, SplitWriter] = {}
    with ExitStack() as open_writers:
        for entry in selection.entries():
            pool = entry.item.pool
            if pool not in writers:
                writers[pool] = SplitWriter(folder, pool)
                open_writers.callback(writers[pool].close)
            writers[pool].write(row_of(entry, inspection.take(entry)))
            on_row(inspection.figures.rows)
        return [writers[pool].finish() for pool in POOLS if pool in writers]


def _refusals(selection: Selection, figures: Figures, require_license: bool) -> list[MifgError]:
    if not figures.rows:
        return [_nothing_to_export(selection)]
    if require_license and figures.unlicensed_rows:
        return [
            MifgError(
                f"{figures.unlicensed_rows} of {figures.rows} items show an image of unknown licence.",
                "Say the licences in the corpus's metadata.jsonl, index it and generate anew, or leave out "
                "--require-license.",
            )
        ]
    return []


def _nothing_to_export(selection: Selection) -> MifgError:
    run = selection.run.root
    if selection.status == "candidate":
        return MifgError(f"{run} has no candidates.", "Run `mifg generate` with other settings or another corpus.")
    return MifgError(
        f"No item of {run} has been verified by a person.",
        f"Review it first (`mifg review pack {run} --annotator NAME --out FILE`, then `mifg review submit`), or export "
        "the unverified candidates with --status candidate.",
    )
