"""Draws what analyses find as SVG: stacked shares, differences with their mean, and bars from zero."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree

from markupsafe import Markup

from mifg_pipeline.report.bootstrap import Interval
from mifg_pipeline.report.plots import draw_line, draw_text, ticks

_WIDTH: Final = 720
_LEFT, _RIGHT, _TOP = 200, 700, 34
"""Edges of the plotting area."""
_BAR, _GAP, _AXIS = 16, 12, 40
"""Height of a bar, room between groups, and room for the axis."""
_MARGIN: Final = 0.04
_LEAST_LABELLED: Final = 0.06
"""Shares below this are too narrow for their figure."""


@dataclass(frozen=True)
class StackedBar:
    """A bar of shares.

    Attributes:
        label: At its left.
        shares: Add up to 1.
        begins_group: Whether it stands apart from the bar above.
    """

    label: str
    shares: Sequence[float]
    begins_group: bool


@dataclass(frozen=True)
class Spread:
    """Figures of one kind, with their mean.

    Attributes:
        label: At its left.
        values: Drawn as dots.
        marked: Which of them are drawn in another colour.
        mean: Drawn as a diamond with its interval.
    """

    label: str
    values: Sequence[float]
    marked: Sequence[bool]
    mean: Interval


def stacked_bars(bars: Sequence[StackedBar], names: Sequence[str], title: str) -> Markup:
    """Bars of shares, one below the other.

    Args:
        bars: From top to bottom.
        names: Of the shares.
        title: Says to people who do not see it what it shows.
    """
    tops: list[float] = []
    y = _TOP - _GAP
    for bar in bars:
        y += _GAP if bar.begins_group else 2
        tops.append(y)
        y += _BAR
    svg = _canvas(y + _AXIS, title)
    _draw_legend(svg, names)
    scale = _Scale(0.0, 1.0)
    _draw_axis(svg, scale, y, [0, 0.25, 0.5, 0.75, 1], "share of the attention", percent=True)
    for bar, top in zip(bars, tops, strict=True):
        draw_text(svg, "end", _LEFT - 8, top + 12, bar.label)
        start = 0.0
        for index, (name, share) in enumerate(zip(names, bar.shares, strict=True)):
            box = _draw_box(svg, f"series-{index}", scale.x(start), scale.x(start + share), top)
            ElementTree.SubElement(box, "title").text = f"{bar.label}, {name}: {100 * share:.1f} %"
            if share >= _LEAST_LABELLED:
                draw_text(svg, "middle", scale.x(start + share / 2), top + 12, f"{100 * share:.0f}", "inside")
            start += share
    return _finished(svg)


def spreads(rows: Sequence[Spread], unit: str, marked: tuple[str, str], title: str) -> Markup:
    """Dots for single figures, and their mean with its interval, one row for each kind.

    Args:
        rows: From top to bottom, each with at least one value.
        unit: Of the values.
        marked: What unmarked and marked dots stand for.
        title: Says to people who do not see it what it shows.
    """
    height = 5 * _BAR
    bottom = _TOP + len(rows) * (height + _GAP)
    svg = _canvas(bottom + _AXIS, title)
    _draw_legend(svg, marked)
    scale = _Scale.around([value for row in rows for value in row.values])
    _draw_axis(svg, scale, bottom, scale.ticks(), unit)
    draw_line(svg, "zero", scale.x(0), _TOP, scale.x(0), bottom)
    for index, row in enumerate(rows):
        top = _TOP + index * (height + _GAP)
        draw_text(svg, "end", _LEFT - 8, top + height / 2 + 4, row.label)
        for place, (value, is_marked) in enumerate(zip(row.values, row.marked, strict=True)):
            y = top + height * (0.2 + 0.6 * (place * 0.618 % 1))  # the golden ratio spreads the dots evenly
            dot = {"class": f"series-{int(is_marked)}", "cx": f"{scale.x(value):.2f}", "cy": f"{y:.2f}", "r": "3.5"}
            ElementTree.SubElement(svg, "circle", dot)
        _draw_mean(svg, scale, row.mean, top + height - 4)
    return _finished(svg)


def bars_from_zero(rows: Sequence[tuple[str, float]], unit: str, title: str) -> Markup:
    """Bars from zero to a figure.

    Args:
        rows: Labels and figures, from top to bottom.
        unit: Of the figures.
        title: Says to people who do not see it what it shows.
    """
    bottom = _TOP + len(rows) * (_BAR + _GAP)
    svg = _canvas(bottom + _AXIS, title)
    scale = _Scale(min(0.0, *(value for _, value in rows)), 1.0)
    _draw_axis(svg, scale, bottom, scale.ticks(), unit)
    for index, (label, value) in enumerate(rows):
        top = _TOP + index * (_BAR + _GAP)
        draw_text(svg, "end", _LEFT - 8, top + 12, label)
        _draw_box(svg, "series-0", scale.x(min(0, value)), scale.x(max(0, value)), top)
        inside = abs(scale.x(value) - scale.x(0)) > 60
        x = scale.x(value) - 6 if inside else max(scale.x(value), scale.x(0)) + 6
        draw_text(svg, "end" if inside else "start", x, top + 12, f"{value:.3f}", "inside" if inside else "label")
    return _finished(svg)


@dataclass(frozen=True)
class _Scale:
    low: float
    high: float

    @classmethod
    def around(cls, values: Sequence[float]) -> "_Scale":
        """A scale that holds zero and the values, with a margin beyond values below and above it."""
        low, high = min(0.0, *values), max(0.0, *values)
        if low == high:
            return cls(low, 1.0)
        return cls(low * (1 + _MARGIN), high * (1 + _MARGIN))

    def x(self, value: float) -> float:
        return _LEFT + (_RIGHT - _LEFT) * (value - self.low) / (self.high - self.low)

    def ticks(self) -> list[float]:
        """Round values on both sides of zero."""
        step = ticks(max(self.high, -self.low), 5)[1]
        first, last = int(self.low / step), int(self.high / step * (1 + 1e-9))
        return [index * step for index in range(first, last + 1)]


def _canvas(height: float, title: str) -> ElementTree.Element:
    size = {"width": str(_WIDTH), "height": f"{height:g}", "viewBox": f"0 0 {_WIDTH} {height:g}"}
    svg = ElementTree.Element("svg", {**size, "role": "img", "class": "chart"})
    svg.set("aria-label", title)
    return svg


def _draw_legend(svg: ElementTree.Element, names: Sequence[str]) -> None:
    for index, name in enumerate(names):
        left = _LEFT + index * (_RIGHT - _LEFT) / 4
        box = {"x": f"{left:.2f}", "y": "6", "width": "11", "height": "11", "class": f"series-{index}"}
        ElementTree.SubElement(svg, "rect", box)
        draw_text(svg, "start", left + 16, 16, name)


def _draw_axis(
    svg: ElementTree.Element, scale: _Scale, bottom: float, values: Sequence[float], unit: str, percent: bool = False
) -> None:
    for value in values:
        draw_line(svg, "grid", scale.x(value), _TOP - 4, scale.x(value), bottom + 3)
        draw_text(svg, "middle", scale.x(value), bottom + 16, f"{100 * value:.0f} %" if percent else f"{value:g}")
    draw_text(svg, "end", _RIGHT, bottom + 33, unit)


def _draw_box(svg: ElementTree.Element, class_: str, left: float, right: float, top: float) -> ElementTree.Element:
    box = {"x": f"{left:.2f}", "y": f"{top:g}", "width": f"{right - left:.2f}", "height": str(_BAR), "class": class_}
    return ElementTree.SubElement(svg, "rect", box)


def _draw_mean(svg: ElementTree.Element, scale: _Scale, mean: Interval, y: float) -> None:
    x = scale.x(mean.mean)
    if mean.low is not None and mean.high is not None:
        draw_line(svg, "mean", scale.x(mean.low), y, scale.x(mean.high), y)
    ElementTree.SubElement(svg, "path", {"class": "mean", "d": f"M{x - 5:.2f} {y:g}l5 -5l5 5l-5 5z"})


def _finished(svg: ElementTree.Element) -> Markup:
    return Markup(ElementTree.tostring(svg, encoding="unicode"))
