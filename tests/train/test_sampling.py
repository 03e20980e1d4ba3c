"""Which questions are drawn, and that groups are whole."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.train.sampling import Group, position_of, seed_of, with_replacements


@given(size=st.integers(1, 50), epochs=st.integers(1, 4), seed=st.integers(0, 5))
def test_each_epoch_draws_every_question_once(size, epochs, seed):
    for epoch in range(epochs):
        draws = range(epoch * size, (epoch + 1) * size)
        assert sorted(position_of(draw, size, seed) for draw in draws) == list(range(size))


def test_epochs_and_seeds_have_orders_of_their_own():
    def order(seed: int, epoch: int) -> list[int]:
        return [position_of(draw, 50, seed) for draw in range(epoch * 50, (epoch + 1) * 50)]

    assert len({tuple(order(seed, epoch)) for seed in (0, 1) for epoch in (0, 1)}) == 4


def test_seeds_differ_in_every_part_and_fit_63_bits():
    seeds = {seed_of(*parts) for parts in [(0, 1, 2, 3), (1, 1, 2, 3), (0, 2, 2, 3), (0, 1, 3, 3), (0, 1, 2, 4)]}
    assert len(seeds) == 5
    assert max(seeds) < 2**63


def group(draw: int) -> Group:
    return Group(draw, SimpleNamespace(), ())


@pytest.mark.parametrize(
    ("useful", "fresh", "expected"),
    [({1, 3}, [7], [1, 7, 3]), ({1, 2, 3}, [], [1, 2, 3]), (set(), [7, 8], [7, 8, 3])],
)
def test_fresh_groups_take_the_places_of_useless_ones(useful, fresh, expected):
    replaced = with_replacements([group(draw) for draw in (1, 2, 3)], useful, [group(draw) for draw in fresh])
    assert [one.draw for one in replaced] == expected
