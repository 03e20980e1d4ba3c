"""Looks at each item before it is exported: whether it keeps what a dataset promises, and which formats hold it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from mifg_pipeline.copies import Copies
from mifg_pipeline.errors import MifgError
from mifg_pipeline.export.figures import Figures
from mifg_pipeline.export.formats import FORMATS, FormatName
from mifg_pipeline.export.images import ImageFiles
from mifg_pipeline.export.reward_check import check_reward
from mifg_pipeline.export.samples import Samples
from mifg_pipeline.export.selection import Entry, Selection
from mifg_pipeline.export.separation import Separation
from mifg_pipeline.items import CorpusImage, Item


@dataclass(frozen=True)
class Terms:
    """What an export writes, and what it does not put up with.

    Attributes:
        formats: What lies beside the Hugging Face dataset.
        require_license: Whether an image of unknown licence is a problem.
        skip: Whether an item with a problem is left out, of one format if it is that one's alone; else nothing is
            exported.
    """

    formats: tuple[FormatName, ...] = ()
    require_license: bool = False
    skip: bool = False


@dataclass
class ExportReport:
    """What an export holds, or would hold.

    Attributes:
        figures: Of the items in the Hugging Face dataset.
        left_out: Why items were left out, of all formats or of one.
        refused_for: Why there is, or would be, no dataset.
    """

    figures: Figures = field(default_factory=Figures)
    left_out: list[MifgError] = field(default_factory=list)
    refused_for: list[MifgError] = field(default_factory=list)


class Inspection:
    """Takes the items of a selection one by one, looks at all that an export promises, and counts them.

    Args:
        selection: The items.
        terms: Of the export.
        gather: Whether to note every problem and go on, whatever the terms say.
    """

    def __init__(self, selection: Selection, terms: Terms, *, gather: bool = False) -> None:
        self.report = ExportReport()
        self.samples = Samples()
        self.terms = terms
        self._selection = selection
        self._gather = gather
        self._separation = Separation(selection.corpus.images)
        self._files = ImageFiles(selection.images)

    def sound_items(self) -> Iterator[tuple[Entry, list[bytes], list[FormatName]]]:
        """The items that the Hugging Face dataset holds, with their image files and the other formats that hold them.

        Raises:
            MifgError: If one has a problem and none is to be left out.
        """
        for entry in self._selection.entries():
            try:
                contents = self._take(entry)
            except MifgError as problem:
                self._leave_out(entry.item, problem)
                continue
            yield entry, contents, [name for name in self.terms.formats if self._fits(entry.item, name)]

    def _take(self, entry: Entry) -> list[bytes]:
        """The contents of the files of the item's images.

        Raises:
            MifgError: If the item breaks a promise.
        """
        item = entry.item
        self._separation.check(item)
        check_reward(item)
        if self.terms.require_license and self.terms.skip:
            _require_licenses(item)
        contents = [self._files.read(image) for image in item.images]
        origins = [origin for image in item.images for origin in self._separation.origins(image)]
        _require_compared(origins, self._selection.copies)
        self.report.figures.add(entry, origins, sum(map(len, contents)))
        self.samples.take(item, contents)
        return contents

    def _fits(self, item: Item, name: FormatName) -> bool:
        reason = FORMATS[name].unfit(item)
        if reason is not None:
            remedy = "Leave such items out of that format with --skip, or leave out the format."
            if self.terms.skip:
                remedy = "The other formats hold it."
            self._leave_out(item, MifgError(f"It cannot be written as {name}: {reason}.", remedy))
        return reason is None

    def _leave_out(self, item: Item, problem: MifgError) -> None:
        named = MifgError(f"Item {item.id}: {problem.problem}", problem.remedy)
        if self.terms.skip:
            self.report.left_out.append(named)
        elif self._gather:
            self.report.refused_for.append(named)
        else:
            raise named from problem


def _require_licenses(item: Item) -> None:
    unknown = next((image for image in item.images if not image.is_licensed), None)
    if unknown is not None:
        raise MifgError(
            f"Its image {unknown.path} is of unknown licence.",
            "Say the licence in the corpus's metadata.jsonl, index it and generate anew.",
        )


def _require_compared(origins: Iterable[CorpusImage], copies: Copies) -> None:
    unread = next((image for image in origins if image.sha256 in copies.unread), None)
    if unread is not None:
        raise MifgError(
            f"Its image {unread.path} could not be compared with other datasets: {copies.unread[unread.sha256]}.",
            "Restore the corpus from a copy.",
        )
