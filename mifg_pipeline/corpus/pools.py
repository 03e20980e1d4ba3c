"""Gives each image its cluster of near-duplicates and its pool, which it keeps for good."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mifg_pipeline.corpus.near_duplicates import Hashes, cluster_labels
from mifg_pipeline.items import POOLS, Pool


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an image belongs.

    Attributes:
        pool: Its pool.
        cluster: Smallest sha256 of its cluster.
    """

    pool: Pool
    cluster: str


@dataclass(frozen=True, slots=True)
class Withheld:
    """An image that belongs nowhere: it is a near-duplicate of images of different pools.

    Attributes:
        pools: Those pools.
    """

    pools: tuple[Pool, ...]


def place_images(
    phashes: Mapping[str, int], settled: Mapping[str, Pool], *, seed: int, shares: Mapping[Pool, float], distance: int
) -> dict[str, Placement | Withheld]:
    """Places images so that no settled image moves and no cluster spans two pools.

    A cluster without a settled member goes to the pool that ``pool_by_hash`` draws; one whose settled members share
    a pool goes there. Where clusters of different pools would join, the images that join them are withheld.

    Args:
        phashes: 64-bit perceptual hash of each image by its sha256.
        settled: Pools that images have already, by sha256; it may name others than these.
        seed: Seed of the draw.
        shares: Share of the clusters that goes to each pool; they add up to 1.
        distance: Bits that the hashes of near-duplicates may differ in.

    Returns:
        Place of each image by its sha256; it does not depend on the order of the images.
    """
    shas = sorted(phashes)
    hashes = np.array([phashes[sha] for sha in shas], dtype=np.uint64)
    places: dict[str, Placement | Withheld] = {}
    for members in _groups(cluster_labels(hashes, distance)):
        names = [shas[index] for index in members]
        pools = {settled[name] for name in names if name in settled}
        if len(pools) <= 1:
            pool = next(iter(pools), None) or pool_by_hash(seed, names[0], shares)
            places |= dict.fromkeys(names, Placement(pool, names[0]))
        else:
            places |= _place_around_settled(names, hashes[members], settled, seed, shares, distance)
    return places


def pool_by_hash(seed: int, sha256: str, shares: Mapping[Pool, float]) -> Pool:
    """Draws a pool in proportion to the shares, by a hash of the seed and the smallest sha256 of a cluster."""
    digest = hashlib.sha256(f"{seed}:{sha256}".encode()).digest()
    point = int.from_bytes(digest[:8], "big") / 2**64
    for pool in POOLS:
        point -= shares.get(pool, 0.0)
        if point < 0:
            return pool
    # Shares that add up to a hair under 1 leave a gap at the end.
    return max(POOLS, key=lambda pool: shares.get(pool, 0.0))


def _groups(labels: NDArray[np.int64]) -> list[NDArray[np.intp]]:
    """Indices of each label, ascending."""
    if not labels.size:
        return []
    order = np.argsort(labels, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)


def _place_around_settled(
    names: Sequence[str],
    hashes: Hashes,
    settled: Mapping[str, Pool],
    seed: int,
    shares: Mapping[Pool, float],
    distance: int,
) -> dict[str, Placement | Withheld]:
    """Places the images of a component that holds more than one pool, one after another, the settled ones first."""
    places: dict[str, Placement | Withheld] = {}
    group = np.full(len(names), -1)
    pool_of_group: list[Pool | None] = []
    for index in sorted(range(len(names)), key=lambda index: (names[index] not in settled, names[index])):
        near = (np.bitwise_count(hashes ^ hashes[index]) <= distance) & (group >= 0)
        touched = np.unique(group[near])
        pools = {pool_of_group[number] for number in touched} | {settled.get(names[index])}
        known = tuple(pool for pool in POOLS if pool in pools)
        if len(known) > 1:
            places[names[index]] = Withheld(known)
            continue
        group[np.isin(group, touched)] = group[index] = len(pool_of_group)
        pool_of_group.append(known[0] if known else None)
    for number in np.unique(group[group >= 0]):
        members = [name for name, other in zip(names, group, strict=True) if other == number]
        pool = pool_of_group[number] or pool_by_hash(seed, members[0], shares)
        places |= dict.fromkeys(members, Placement(pool, members[0]))
    return places
