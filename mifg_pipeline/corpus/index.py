"""Indexes a corpus folder: reads what is new or changed, and decides clusters, pools and annotations."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any

from mifg_pipeline.corpus.folder import Listing, list_folder
from mifg_pipeline.corpus.index_file import IndexHeader, IndexSettings, Row, read_index, write_index
from mifg_pipeline.corpus.receipt import Receipt, read_receipt, write_receipt
from mifg_pipeline.corpus.summary import IndexSummary
from mifg_pipeline.errors import MifgError
from mifg_pipeline.images.measurement import Unusable
from mifg_pipeline.items import POOLS, Pool, content_digest


def index_corpus(
    root: Path,
    *,
    seed: int | None = None,
    shares: Mapping[Pool, float] | None = None,
    workers: int | None = None,
    near_duplicate_distance: int | None = None,
    min_side: int | None = None,
    settled: Mapping[str, Pool] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> IndexSummary:
    """Brings ``corpus.parquet`` of a folder up to date; files of the same size and time are not read again.

    Settings that are None stay as the folder was indexed before; for a first index they are those of
    ``IndexSettings``. Images keep the pool that they have whatever the settings.

    Args:
        root: The folder.
        seed: Seed of the pools.
        shares: Share of the clusters for each pool; adds up to 1.
        workers: Processes that read images; as many as there are usable cores if None.
        near_duplicate_distance: Hamming distance of pHashes up to which two images are near-duplicates.
        min_side: Shortest side of a usable image, pixels.
        settled: Pools that images have from elsewhere, by sha256; those of an earlier index come first.
        on_progress: Told how many of the files to read have been read, and how many there are.

    Raises:
        MifgError: If there is no such folder, it holds no usable image, a setting is out of range, or the index
            cannot be read or written. An earlier index is then untouched.
    """
    if not root.is_dir():
        raise MifgError(f"There is no folder {root}.", "Check the path of the corpus.")
    known = _known(root)
    settings, notes = _settle(
        known.header.settings if known else None,
        seed=seed,
        shares=dict(shares) if shares is not None else None,
        near_duplicate_distance=near_duplicate_distance,
        min_side=min_side,
    )
    listing = list_folder(root)
    stamp = _stamp(settings, listing)
    if known and known.header.stamp == stamp:
        return known.summary.after(notes=notes)
    # An unchanged folder needs none of what these import.
    from mifg_pipeline.corpus.rows import Earlier, annotate_rows, place_files
    from mifg_pipeline.images.measure_files import measure_files

    earlier = Earlier.of(read_index(root))
    unread = [file for file in listing.images if file not in earlier.measured]
    results = measure_files([root / file.path for file in unread], workers, on_progress)
    measured = earlier.measured | dict(zip(unread, results, strict=True))

    pools = {**(settled or {}), **earlier.pools}
    rows = place_files({file: measured[file] for file in listing.images}, pools, settings)
    _require_images(root, rows)
    lasting = not any(isinstance(result, Unusable) and not result.lasting for result in results)
    header = IndexHeader(settings=settings, stamp=stamp if lasting else "")
    receipt = Receipt.of(root, write_index(root, header, annotate_rows(root, listing, rows)))
    write_receipt(root, receipt)
    removed = len(earlier.paths.difference(file.path for file in listing.images))
    return receipt.summary.after(new=len(unread), removed=removed, notes=notes)


def _known(root: Path) -> Receipt | None:
    """What is known of the earlier index."""
    receipt = read_receipt(root)
    if receipt is None and (index := read_index(root)) is not None:
        receipt = Receipt.of(root, index)
    return receipt


def _require_images(root: Path, rows: Sequence[Row]) -> None:
    if not rows:
        raise MifgError(f"There is no image file in {root}.", "Put images there (JPEG, PNG, WebP, TIFF, …).")
    if not any(row.status == "image" for row in rows):
        reasons = Counter(row.reason for row in rows).most_common(3)
        listed = "; ".join(f"{reason} ({count})" for reason, count in reasons)
        raise MifgError(f"None of the {len(rows)} image files in {root} can be used: {listed}.", "Add other images.")


def _settle(earlier: IndexSettings | None, **wanted: Any) -> tuple[IndexSettings, tuple[str, ...]]:
    """Settings to use, and what to tell the user about them."""
    base = earlier or IndexSettings()
    try:
        settings = IndexSettings(
            **base.model_dump() | {name: value for name, value in wanted.items() if value is not None}
        )
    except ValueError as error:
        raise MifgError(f"A setting of the index is out of range: {error}.", "Choose another value.") from error
    shares = settings.shares.values()
    if not (all(share >= 0 for share in shares) and abs(sum(shares) - 1) <= 1e-6):
        shown = _shown(settings.shares)
        raise MifgError(f"The shares of the pools are {shown}.", "Give shares of at least 0 that add up to 1.")
    if (settings.seed, settings.shares) == (base.seed, base.shares) or earlier is None:
        return settings, ()
    note = (
        f"Images indexed before keep the pools drawn with seed {base.seed} and shares {_shown(base.shares)};"
        f" seed {settings.seed} and shares {_shown(settings.shares)} hold for new ones."
    )
    return settings, (note,)


def _shown(shares: Mapping[Pool, float]) -> str:
    return ", ".join(f"{pool} {shares.get(pool, 0):g}" for pool in POOLS)


def _stamp(settings: IndexSettings, listing: Listing) -> str:
    files = [[astuple(file) for file in part] for part in (listing.images, listing.metadata, listing.coco)]
    return content_digest([settings.model_dump(mode="json"), files, listing.problems])
