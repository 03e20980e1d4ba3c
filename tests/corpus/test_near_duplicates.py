"""Clusters of near-duplicate hashes."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.csgraph import connected_components

from mifg_pipeline.corpus.near_duplicates import agreement_masks, cluster_labels


def brute_force_labels(hashes: np.ndarray, distance: int) -> np.ndarray:
    near = np.array([[bin(int(a) ^ int(b)).count("1") <= distance for b in hashes] for a in hashes])
    return connected_components(near, directed=False)[1]


def partition(labels: np.ndarray) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(labels == label).tolist()) for label in labels}


def scatter(rng: np.random.Generator, count: int, bits: int) -> np.ndarray:
    """Distinct-looking hashes within ``bits`` bits of one another's centre."""
    hashes = np.full(count, rng.integers(0, 2**64, dtype=np.uint64))
    for _ in range(bits):
        hashes ^= np.uint64(1) << rng.integers(0, 64, count).astype(np.uint64)
    return hashes


@given(
    centres=st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=5),
    flips=st.lists(st.tuples(st.integers(0, 4), st.sets(st.integers(0, 63), max_size=9)), max_size=30),
    distance=st.integers(0, 20),
)
def test_clusters_are_those_of_brute_force(
    centres: list[int], flips: list[tuple[int, set[int]]], distance: int
) -> None:
    moved = [centres[index % len(centres)] ^ sum(1 << bit for bit in bits) for index, bits in flips]
    hashes = np.array(centres + moved, dtype=np.uint64)

    assert partition(cluster_labels(hashes, distance)) == partition(brute_force_labels(hashes, distance))


def walk(rng: np.random.Generator, steps: int, bits: int) -> np.ndarray:
    """Hashes of which each differs from the one before in ``bits`` bits."""
    flips = [sum(1 << int(bit) for bit in rng.choice(64, bits, replace=False)) for _ in range(steps)]
    return np.bitwise_xor.accumulate(np.array([rng.integers(0, 2**64, dtype=np.uint64), *flips], dtype=np.uint64))


@pytest.mark.parametrize("distance", [1, 2, 6, 8])
def test_clusters_among_thousands_are_those_of_brute_force(distance: int) -> None:
    rng = np.random.default_rng(distance)
    strangers = rng.integers(0, 2**64, 1500, dtype=np.uint64)
    cloud = scatter(rng, 500, bits=max(1, distance // 2))
    hashes = np.concatenate([strangers, walk(rng, 999, distance), walk(rng, 499, distance + 1), cloud])

    labels = cluster_labels(hashes, distance)

    near = np.bitwise_count(hashes[:, None] ^ hashes) <= distance
    assert partition(labels) == partition(connected_components(near, directed=False)[1])
    assert len(agreement_masks(len(hashes), distance)) > 1


@given(
    count=st.sampled_from([0, 1, 300, 20_000, 10**6, 10**8]),
    distance=st.integers(0, 10),
    bits=st.sets(st.integers(0, 63), max_size=10),
)
def test_hashes_within_the_distance_agree_on_a_mask(count: int, distance: int, bits: set[int]) -> None:
    difference = np.uint64(sum(1 << bit for bit in sorted(bits)[:distance]))

    assert any(not mask & difference for mask in agreement_masks(count, distance))


@pytest.mark.parametrize("distance", [0, 1, 6, 15, 16, 32])
def test_hashes_at_the_distance_join_and_beyond_it_do_not(distance: int) -> None:
    spread = sum(1 << (position * 63 // max(distance, 1)) for position in range(distance + 1))
    at_distance = spread & (spread - 1)
    hashes = np.array([0, at_distance], dtype=np.uint64)
    beyond = np.array([0, spread], dtype=np.uint64)

    assert at_distance.bit_count() == distance
    assert (len(set(cluster_labels(hashes, distance))), len(set(cluster_labels(beyond, distance)))) == (1, 2)


def test_no_hashes_have_no_clusters() -> None:
    assert cluster_labels(np.array([], dtype=np.uint64), 6).shape == (0,)


def test_ten_thousand_near_identical_hashes_are_one_cluster_in_seconds() -> None:
    hashes = scatter(np.random.default_rng(0), 10_000, bits=3)
    started = time.process_time()

    labels = cluster_labels(hashes, 6)

    assert len(set(labels.tolist())) == 1
    assert time.process_time() - started < 10
