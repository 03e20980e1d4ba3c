"""Whatever is counted, the bars add up to it."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.report.histogram import Histogram, bars, by_doubling, by_magnitude, share

COUNTS = st.dictionaries(st.integers(-50, 20_000), st.integers(1, 99))


@given(
    st.lists(st.floats(0, 1e6)), st.sampled_from([0.25, 2, 7, 128]), st.integers(1, 40)
)  # binary-exact and whole widths
def test_every_value_is_in_the_bin_that_covers_it(values, width, bins):
    histogram = Histogram(width, bins)
    for value in values:
        histogram.add(value)
    inside = [sum(index * width <= value < (index + 1) * width for value in values) for index in range(bins)]
    assert histogram.heights() == [*inside, sum(value >= width * bins for value in values)]
    assert histogram.total == len(values)


@given(COUNTS)
def test_bars_of_integers_add_up(counts):
    drawn = by_magnitude(counts)
    assert sum(bar.count for bar in drawn) == sum(counts.values())
    assert len({bar.label for bar in drawn}) == len(drawn)


def test_bars_of_integers_go_up():
    drawn = by_magnitude(Counter([20_000, 5_000, 20, 16, 15, 0, 999, -3]))
    assert [(bar.label, bar.count) for bar in drawn] == [
        *(("below 0", 1), ("0", 1), ("15", 1), ("16–99", 2)),
        *(("100–999", 1), ("1,000–9,999", 1), ("≥ 10,000", 1)),
    ]


@given(st.lists(st.integers(0, 5000)))
def test_doubling_bars_add_up(values):
    assert sum(bar.count for bar in by_doubling(values)) == len(values)


def test_doubling_bars_show_the_unused_and_no_gaps():
    drawn = by_doubling([0, 2, 3, 9])
    assert [(bar.label, bar.count) for bar in drawn] == [("0", 1), ("2–3", 2), ("4–7", 0), ("8–15", 1)]


@given(st.lists(st.tuples(st.text(), st.integers(0, 99))))
def test_shares_add_up_to_one_unless_there_is_nothing(pairs):
    total = sum(bar.share for bar in bars(pairs))
    assert abs(total - any(count for _, count in pairs)) < 1e-9


def test_a_share_of_nothing_is_nothing():
    assert share(0, 0) == 0
