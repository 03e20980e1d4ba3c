"""Draws histograms as SVG that takes its colours from the page's style sheet."""

import math
import re
from dataclasses import dataclass
from xml.etree import ElementTree

from markupsafe import Markup

from mifg_pipeline.report.histogram import Histogram

_WIDTH, _HEIGHT = 360, 180
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 356, 22, 142
"""Edges of the plotting area."""

_TICK_FACTORS = (1, 2, 5, 10)
_BAR_SHARE = 0.86
"""Width of a bar in its bin."""

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Threshold:
    """A value that is marked in a histogram.

    Attributes:
        value: Where the mark stands.
        label: What is written at it.
        divides: Whether bars below it are drawn in another colour.
    """

    value: float
    label: str
    divides: bool = False


def histogram_svg(histogram: Histogram, title: str, unit: str, threshold: Threshold | None = None) -> Markup:
    """A histogram as an SVG element.

    Args:
        histogram: What to draw; bins that stay empty at the right end are left out.
        title: Says to people who do not see it what it shows.
        unit: Of the values.
        threshold: Marked by a line.
    """
    axis = _Axis.of(histogram, threshold)
    top = max(histogram.heights(), default=0)
    scale = (_BOTTOM - _TOP) / max(top, 1)
    svg = ElementTree.Element("svg", {"viewBox": f"0 0 {_WIDTH} {_HEIGHT}", "role": "img", "class": "plot"})
    svg.set("aria-label", _clean(title))
    _draw_counts(svg, top, scale)
    _draw_values(svg, histogram, axis, unit)
    for index, count in enumerate(histogram.heights()):
        if count:
            _draw_bar(svg, histogram, axis, index, count * scale, threshold)
    if threshold is not None:
        _draw_threshold(svg, axis.x(threshold.value), threshold.label)
    return Markup(ElementTree.tostring(svg, encoding="unicode"))


def ticks(top: float, most: int, smallest_step: float = 0.0) -> list[float]:
    """Equally spaced round values from 0 up to ``top``.

    Args:
        top: Largest value, >= 0.
        most: Largest number of steps, >= 1.
        smallest_step: No step is smaller.
    """
    if top <= 0:
        return [0.0]
    least = max(top / most, smallest_step)
    power = 10.0 ** math.floor(math.log10(least))
    step = next(factor * power for factor in _TICK_FACTORS if factor * power >= least * (1 - 1e-9))
    if step > top and most > 1 and not smallest_step:
        step = max(value for factor in _TICK_FACTORS for value in (factor * power, factor * power / 10) if value <= top)
    return [index * step for index in range(math.floor(top / step * (1 + 1e-9)) + 1)]


@dataclass(frozen=True)
class _Axis:
    """Where values lie across the plot: the last of ``bins`` slots is for values beyond, if there are any."""

    width: float
    bins: int

    @classmethod
    def of(cls, histogram: Histogram, threshold: Threshold | None) -> "_Axis":
        reach = max((index for index, count in histogram.counts.items() if count), default=0) + 1
        if threshold is not None:
            reach = max(reach, math.ceil(threshold.value / histogram.width) + 1)
        return cls(histogram.width, max(reach, 4))

    def x(self, value: float) -> float:
        return _LEFT + (_RIGHT - _LEFT) * value / (self.width * self.bins)


def _draw_counts(svg: ElementTree.Element, top: int, scale: float) -> None:
    for tick in ticks(top, 4, smallest_step=1):
        y = _BOTTOM - tick * scale
        draw_line(svg, "grid", _LEFT, y, _RIGHT, y)
        draw_text(svg, "end", _LEFT - 6, y + 4, f"{tick:,.0f}")


def _draw_values(svg: ElementTree.Element, histogram: Histogram, axis: _Axis, unit: str) -> None:
    covered = min(axis.bins, histogram.bins) * axis.width
    for tick in ticks(covered, 6):
        draw_text(svg, "middle", axis.x(tick), _BOTTOM + 16, f"{tick:,g}")
    limit = f"; the last bar: {covered:,g} and more" if histogram.beyond else ""
    draw_text(svg, "end", _RIGHT, _BOTTOM + 33, unit + limit)


def _draw_bar(
    svg: ElementTree.Element, histogram: Histogram, axis: _Axis, index: int, height: float, threshold: Threshold | None
) -> None:
    low, high = index * axis.width, (index + 1) * axis.width
    left, slot = axis.x(low), axis.x(high) - axis.x(low)
    is_low = threshold is not None and threshold.divides and high <= threshold.value
    rectangle = ElementTree.SubElement(
        svg,
        "rect",
        {
            "class": "low" if is_low else "high",
            "x": f"{left + slot * (1 - _BAR_SHARE) / 2:.2f}",
            "y": f"{_BOTTOM - height:.2f}",
            "width": f"{slot * _BAR_SHARE:.2f}",
            "height": f"{height:.2f}",
        },
    )
    values = f"{low:,g} and more" if index == histogram.bins else f"{low:,g} to {high:,g}"
    ElementTree.SubElement(rectangle, "title").text = f"{values}: {histogram.counts[index]:,}"


def _draw_threshold(svg: ElementTree.Element, x: float, label: str) -> None:
    draw_line(svg, "threshold", x, _TOP - 14, x, _BOTTOM)
    fits_right = x < (_LEFT + _RIGHT) / 2
    draw_text(svg, "start" if fits_right else "end", x + (5 if fits_right else -5), _TOP - 6, label, "threshold")


def draw_line(svg: ElementTree.Element, class_: str, x1: float, y1: float, x2: float, y2: float) -> None:
    """Draws a line."""
    ends = {"x1": f"{x1:.2f}", "y1": f"{y1:.2f}", "x2": f"{x2:.2f}", "y2": f"{y2:.2f}"}
    ElementTree.SubElement(svg, "line", {"class": class_, **ends})


def draw_text(svg: ElementTree.Element, anchor: str, x: float, y: float, text: str, class_: str = "label") -> None:
    """Writes a line of text; ``anchor`` says whether x is its ``start``, ``middle`` or ``end``."""
    place = {"class": class_, "text-anchor": anchor, "x": f"{x:.2f}", "y": f"{y:.2f}"}
    ElementTree.SubElement(svg, "text", place).text = _clean(text)


def _clean(text: str) -> str:
    """The text with what XML cannot hold replaced."""
    return _NO_XML.sub("\ufffd", text)
