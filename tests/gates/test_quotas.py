"""Quotas are whole parts of the items, and what is full stays full."""

from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.config import QuotaSettings
from mifg_pipeline.gates import Facets, QuotaRow, Quotas
from mifg_pipeline.gates.quotas import OTHER, whole_parts


@st.composite
def shares(draw):
    weights = draw(st.lists(st.integers(0, 100), min_size=1, max_size=6))
    rest = draw(st.integers(0, 100))
    total = max(1, sum(weights) + rest)
    return {f"v{index}": weight / total for index, weight in enumerate(weights)}


@given(shares(), st.integers(1, 10_000))
def test_parts_add_up_and_are_less_than_one_off(given_shares, items):
    parts = whole_parts(given_shares, items)
    assert sum(parts.values()) == items
    assert all(abs(parts[value] - share * items) < 1 + 1e-3 for value, share in given_shares.items())


def test_shares_that_divide_evenly_leave_nothing_to_others():
    assert whole_parts({"a": 0.1, "b": 0.9}, 30) == {"a": 3, "b": 27, OTHER: 0}


def facets(**values):
    return Facets(**{"family": "compare", "difficulty": "zoom", "images": "3", "answer": "choice", **values})


def test_values_without_a_share_have_what_the_named_ones_leave():
    quotas = Quotas(QuotaSettings(images={2: 0.5}), items=4)
    for count in ("3", "4"):
        assert quotas.full_dimension(facets(images=count)) is None
        quotas.count(facets(images=count))
    assert quotas.full_dimension(facets(images="5")) == "images"
    assert quotas.full_dimension(facets(images="2")) is None
    assert quotas.rows() == [QuotaRow("images", "2", 2, 0), QuotaRow("images", OTHER, 2, 2)]


def test_without_quotas_nothing_is_ever_full():
    quotas = Quotas(QuotaSettings(), items=1)
    for _ in range(5):
        quotas.count(facets())
    assert quotas.full_dimension(facets()) is None
    assert quotas.rows() == []


@given(st.lists(st.sampled_from(["compare", "relate", "order"]), max_size=40))
def test_what_is_accepted_never_exceeds_what_was_asked(families):
    quotas = Quotas(QuotaSettings(family={"compare": 0.5, "relate": 0.25}), items=8)
    for family in families:
        if quotas.full_dimension(facets(family=family)) is None:
            quotas.count(facets(family=family))
    assert all(row.reached <= row.asked for row in quotas.rows())
