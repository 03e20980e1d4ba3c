"""The corpus that an imported dataset stands on: its own source images, or one that holds them."""

import json
from collections.abc import Iterable
from pathlib import Path

from mifg_pipeline.corpus import Corpus, index_corpus
from mifg_pipeline.corpus.index_file import IndexSettings
from mifg_pipeline.dataset.rows import Shard, read_rows
from mifg_pipeline.errors import MifgError
from mifg_pipeline.export.images import file_name
from mifg_pipeline.items import ImageRef, Pool
from mifg_pipeline.store.whole_folder import whole_folder


def source_digests(shards: Iterable[Shard], corpus: Corpus | None) -> set[str]:
    """Digests of the images of a dataset that are not made from another one that is at hand.

    An image whose original is neither in the dataset nor in the corpus is taken as a source of its own.

    Raises:
        MifgError: If a file of the dataset is damaged, or none.
    """
    made: dict[str, tuple[str, ...]] = {}
    for shard in shards:
        for row in read_rows(shard, ["provenance"]):
            made.update(row.parents())
    originals = {sha256 for sha256, parents in made.items() if not parents}
    originals.update(image.sha256 for image in (corpus.images if corpus else ()))
    return {sha256 for sha256, parents in made.items() if not parents or not originals.issuperset(parents)}


def write_corpus(folder: Path, shards: Iterable[Shard], sources: set[str]) -> Corpus:
    """Writes the source images of a dataset as a corpus of their own, in the pools that they have there.

    Args:
        folder: Not there yet, or empty.
        shards: Of the dataset.
        sources: Digests of the images to write.

    Raises:
        MifgError: If the folder is in use, or images of several pools are near-duplicates.
    """
    pools: dict[str, Pool] = {}
    with whole_folder(folder) as partial:
        smallest = IndexSettings().min_side
        with (partial / "metadata.jsonl").open("w", encoding="utf-8") as metadata:
            for row in (row for shard in shards for row in read_rows(shard)):
                item = row.sound_entry().item
                for image, content in zip(item.images, row.contents, strict=True):
                    if image.sha256 in sources and image.sha256 not in pools:
                        pools[image.sha256] = item.pool
                        smallest = min(smallest, image.width, image.height)
                        (partial / file_name(image)).write_bytes(content)
                        metadata.write(_metadata_line(image))
        index_corpus(partial, min_side=smallest, settled=pools)
        _require_all(Corpus.open(partial), pools)
    return Corpus.open(folder)


def require_sources(corpus: Corpus, sources: set[str]) -> None:
    """Makes sure that a corpus holds the images that a dataset was made from.

    Raises:
        MifgError: If one is missing.
    """
    missing = sources - {image.sha256 for image in corpus.images}
    if missing:
        raise MifgError(
            f"The corpus {corpus.root} lacks {len(missing)} of the dataset's {len(sources)} source images.",
            "Name the corpus that it was made from, or a new folder: the images are then written there.",
        )


def _require_all(corpus: Corpus, pools: dict[str, Pool]) -> None:
    left_out = pools.keys() - {image.sha256 for image in corpus.images}
    if left_out:
        reasons = "; ".join(sorted({reject.reason for reject in corpus.rejects})[:3])
        raise MifgError(
            f"{len(left_out)} images of the dataset cannot be used: {reasons}.",
            "Look at `mifg check` of the dataset: it must be sound before it is imported.",
        )


def _metadata_line(image: ImageRef) -> str:
    known = {"license": image.license, "attribution": image.attribution, "source": image.source}
    return json.dumps({"file_name": file_name(image), **known}, ensure_ascii=False) + "\n"
