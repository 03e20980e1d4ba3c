"""Groups 64-bit perceptual hashes into clusters of near-duplicates without comparing all pairs."""

from collections.abc import Iterator
from itertools import combinations, pairwise
from math import comb

import numpy as np
from numpy.typing import NDArray

HASH_BITS = 64

SORTING_COST = 8
"""Comparisons of two hashes that take as long as sorting one hash among a million."""

Hashes = NDArray[np.uint64]
Labels = NDArray[np.int64]


def cluster_labels(hashes: Hashes, distance: int) -> Labels:
    """Labels the connected components of the graph that joins hashes at a Hamming distance up to ``distance``.

    Two hashes that differ in at most d bits are equal in at least b - d of any b bands that the bits are cut into
    (the pigeonhole principle), so only hashes that agree on such a choice of bands are compared, and of those only
    the ones that are in different components so far. Pairs are met by their shift in sorted order, so that memory
    stays linear however large a cluster is.

    Args:
        hashes: Shape (n,).
        distance: Bits that near-duplicates may differ in, 0 to 63.

    Returns:
        Number of each hash's component, from 0 without gaps, shape (n,).
    """
    unique, inverse = np.unique(hashes, return_inverse=True)
    labels = np.arange(len(unique), dtype=np.int64)
    for mask in agreement_masks(len(unique), distance):
        labels = _join_where_equal(unique, mask, distance, labels)
    # A component has the label that its first member began with; now they are numbered without gaps.
    number = np.cumsum(labels == np.arange(len(labels))) - 1
    return number[labels][inverse]


def agreement_masks(count: int, distance: int) -> list[np.uint64]:
    """Sets of bits such that any two hashes within the distance agree on all bits of at least one of them.

    More bands give more masks, and fewer hashes that agree on one. As many bands as the distance give a single mask of
    no bits, by which all pairs are compared.

    Args:
        count: Hashes to compare; the masks are those by which that many random ones cost least.
        distance: Bits that two hashes may differ in, 0 to 63.
    """

    def cost(bands: int) -> float:
        agreeing = count / 2 ** (HASH_BITS // bands * (bands - distance)) if bands else count
        return comb(bands, distance) * count * (SORTING_COST + agreeing / 2)

    bands = min(range(distance, HASH_BITS + 1), key=cost)
    edges = [HASH_BITS * position // bands for position in range(bands + 1)] if bands else []
    of_band = [(1 << high) - (1 << low) for low, high in pairwise(edges)]
    return [np.uint64(sum(chosen)) for chosen in combinations(of_band, bands - distance)]


def _join_where_equal(hashes: Hashes, mask: np.uint64, distance: int, labels: Labels) -> Labels:
    """Labels after joining near hashes that agree on a mask."""
    while True:
        edges: list[NDArray[np.int64]] = []
        count = 0
        for near in _near_pairs(hashes, mask, distance, labels):
            edges.append(near)
            count += near.shape[1]
            if count > len(hashes):
                break  # The components are large by now; the pairs within them need not be met.
        else:
            return _join(labels, edges)
        labels = _join(labels, edges)


def _near_pairs(hashes: Hashes, mask: np.uint64, distance: int, labels: Labels) -> Iterator[NDArray[np.int64]]:
    """Pairs of near hashes that agree on a mask and differ in their labels; each array has shape (2, pairs)."""
    key = hashes & mask
    order = np.lexsort((labels, key))
    ordered, key, label = hashes[order], key[order], labels[order]
    first, second, end = np.arange(len(hashes)), _run_ends(key, label), _run_ends(key)
    while True:
        inside = second < end
        first, second, end = first[inside], second[inside], end[inside]
        if not first.size:
            return
        near = np.bitwise_count(ordered[first] ^ ordered[second]) <= distance
        if near.any():
            yield np.stack([order[first[near]], order[second[near]]])
        second = second + 1


def _run_ends(*columns: NDArray[np.generic]) -> NDArray[np.int64]:
    """For each row, the end of the run of equal rows that it lies in."""
    changes = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    ends = np.append(np.flatnonzero(changes) + 1, len(columns[0]))
    return np.repeat(ends, np.diff(ends, prepend=0))


def _join(labels: Labels, edges: list[NDArray[np.int64]]) -> Labels:
    """Labels after joining the components at the two ends of each edge; a component gets the smallest label in it.

    In each round, roots hook onto the smallest root that they have an edge to, and paths to roots are cut short. After
    two rounds each root that is left and has edges was hooked onto, so that the rounds grow with the logarithm.

    Source: Y. Shiloach and U. Vishkin, An O(log n) parallel connectivity algorithm, 1982. SciPy's
    ``connected_components`` is no faster here, and takes longer to import than most folders have to be compared.
    """
    if not edges:
        return labels
    one, other = labels[np.concatenate(edges, axis=1)]
    root = np.arange(int(labels.max()) + 1)
    while (apart := one != other).any():
        one, other = one[apart], other[apart]
        np.minimum.at(root, np.maximum(one, other), np.minimum(one, other))
        while ((nearer := root[root]) != root).any():
            root = nearer
        one, other = root[one], root[other]
    return root[labels]
