"""Turns what was measured of the files, and what is said of them, into the rows of the index."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Self

from mifg_pipeline.corpus.annotate import annotate
from mifg_pipeline.corpus.corpus import OBJECTS
from mifg_pipeline.corpus.folder import FoundFile, Listing
from mifg_pipeline.corpus.index_file import IndexSettings, Row, StoredIndex
from mifg_pipeline.corpus.pools import Placement, Withheld, place_images
from mifg_pipeline.corpus.problems import Problem
from mifg_pipeline.images.measurement import Measurement, Unusable
from mifg_pipeline.items import Pool


@dataclass(frozen=True)
class Earlier:
    """What an earlier index knows.

    Attributes:
        measured: Each file as it was then, with what it held; files that could not be read are left out.
        pools: Pool of each image by its sha256.
        paths: All image files there were.
    """

    measured: dict[FoundFile, Measurement | Unusable]
    pools: dict[str, Pool]
    paths: frozenset[str]

    @classmethod
    def of(cls, index: StoredIndex | None) -> Self:
        """Takes it out of the index; nothing is known without one."""
        measured: dict[FoundFile, Measurement | Unusable] = {}
        pools: dict[str, Pool] = {}
        paths: set[str] = set()
        names = [field.name for field in (*fields(FoundFile), *fields(Measurement))]
        for row in index.rows(*names, "status", "reason", "pool") if index else ():
            if row["status"] == "problem":
                continue
            paths.add(row["path"])
            file = FoundFile(row["path"], row["size"], row["mtime_ns"])
            if row["sha256"] is not None:
                measured[file] = Measurement(**{field.name: row[field.name] for field in fields(Measurement)})
            elif not row["reason"].startswith("unreadable"):
                measured[file] = Unusable(row["reason"], lasting=True)
            if row["pool"] is not None:
                pools[row["sha256"]] = row["pool"]
        return cls(measured, pools, frozenset(paths))


def place_files(
    measured: Mapping[FoundFile, Measurement | Unusable], pools: Mapping[str, Pool], settings: IndexSettings
) -> list[Row]:
    """One row per file, sorted by path: which files are images to use, with cluster and pool, and why the others not.

    Args:
        measured: The files of the folder and what they hold.
        pools: Pools of images indexed earlier, by sha256.
        settings: What decides.
    """
    first_path: dict[str, str] = {}
    rows: list[Row] = []
    for file, found in sorted(measured.items()):
        row = Row(file.path, "image", size=file.size, mtime_ns=file.mtime_ns)
        if isinstance(found, Unusable):
            rows.append(replace(row, status="rejected", reason=found.reason))
            continue
        row = replace(row, **asdict(found), pool=pools.get(found.sha256))
        if min(found.width, found.height) < settings.min_side:
            reason = f"too small: {found.width}×{found.height}, shorter side under {settings.min_side}"
            row = replace(row, status="rejected", reason=reason)
        elif found.sha256 in first_path:
            row = replace(row, status="duplicate", reason=f"same bytes: as {first_path[found.sha256]}")
        else:
            first_path[found.sha256] = file.path
        rows.append(row)
    return _place_images(rows, pools, settings)


def _place_images(rows: Sequence[Row], pools: Mapping[str, Pool], settings: IndexSettings) -> list[Row]:
    places = place_images(
        {row.sha256: int(row.phash, 16) for row in rows if row.status == "image" and row.sha256 and row.phash},
        pools,
        seed=settings.seed,
        shares=settings.shares,
        distance=settings.near_duplicate_distance,
    )
    return [_placed(row, places[row.sha256]) if row.status == "image" and row.sha256 else row for row in rows]


def _placed(row: Row, place: Placement | Withheld) -> Row:
    if isinstance(place, Withheld):
        reason = f"near-duplicate of images of several pools: {', '.join(place.pools)}"
        return replace(row, status="withheld", reason=reason)
    return replace(row, pool=place.pool, cluster=place.cluster)


def annotate_rows(root: Path, listing: Listing, rows: Sequence[Row]) -> list[Row]:
    """The rows with what is said of their images, and one row more for each problem.

    Where nobody speaks of the file that is used, what is said of the first other one with the same bytes counts.

    Args:
        root: The corpus folder.
        listing: What lies in it.
        rows: From ``place_files``.
    """
    problems: list[Problem] = list(listing.problems)
    images = {row.path: row for row in rows if row.status == "image"}
    used = {row.sha256: path for path, row in images.items()}
    image_of = {row.path: used[row.sha256] for row in rows if row.sha256 in used}
    sizes = {row.path: (row.width, row.height) for row in rows if row.path in image_of and row.width and row.height}
    spoken_of: set[str] = set()
    for path, said, objects in annotate(root, listing, sizes, problems):
        image = image_of[path]
        if path != image and image in spoken_of:
            continue
        spoken_of.add(image)
        images[image] = replace(
            images[image],
            license=said.license,
            attribution=said.attribution,
            source=said.source,
            caption=said.caption,
            categories=said.categories,
            objects=OBJECTS.dump_json(objects).decode() if objects else "",
        )
    failed = [Row(path, "problem", place=place, reason=reason) for path, place, reason in problems]
    return [images.get(row.path, row) for row in rows] + failed
