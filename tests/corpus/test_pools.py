"""Pools: what goes where, and that nothing ever moves."""

import hashlib
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.corpus.pools import Placement, Withheld, place_images, pool_by_hash
from mifg_pipeline.items import POOLS, Pool

SHARES: dict[Pool, float] = {"train": 0.8, "validation": 0.1, "test": 0.1}
EVEN: dict[Pool, float] = {"train": 1 / 3, "validation": 1 / 3, "test": 1 / 3}
DISTANCE = 2


def sha(name: object) -> str:
    return hashlib.sha256(str(name).encode()).hexdigest()


def place(
    phashes: dict[str, int], settled: dict[str, Pool] | None = None, distance: int = DISTANCE
) -> dict[str, Placement | Withheld]:
    return place_images(phashes, settled or {}, seed=0, shares=EVEN, distance=distance)


def pools_of(places: dict[str, Placement | Withheld]) -> dict[str, Pool]:
    return {name: place.pool for name, place in places.items() if isinstance(place, Placement)}


# A path of hashes, one bit apart, so that batches keep joining clusters that were settled apart.
chains = st.lists(st.integers(0, 24), min_size=1, max_size=25, unique=True).flatmap(
    lambda positions: st.tuples(st.just(positions), st.lists(st.integers(0, len(positions)), max_size=4))
)


@given(chain=chains)
def test_no_image_moves_and_no_cluster_spans_pools_whatever_the_batches(chain: tuple[list[int], list[int]]) -> None:
    positions, cuts = chain
    phashes = {sha(position): (1 << position) - 1 for position in positions}
    names = list(phashes)
    settled: dict[str, Pool] = {}
    for end in [*sorted(cuts), len(names)]:
        present = {name: phashes[name] for name in names[:end]}
        pools = pools_of(place(present, settled))
        assert settled.items() <= pools.items()
        assert all(
            pools[one] == pools[other]
            for one in pools
            for other in pools
            if (phashes[one] ^ phashes[other]).bit_count() <= DISTANCE
        )
        settled = pools


@given(st.lists(st.integers(0, 2**12 - 1), max_size=30, unique=True), st.randoms(use_true_random=False))
def test_places_do_not_depend_on_the_order_of_the_images(hashes: list[int], rng: "np.random.Generator") -> None:
    phashes = {sha(value): value for value in hashes}
    shuffled = list(phashes.items())
    rng.shuffle(shuffled)

    assert place(dict(shuffled)) == place(phashes)


def test_shares_of_random_clusters_are_within_four_standard_errors() -> None:
    count = 10_000
    hashes = np.random.default_rng(0).integers(0, 2**64, count, dtype=np.uint64).tolist()
    places = place_images({sha(value): value for value in hashes}, {}, seed=0, shares=SHARES, distance=6)

    drawn = Counter(pools_of(places).values())

    for pool in POOLS:
        error = math.sqrt(SHARES[pool] * (1 - SHARES[pool]) / count)
        assert abs(drawn[pool] / count - SHARES[pool]) < 4 * error


def test_another_seed_draws_other_pools() -> None:
    names = [sha(index) for index in range(100)]

    assert [pool_by_hash(0, name, EVEN) for name in names] != [pool_by_hash(1, name, EVEN) for name in names]


def test_pool_without_a_share_gets_nothing() -> None:
    assert {pool_by_hash(0, sha(index), {"train": 0.5, "test": 0.5}) for index in range(200)} == {"train", "test"}


def test_cluster_is_named_by_its_smallest_digest() -> None:
    phashes = {sha("one"): 0, sha("two"): 1, sha("three"): 3}

    assert {place.cluster for place in place(phashes).values() if isinstance(place, Placement)} == {min(phashes)}


@pytest.mark.parametrize("pool", POOLS)
def test_new_member_joins_the_pool_of_its_cluster(pool: Pool) -> None:
    assert pools_of(place({"a": 0, "b": 1}, {"b": pool})) == {"a": pool, "b": pool}


def test_image_between_clusters_of_different_pools_is_withheld() -> None:
    places = place({"a": 0b0000, "bridge": 0b0011, "z": 0b1111}, {"a": "train", "z": "test"})

    assert places == {
        "a": Placement("train", "a"),
        "bridge": Withheld(("train", "test")),
        "z": Placement("test", "z"),
    }


def test_image_between_clusters_of_the_same_pool_joins_them() -> None:
    places = place({"a": 0b0000, "bridge": 0b0011, "z": 0b1111}, {"a": "test", "z": "test"})

    assert places == dict.fromkeys(("a", "bridge", "z"), Placement("test", "a"))


def test_chain_of_new_images_between_two_pools_loses_only_one() -> None:
    phashes = {"a": 0b0, "m": 0b11, "n": 0b1111, "z": 0b111111}

    places = place(phashes, {"a": "train", "z": "test"})

    assert pools_of(places) == {"a": "train", "m": "train", "z": "test"}


def test_wider_distance_withholds_a_settled_image_but_does_not_move_it() -> None:
    places = place({"a": 0b0, "b": 0b1111}, {"a": "train", "b": "test"}, distance=4)

    assert places == {"a": Placement("train", "a"), "b": Withheld(("train", "test"))}
