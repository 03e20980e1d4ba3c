"""Plots are well-formed, show every bin, and turn no text into markup."""

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.report.histogram import Histogram
from mifg_pipeline.report.plots import Threshold, histogram_svg, ticks

HOSTILE = '</svg><script>alert("1")</script>&'


def histogram_of(values, width=10, bins=8):
    histogram = Histogram(width, bins)
    for value in values:
        histogram.add(value)
    return histogram


@given(st.text(), st.text(), st.text())
def test_any_text_gives_well_formed_xml(title, unit, label):
    svg = histogram_svg(histogram_of([1, 25, 500]), title, unit, Threshold(28, label))
    assert ElementTree.fromstring(svg).tag == "svg"


def test_text_stays_text():
    svg = histogram_svg(histogram_of([1]), HOSTILE, HOSTILE, Threshold(28, HOSTILE))
    assert "<script>" not in svg
    assert ElementTree.fromstring(svg).get("aria-label") == HOSTILE


@given(st.lists(st.floats(0, 200)))
def test_heights_of_the_bars_are_in_proportion(values):
    histogram = histogram_of(values)
    drawn = [
        float(bar.get("height")) for bar in ElementTree.fromstring(histogram_svg(histogram, "t", "px")).iter("rect")
    ]
    counts = [count for count in histogram.heights() if count]
    assert len(drawn) == len(counts)
    assert all(
        abs(height * max(counts) - count * max(drawn)) < 0.02 * max(counts)
        for height, count in zip(drawn, counts, strict=True)
    )


@given(st.lists(st.floats(0, 1000), min_size=1), st.floats(0, 70))
def test_everything_lies_within_the_picture(values, threshold):
    svg = ElementTree.fromstring(histogram_svg(histogram_of(values), "t", "px", Threshold(threshold, "here")))
    _, _, width, height = map(float, svg.get("viewBox").split())
    for bar in svg.iter("rect"):
        assert float(bar.get("x")) >= 0
        assert float(bar.get("x")) + float(bar.get("width")) <= width
        assert float(bar.get("y")) >= 0
        assert float(bar.get("y")) + float(bar.get("height")) <= height
    assert all(0 <= float(line.get("x1")) <= width for line in svg.iter("line"))


def test_bars_below_a_threshold_that_divides_have_another_colour():
    svg = histogram_svg(histogram_of([5, 15, 25, 35]), "t", "px", Threshold(20, "here", divides=True))
    assert [bar.get("class") for bar in ElementTree.fromstring(svg).iter("rect")] == ["low", "low", "high", "high"]


@given(st.floats(0.01, 1e7), st.integers(1, 10))
def test_ticks_are_equally_spaced_from_nought_within_the_axis(top, most):
    marks = ticks(top, most)
    assert marks[0] == 0
    assert marks[-1] <= top * (1 + 1e-6)
    assert 2 <= len(marks) <= most + 1 or most == 1


def test_ticks_of_counts_are_whole():
    assert ticks(2, 4, smallest_step=1) == [0, 1, 2]
    assert ticks(45, 4) == [0, 20, 40]
