"""Draws figures of a training over its steps as SVG."""

from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 44, 624, 16, 236
"""Edges of the plotting area."""

WINDOW = 5
"""Steps over which a line is smoothed."""


def curve_svg(rows: Sequence[Mapping[str, Any]], colours: Mapping[str, str]) -> str:
    """One line a figure.

    Args:
        rows: Metrics, one a step; where a figure is None, its line goes on at the next step that has one.
        colours: Of the lines, by the name of their figure.
    """
    lines = {name: _smoothed([row[name] for row in rows]) for name in colours}
    top = max(1.0, *(value for line in lines.values() for _, value in line))
    svg = ElementTree.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {WIDTH} {HEIGHT}"})
    ElementTree.SubElement(svg, "rect", {"width": str(WIDTH), "height": str(HEIGHT), "fill": "white"})
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        height = _y(tick, top)
        ends = {"x1": str(LEFT), "x2": str(RIGHT), "y1": height, "y2": height}
        ElementTree.SubElement(svg, "line", {**ends, "stroke": "#ddd"})
        _text(svg, LEFT - 6, float(height) + 4, f"{tick:g}", "#444", "end")
    for number, (name, line) in enumerate(lines.items()):
        points = " ".join(f"{_x(step, len(rows))},{_y(value, top)}" for step, value in line)
        outline = {"points": points, "fill": "none", "stroke": colours[name], "stroke-width": "2"}
        ElementTree.SubElement(svg, "polyline", outline)
        _text(svg, LEFT + 200 * number, BOTTOM + 52, name.replace("_", " "), colours[name], "start")
    for step in (1, len(rows)):
        _text(svg, float(_x(step, len(rows))), BOTTOM + 20, f"step {step}", "#444", "end" if step > 1 else "start")
    return ElementTree.tostring(svg, encoding="unicode")


def _smoothed(values: Sequence[float | None]) -> list[tuple[int, float]]:
    """Steps, counted from 1, with the mean of the last ``WINDOW`` values that are there."""
    line: list[tuple[int, float]] = []
    known: list[float] = []
    for step, value in enumerate(values, start=1):
        if value is not None:
            known.append(value)
            recent = known[-WINDOW:]
            line.append((step, sum(recent) / len(recent)))
    return line


def _x(step: int, steps: int) -> str:
    return f"{LEFT + (RIGHT - LEFT) * (step - 1) / max(1, steps - 1):.1f}"


def _y(value: float, top: float) -> str:
    return f"{BOTTOM - (BOTTOM - TOP) * value / top:.1f}"


def _text(svg: ElementTree.Element, x: float, y: float, text: str, colour: str, anchor: str) -> None:
    place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "fill": colour, "text-anchor": anchor}
    ElementTree.SubElement(svg, "text", {**place, "font-family": "sans-serif", "font-size": "13"}).text = text
