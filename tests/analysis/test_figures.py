"""Charts: every figure is drawn where it belongs."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.analysis.figures import Spread, StackedBar, bars_from_zero, spreads, stacked_bars
from mifg_pipeline.report.bootstrap import Interval

numbers = st.floats(-1e3, 1e3, allow_nan=False)


def elements(svg, tag, class_=None):
    found = ElementTree.fromstring(str(svg)).iter(tag)
    return [element for element in found if class_ is None or element.get("class") == class_]


def bars_of(svg):
    """Boxes below the legend, which is at the top."""
    return [box for box in elements(svg, "rect") if float(box.get("y")) > 20]


def test_stacked_shares_fill_the_width():
    svg = stacked_bars([StackedBar("turn 1", (0.5, 0.25, 0.25), True)], ("a", "b", "c"), "shares")
    edges = [(float(box.get("x")), float(box.get("x")) + float(box.get("width"))) for box in bars_of(svg)]
    assert edges == [(200, 450), (450, 575), (575, 700)]


def test_narrow_shares_have_no_figure_in_them():
    svg = stacked_bars([StackedBar("turn 1", (0.96, 0.04), True)], ("a", "b"), "shares")
    assert [text.text for text in elements(svg, "text", "inside")] == ["96"]


def test_a_spread_has_a_dot_for_each_figure_in_its_colour():
    row = Spread("blank", (0.5, -0.5, 1.0), (True, False, True), Interval(0.33, -0.2, 0.9))
    svg = spreads([row], "nats", ("wrong", "right"), "differences")
    assert len(elements(svg, "circle", "series-1")) == 2
    assert len(elements(svg, "circle", "series-0")) == 1
    assert len(elements(svg, "line", "mean")) == 1


def test_a_mean_without_interval_has_no_line():
    svg = spreads([Spread("blank", (0.5,), (True,), Interval(0.5, None, None))], "nats", ("wrong", "right"), "one")
    assert elements(svg, "line", "mean") == []
    assert len(elements(svg, "path", "mean")) == 1


@given(st.lists(numbers, min_size=1, max_size=9))
def test_dots_lie_within_the_chart_and_in_the_order_of_their_figures(values):
    row = Spread("blank", values, [False] * len(values), Interval(values[0], None, None))
    places = [float(dot.get("cx")) for dot in elements(spreads([row], "nats", ("a", "b"), "c"), "circle")]
    assert all(200 <= place <= 700 for place in places)
    assert sorted(range(len(values)), key=values.__getitem__) == sorted(
        range(len(values)), key=lambda index: (places[index], values[index])
    )


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=6))
def test_bars_begin_at_zero(values):
    svg = bars_from_zero([(f"plan {index}", value) for index, value in enumerate(values)], "cosine", "cosines")
    zero = 200 - 500 * min(0, *values) / (1 - min(0, *values))
    for box, value in zip(bars_of(svg), values, strict=True):
        left, width = float(box.get("x")), float(box.get("width"))
        assert (left if value > 0 else left + width) == pytest.approx(zero, abs=0.02)


def test_words_are_escaped():
    assert not re.search("<b>", str(bars_from_zero([("<b>", 0.5)], "cosine", "cosines")))
