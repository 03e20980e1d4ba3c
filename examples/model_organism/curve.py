"""Draws figures of trainings over their steps as SVG: a panel for each figure, a line for each kind of training."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from mifg_pipeline.report.plots import ticks

PANEL_WIDTH, PANEL_HEIGHT = 250, 190
LEFT, RIGHT, TOP, BOTTOM = 38, 240, 26, 150
"""Edges of the plotting area in its panel."""

LEGEND_HEIGHT = 22
COLUMNS = 3
WINDOW = 5
"""Steps over which a line is smoothed."""

COLOURS = ("#1f6fb4", "#c2571a", "#3a8a3a", "#8b5fb0", "#7a7a7a")


@dataclass(frozen=True)
class Curve:
    """A figure of R equal trainings but for their seeds, over T steps.

    Attributes:
        name: What is said of them in the legend.
        values: Of each training and step, (R, T); not a number where a step has none.
    """

    name: str
    values: NDArray[np.float64]


def curves_svg(panels: Mapping[str, Sequence[Curve]]) -> str:
    """A panel for each figure; all of them show the same curves in the same order.

    A line is the mean of its trainings, and the band around it goes from the lowest to the highest of them.

    Args:
        panels: Curves of each figure by its name.
    """
    rows = -(-len(panels) // COLUMNS)
    names = [curve.name for curve in next(iter(panels.values()))]
    width, height = PANEL_WIDTH * min(COLUMNS, len(panels)), PANEL_HEIGHT * rows + LEGEND_HEIGHT
    svg = _element(None, "svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {width} {height}")
    _element(svg, "rect", width=width, height=height, fill="white")
    for number, (figure, curves) in enumerate(panels.items()):
        place = f"translate({PANEL_WIDTH * (number % COLUMNS)},{PANEL_HEIGHT * (number // COLUMNS)})"
        _draw_panel(_element(svg, "g", transform=place), figure, curves)
    across = LEFT
    for name, colour in zip(names, COLOURS, strict=False):
        _element(svg, "rect", x=across, y=height - 16, width=14, height=4, fill=colour)
        _text(svg, across + 18, height - 10, name, "start")
        across += 34 + 6 * len(name)
    return ElementTree.tostring(svg, encoding="unicode")


def _draw_panel(panel: ElementTree.Element, figure: str, curves: Sequence[Curve]) -> None:
    smoothed = [_smoothed(curve.values) for curve in curves]
    highest = max((np.nanmax(values) for values in smoothed if not np.isnan(values).all()), default=1.0)
    top = max(1.0, float(highest))
    _text(panel, LEFT, TOP - 10, figure, "start", weight="bold")
    for tick in ticks(top, 4):
        height = _y(tick, top)
        _element(panel, "line", x1=LEFT, x2=RIGHT, y1=height, y2=height, stroke="#ddd")
        _text(panel, LEFT - 5, height + 4, f"{tick:g}", "end")
    steps = curves[0].values.shape[1]
    _text(panel, LEFT, BOTTOM + 16, "step 1", "start")
    _text(panel, RIGHT, BOTTOM + 16, f"{steps}", "end")
    for values, colour in zip(smoothed, COLOURS, strict=False):
        known = ~np.isnan(values).all(0)
        across = [_x(int(step), steps) for step in np.flatnonzero(known)]
        low, mean, high = (take(values[:, known], 0) for take in (np.nanmin, np.nanmean, np.nanmax))
        if len(values) > 1:
            outline = [*zip(across, high, strict=True), *zip(across[::-1], low[::-1], strict=True)]
            _element(panel, "polygon", points=_points(outline, top), fill=colour, opacity=0.15)
        line = _points([*zip(across, mean, strict=True)], top)
        _element(panel, "polyline", points=line, fill="none", stroke=colour, **{"stroke-width": 1.5})


def _smoothed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means of the last ``WINDOW`` steps that have a value, (R, T); not a number where none of them has."""
    padded = np.pad(values, ((0, 0), (WINDOW - 1, 0)), constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW, axis=1)
    known = (~np.isnan(windows)).sum(2)
    return np.where(known > 0, np.nansum(windows, 2) / np.maximum(known, 1), np.nan)


def _points(line: Sequence[tuple[float, float]], top: float) -> str:
    return " ".join(f"{x:g},{_y(value, top):g}" for x, value in line)


def _x(step: int, steps: int) -> float:
    return round(LEFT + (RIGHT - LEFT) * step / max(1, steps - 1), 1)


def _y(value: float, top: float) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * float(value) / top, 1)


def _text(parent: ElementTree.Element, x: float, y: float, text: str, anchor: str, weight: str = "normal") -> None:
    font = {"font-family": "sans-serif", "font-size": "11", "font-weight": weight, "fill": "#333"}
    _element(parent, "text", x=x, y=y, **font, **{"text-anchor": anchor}).text = text


def _element(parent: ElementTree.Element | None, name: str, **attributes: object) -> ElementTree.Element:
    texts = {key: str(value) for key, value in attributes.items()}
    return ElementTree.Element(name, texts) if parent is None else ElementTree.SubElement(parent, name, texts)
