"""The page of an evaluation: charts, tables and example trajectories in one HTML file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree

from markupsafe import Markup

from mifg_pipeline.evaluate.benchmarks import Benchmark
from mifg_pipeline.evaluate.episodes import EpisodeKey, EvaluationEpisode
from mifg_pipeline.evaluate.figures import Evaluation, Share
from mifg_pipeline.evaluate.items import BenchmarkItem
from mifg_pipeline.evaluate.outcomes import Outcome
from mifg_pipeline.evaluate.plan import Mode
from mifg_pipeline.evaluate.tables import MODE_NAMES, percent, tables_of, title_of
from mifg_pipeline.imagent.question import Question
from mifg_pipeline.imagent.trajectory import TurnRecord
from mifg_pipeline.items import OPTION_LETTERS
from mifg_pipeline.report.page import templates
from mifg_pipeline.report.plots import draw_line, draw_text
from mifg_pipeline.report.thumbnail import Thumbnail, thumbnail_of

EXAMPLES_OF_A_KIND: Final = 3
_KINDS: Final = (
    "right with tools alone",
    "right without tools alone",
    "both wrong",
    "both right",
    "wrong",
    "right",
)
"""Of examples, the most telling first."""
_TEXT: Final = 2000
"""Characters of a turn that are shown."""
_SIDE: Final = 260
_WIDTH, _LEFT, _RIGHT, _ROW = 720, 230, 700, 18
_MOST_ROWS: Final = 30


@dataclass(frozen=True)
class Chart:
    """A drawing.

    Attributes:
        title: Above it.
        svg: The drawing.
    """

    title: str
    svg: Markup


@dataclass(frozen=True)
class ShownTurn:
    """A turn.

    Attributes:
        text: What the model wrote, cut where it is long.
        remark: What it called for, or what is wrong with that.
        picture: The part of an image that it was shown; None where it saw none, or an image whole.
    """

    text: str
    remark: str
    picture: Thumbnail | None


@dataclass(frozen=True)
class Example:
    """An episode as the page shows it.

    Attributes:
        kind: What it is an example of.
        mode: With or without tools.
        question: That was asked.
        options: Each with its letter.
        key: The right answer.
        answer: What was taken for the answer.
        end: How the episode ended.
        images: Of the question.
        turns: Of the model.
    """

    kind: str
    mode: str
    question: str
    options: Sequence[str]
    key: str
    answer: str
    end: str
    images: Sequence[Thumbnail]
    turns: Sequence[ShownTurn]


def evaluation_page(
    evaluation: Evaluation,
    benchmark: Benchmark,
    episodes: Mapping[EpisodeKey, EvaluationEpisode],
    outcomes: Sequence[Outcome],
) -> str:
    """The page.

    Args:
        evaluation: Its figures.
        benchmark: Whose items were asked.
        episodes: All of them.
        outcomes: All of them.
    """
    plan = evaluation.plan
    title = title_of(evaluation)
    notes = [
        f"{evaluation.items:,} items, {evaluation.samples} per item and mode; temperature {plan.temperature:g}, seed "
        f"{plan.seed}. Shares are in percent, with 95 % bootstrap intervals over groups of items.",
    ]
    items = {item.key: item for item in benchmark.items}
    examples = [
        _example(kind, items[outcome.key], outcome, episodes[EpisodeKey(outcome.mode, outcome.key, outcome.sample)])
        for kind, outcome in chosen_examples(outcomes)
    ]
    return (
        templates()
        .get_template("evaluation.html.j2")
        .render(title=title, notes=notes, charts=_charts(evaluation), tables=tables_of(evaluation), examples=examples)
    )


def chosen_examples(outcomes: Sequence[Outcome]) -> list[tuple[str, Outcome]]:
    """Episodes worth a look: those that the tools decided where both modes were played, else right and wrong ones."""
    first = [outcome for outcome in outcomes if outcome.sample == 0]
    by_key: dict[str, dict[Mode, Outcome]] = {}
    for outcome in first:
        by_key.setdefault(outcome.key, {})[outcome.mode] = outcome
    kinds: dict[str, list[list[Outcome]]] = {}
    for modes in by_key.values():
        kinds.setdefault(_kind(modes), []).append(list(modes.values()))
    return [
        (kind, outcome) for kind in _KINDS for shown in kinds.get(kind, [])[:EXAMPLES_OF_A_KIND] for outcome in shown
    ]


def _kind(modes: Mapping[Mode, Outcome]) -> str:
    if len(modes) == 1:
        return "right" if next(iter(modes.values())).correct else "wrong"
    with_tools, without = modes["on"].correct, modes["off"].correct
    if with_tools == without:
        return "both right" if with_tools else "both wrong"
    return "right with tools alone" if with_tools else "right without tools alone"


def _example(kind: str, item: BenchmarkItem, outcome: Outcome, episode: EvaluationEpisode) -> Example:
    question = item.question
    answer = outcome.text if outcome.text is not None else "no answer"
    return Example(
        kind=kind,
        mode=MODE_NAMES[outcome.mode],
        question=item.text,
        options=[f"{letter}. {text}" for letter, text in zip(OPTION_LETTERS, item.options or (), strict=False)],
        key=str(item.answer.value),
        answer=_cut(answer),
        end=episode.trajectory.end.value,
        images=[thumbnail_of(image.pixels, _SIDE) for image in question.images],
        turns=[_shown(turn, question) for turn in episode.trajectory.turns],
    )


def _shown(turn: TurnRecord, question: Question) -> ShownTurn:
    remark, picture = "", None
    if turn.action == "invalid":
        remark = f"invalid: {turn.reason}"
    elif turn.image is not None and turn.view is not None:
        remark = f"{turn.tool}: image {turn.image + 1}" + (f", {list(turn.box)}" if turn.box else "")
        picture = _crop(turn, question)
    return ShownTurn(_cut(turn.text), remark, picture)


def _crop(turn: TurnRecord, question: Question) -> Thumbnail | None:
    if turn.box is None or turn.image is None:
        return None
    (x0, y0, x1, y1), image = turn.box, question.images[turn.image]
    return thumbnail_of(lambda: image.pixels()[y0:y1, x0:x1], _SIDE)


def _cut(text: str) -> str:
    return text if len(text) <= _TEXT else f"{text[:_TEXT]} … ({len(text):,} characters)"


def _charts(evaluation: Evaluation) -> list[Chart]:
    modes = evaluation.modes
    rows = [("all", {mode: figures.accuracy for mode, figures in modes.items()})]
    charts = [Chart("Right answers", intervals_svg(rows, "Right answers"))]
    for facet, values in next(iter(modes.values())).breakdown.items():
        if 1 < len(values) <= _MOST_ROWS:
            rows = [
                (value, {mode: figures.breakdown[facet][value] for mode, figures in modes.items()}) for value in values
            ]
            charts.append(Chart(f"Right answers by {facet}", intervals_svg(rows, f"Right answers by {facet}")))
    return charts


def intervals_svg(rows: Sequence[tuple[str, Mapping[Mode, Share]]], title: str) -> Markup:
    """Shares as bars with their intervals, one group of bars for each row.

    Args:
        rows: Label, and the share of each mode.
        title: Says to people who do not see it what it shows.
    """
    bars = len(rows[0][1])
    step = bars * _ROW + 10
    bottom = 30 + step * len(rows)
    size = {"viewBox": f"0 0 {_WIDTH} {bottom + 40}", "role": "img", "class": "chart", "aria-label": title}
    svg = ElementTree.Element("svg", size)
    for tick in range(0, 101, 25):
        draw_line(svg, "grid", _x(tick / 100), 24, _x(tick / 100), bottom)
        draw_text(svg, "middle", _x(tick / 100), bottom + 16, f"{tick} %")
    for mode_index, mode in enumerate(rows[0][1]):
        draw_text(svg, "start", _LEFT + 130 * mode_index + 16, 14, MODE_NAMES[mode])
        _draw_bar(svg, mode_index, _LEFT + 130 * mode_index, _LEFT + 130 * mode_index + 12, 4)
    for index, (label, shares) in enumerate(rows):
        top = 32 + index * step
        draw_text(svg, "end", _LEFT - 8, top + 13, label if len(label) <= 32 else f"{label[:31]}…")
        for mode_index, (mode, share) in enumerate(shares.items()):
            _draw_share(svg, mode_index, top + mode_index * _ROW, share, f"{label}, {MODE_NAMES[mode]}")
    return Markup(ElementTree.tostring(svg, encoding="unicode"))


def _draw_share(svg: ElementTree.Element, series: int, top: float, share: Share, label: str) -> None:
    bar = _draw_bar(svg, series, _LEFT, _x(share.value), top)
    ElementTree.SubElement(bar, "title").text = f"{label}: {percent(share.value)} % of {share.count:,}"
    if share.low is not None and share.high is not None:
        draw_line(svg, "zero", _x(share.low), top + 7, _x(share.high), top + 7)


def _draw_bar(svg: ElementTree.Element, series: int, left: float, right: float, top: float) -> ElementTree.Element:
    place = {"x": f"{left:.2f}", "y": f"{top:.2f}", "width": f"{right - left:.2f}", "height": "14"}
    return ElementTree.SubElement(svg, "rect", {"class": f"series-{series}", **place})


def _x(share: float) -> float:
    return _LEFT + (_RIGHT - _LEFT) * share
