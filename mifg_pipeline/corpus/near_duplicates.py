"""Groups 64-bit perceptual hashes into clusters of near-duplicates without comparing all pairs."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

HASH_BITS = 64

Hashes = NDArray[np.uint64]
Labels = NDArray[np.int64]


def cluster_labels(hashes: Hashes, distance: int) -> Labels:
    """Labels the connected components of the graph that joins hashes at a Hamming distance up to ``distance``.

    Two hashes that differ in at most d bits are equal in one of any d + 1 bands that the bits are cut into (the
    pigeonhole principle), so only hashes that share a band are compared. Pairs are met by their shift in the order
    of the band, so that memory stays linear however large a cluster is.

    Args:
        hashes: Shape (n,).
        distance: Bits that near-duplicates may differ in, 0 to 63.

    Returns:
        Component of each hash, 0-based, shape (n,).
    """
    unique, inverse = np.unique(hashes, return_inverse=True)
    labels = np.arange(len(unique), dtype=np.int64)
    for band in _bands(unique, distance):
        labels = _join_within_band(unique, band, distance, labels)
    return labels[inverse]


def _bands(hashes: Hashes, distance: int) -> list[Hashes]:
    """The bits of each band, or one band that all hashes share where comparing all pairs is less work."""
    bands = distance + 1
    if bands >= 2 ** (HASH_BITS // bands):
        return [np.zeros_like(hashes)]
    edges = [HASH_BITS * position // bands for position in range(bands + 1)]
    return [(hashes >> np.uint64(low)) & np.uint64((1 << (high - low)) - 1) for low, high in pairwise(edges)]


def _join_within_band(hashes: Hashes, band: Hashes, distance: int, labels: Labels) -> Labels:
    order = np.argsort(band, kind="stable")
    ordered, ordered_band = hashes[order], band[order]
    end = np.searchsorted(ordered_band, ordered_band, side="right")
    first = np.arange(len(hashes))
    pending: list[NDArray[np.int64]] = []
    shift = 0
    while True:
        shift += 1
        first = first[first + shift < end[first]]
        if not first.size:
            return _join(labels, pending)
        apart = first[labels[order[first]] != labels[order[first + shift]]]
        near = apart[np.bitwise_count(ordered[apart] ^ ordered[apart + shift]) <= distance]
        if near.size:
            pending.append(np.stack([order[near], order[near + shift]]))
        if sum(edges.shape[1] for edges in pending) > len(hashes):
            labels, pending = _join(labels, pending), []


def _join(labels: Labels, edges: list[NDArray[np.int64]]) -> Labels:
    """Labels after joining the components at the two ends of each edge."""
    if not edges:
        return labels
    # Imported here: worker processes load this package for its pixels alone.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends = labels[np.concatenate(edges, axis=1)]
    count = int(labels.max()) + 1
    graph = coo_array((np.ones(ends.shape[1], dtype=np.int8), (ends[0], ends[1])), shape=(count, count))
    _, joined = connected_components(graph, directed=False)
    return joined.astype(np.int64)[labels]
