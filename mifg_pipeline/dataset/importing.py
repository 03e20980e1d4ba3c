"""Reads a dataset back into a run, to review it again and to extend it."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from typing import Final

from mifg_pipeline.config import GenerateSettings
from mifg_pipeline.corpus import Corpus
from mifg_pipeline.dataset.files import file_problems
from mifg_pipeline.dataset.rows import Shard, read_rows, shards_of
from mifg_pipeline.dataset.source_images import require_sources, source_digests, write_corpus
from mifg_pipeline.errors import MifgError
from mifg_pipeline.export.images import file_name
from mifg_pipeline.export.selection import Entry
from mifg_pipeline.gates import question_key
from mifg_pipeline.generate.engine import write_results
from mifg_pipeline.generate.prepare import new_manifest
from mifg_pipeline.items import ImageRef, Item, Rejection
from mifg_pipeline.review.report import write_reviewed_report
from mifg_pipeline.store import Accepted, Ledger, Outcome, Rejected, RunFolder, TrailEntry
from mifg_pipeline.store.events import EventLog
from mifg_pipeline.store.folders import real_path
from mifg_pipeline.store.review_records import Judgement
from mifg_pipeline.store.whole_folder import whole_folder

STEP: Final = "import"
"""What the trail of an imported item says."""

_MOST_ATTEMPTS_A_ROW: Final = 10_000
_OUTCOMES_AT_ONCE: Final = 1_000


@dataclass(frozen=True)
class Imported:
    """What was read back.

    Attributes:
        items: Candidates of the new run.
        verified: Those among them that people have verified.
        annotators: Who, sorted.
        attempts: Attempts that the run counts: an extension goes on after them.
    """

    items: int
    verified: int
    annotators: tuple[str, ...]
    attempts: int


def import_dataset(
    dataset: Path,
    corpus_root: Path,
    out: Path,
    settings: Callable[[int, int], GenerateSettings],
    on_row: Callable[[int], None] = lambda _: None,
) -> Imported:
    """Makes a run folder with the items of an exported dataset as its candidates.

    Each item stands at the attempt that it was made by; attempts of which the dataset has no item count as rejected.
    What people verified is accepted in their names. `mifg generate` with the same settings goes on from there.

    Args:
        dataset: The dataset.
        corpus_root: The corpus that it was made from; or a folder that is empty or not there yet, to which its images
            are written, in the pools that they have.
        out: The run folder, empty or not there yet.
        settings: The settings of the run, from the number of items and the seed of the dataset.
        on_row: Called with the number of rows read so far.

    Raises:
        MifgError: If the dataset is damaged or empty, does not go with the corpus, or one of the folders lies in
            another; no run is there then.
    """
    _require_apart(dataset, corpus_root, out)
    shards = shards_of(dataset)
    _require_whole(dataset, shards)
    given = Corpus.open(corpus_root) if corpus_root.is_dir() and any(corpus_root.iterdir()) else None
    sources = source_digests(shards, given)
    if not sources:
        raise MifgError(f"{dataset} has no rows.", "Name an export with items in it.")
    if given is not None:
        require_sources(given, sources)
    with whole_folder(out) as root:
        run = RunFolder(root)
        corpus = given or write_corpus(corpus_root, shards, sources)
        place = _Placement(corpus, sources, run)
        entries = sorted(place.entries(shards, on_row), key=lambda entry: entry.item.provenance.attempt)
        _require_attempts(entries)
        run.write_manifest(new_manifest(corpus, run, settings(len(entries), entries[0].item.provenance.seed)))
        with Ledger(run.ledger_path) as ledger:
            _append(ledger, entries)
            write_results(run, ledger)
            annotators = _accept(run, entries, dataset.name)
            write_reviewed_report(run, corpus, ledger)
        attempts = entries[-1].item.provenance.attempt + 1
        return Imported(len(entries), sum(bool(entry.annotators) for entry in entries), annotators, attempts)


class _Placement:
    """Gives the images of rows their places in corpus and run."""

    def __init__(self, corpus: Corpus, sources: set[str], run: RunFolder) -> None:
        self._corpus = {image.sha256: image for image in corpus.images}
        self._sources = sources
        self._run = run
        run.create()

    def entries(self, shards: Sequence[Shard], on_row: Callable[[int], None]) -> Iterator[Entry]:
        """The items with their images in place, and who verified each.

        Raises:
            MifgError: If a row is damaged, or an image belongs to another pool in the corpus.
        """
        for number, row in enumerate((row for shard in shards for row in read_rows(shard)), start=1):
            entry = row.sound_entry()
            item = entry.item
            images = [
                self._placed(item, image, content) for image, content in zip(item.images, row.contents, strict=True)
            ]
            yield replace(entry, item=item.model_copy(update={"images": tuple(images)}))
            on_row(number)

    def _placed(self, item: Item, image: ImageRef, content: bytes) -> ImageRef:
        if image.sha256 in self._sources:
            known = self._corpus[image.sha256]
            if known.pool != item.pool:
                raise MifgError(
                    f"Image {known.path} belongs to {known.pool} in the corpus, and to {item.pool} in the dataset.",
                    "Name a new folder for the corpus: images keep the pools of the dataset there.",
                )
            return image.model_copy(update={"path": known.path, "derived_from": ()})
        suffix = Path(file_name(image)).suffix
        path = self._run.images / f"{image.sha256}{suffix}"
        path.write_bytes(content)
        return image.model_copy(update={"path": f"{self._run.images.name}/{path.name}"})


def _require_apart(dataset: Path, corpus_root: Path, out: Path) -> None:
    """Makes sure that no folder of an import lies in another one, or is it."""
    named = {"the dataset": dataset, "--corpus": corpus_root, "--out": out}
    for (one, inner), (other, outer) in permutations(named.items(), 2):
        if real_path(inner).is_relative_to(real_path(outer)):
            raise MifgError(f"{inner} ({one}) lies in {outer} ({other}).", "Name three folders apart from each other.")


def _require_whole(dataset: Path, shards: Sequence[Shard]) -> None:
    problem = next(file_problems(dataset, shards), None)
    if problem is not None:
        raise MifgError(
            f"{dataset} is not as it was exported: {problem.place}: {problem.reason}.",
            "Look at `mifg check` of the dataset, and restore it from a copy.",
        )


def _require_attempts(entries: Sequence[Entry]) -> None:
    """Makes sure that the items can stand in one ledger, in which each has the place of its attempt."""
    attempts = [entry.item.provenance.attempt for entry in entries]
    if len(set(attempts)) < len(attempts) or attempts[-1] >= _MOST_ATTEMPTS_A_ROW * len(attempts):
        raise MifgError(
            "The items of the dataset do not come from one run: their attempts do not count up.",
            "Import the exports of different runs one by one, each into a run folder of its own.",
        )


def _append(ledger: Ledger, entries: Sequence[Entry]) -> None:
    batch: list[Outcome] = []
    attempt = 0
    for entry in entries:
        while attempt < entry.item.provenance.attempt:
            batch.append(_not_in_dataset(attempt))
            attempt += 1
        batch.append(Accepted(entry.item, question_key(entry.item), (TrailEntry(STEP, 0, passed=True, seconds=0.0),)))
        attempt += 1
        if len(batch) >= _OUTCOMES_AT_ONCE:
            ledger.append(batch)
            batch = []
    ledger.append(batch)


def _not_in_dataset(attempt: int) -> Rejected:
    trail = (TrailEntry(STEP, 0, passed=False, seconds=0.0),)
    return Rejected(Rejection(attempt=attempt, gate=STEP, reason="not in the dataset"), trail)


def _accept(run: RunFolder, entries: Sequence[Entry], dataset: str) -> tuple[str, ...]:
    """Has everybody who verified an item accept it as it stands now; returns their names."""
    judgements: defaultdict[str, list[Judgement]] = defaultdict(list)
    for entry in entries:
        for annotator in entry.annotators:
            item = entry.item
            judgements[annotator].append(
                Judgement(
                    item_id=item.id,
                    item_digest=item.digest,
                    decision="accept",
                    comment=f"verified in {dataset}, which was imported",
                )
            )
    for annotator, accepted in sorted(judgements.items()):
        EventLog.of(run, annotator).append(accepted, datetime.now(UTC))
    return tuple(sorted(judgements))
