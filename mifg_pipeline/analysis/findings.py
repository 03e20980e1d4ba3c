"""Puts what each analysis found into tables, charts and notes."""

from collections.abc import Sequence
from dataclasses import asdict, astuple
from typing import Any

from mifg_pipeline.analysis.attention import Attended, Attention, AttentionSummary, TrajectoryAttention, summary
from mifg_pipeline.analysis.counterfactual import Comparison
from mifg_pipeline.analysis.figures import Spread, StackedBar, bars_from_zero, spreads, stacked_bars
from mifg_pipeline.analysis.look_again import Effect, LookAgain, effects
from mifg_pipeline.analysis.page import Chart, Findings
from mifg_pipeline.analysis.source import Source
from mifg_pipeline.report.bootstrap import Interval
from mifg_pipeline.report.table import Table

NAMES = tuple(kind.name.replace("_", " ").lower() for kind in Attended)
LAYERS = {"all layers": "all_layers", "last third": "last_third", "tokens in sight": "in_sight"}
AGAINST = {"blank": "less a blank", "other": "less another image"}

_ATTENTION_NOTE = (
    "A token's attention is that with which it was sampled: of the position before it, the mean over heads and layers. "
    "A turn's is the mean over its tokens. `tokens in sight` is what equal attention to every token would give."
)
_LOOK_AGAIN_NOTE = (
    "Nats by which the turn that answers was likelier with the tool's images than with a blank, or the same part of "
    "another image of the question, in their place. Intervals are 95 %, bootstrapped by question."
)
_MASKS_NOTE = (
    "Rewards, advantages and loss are those of the run; only what is masked differs. Cosines and norms are of the "
    "gradient of the step's first update, over all trained parameters."
)


def attention_findings(source: Source, trajectories: Sequence[TrajectoryAttention]) -> Findings:
    """Attention by turn and around calls."""
    found = summary(trajectories, source.settings.seed)
    charts = [
        Chart(
            "attention-by-turn",
            "Attention by turn",
            "Means over the trajectories that have the turn.",
            stacked_bars(
                [bar for mean in found.by_turn for bar in _bars(f"turn {mean.turn}", mean.attention)],
                NAMES,
                "Shares of the attention by turn",
            ),
        )
    ]
    if found.by_call:
        charts.append(_around_calls(found))
    return Findings(
        name="attention",
        title="Attention",
        notes=[_ATTENTION_NOTE, *_origin(source, len(trajectories))],
        charts=charts,
        tables=_attention_tables(found),
        content={**_provenance(source), **asdict(found), "trajectories": [asdict(one) for one in trajectories]},
    )


def _around_calls(found: AttentionSummary) -> Chart:
    bars = [
        bar
        for mean in found.by_call
        for when, attention in (("before", mean.before), ("after", mean.after))
        for bar in _bars(f"{when} call {mean.call}", attention)
    ]
    note = "The turn that called, and the turn after it, which sees the tool's image; over trajectories that have both."
    svg = stacked_bars(bars, NAMES, "Shares of the attention before and after calls")
    return Chart("attention-around-calls", "Before and after each call", note, svg)


def _bars(label: str, attention: Attention) -> list[StackedBar]:
    return [
        StackedBar(f"{label}, {layers}", astuple(getattr(attention, field)), begins_group=index == 0)
        for index, (layers, field) in enumerate(LAYERS.items())
    ]


def _attention_tables(found: AttentionSummary) -> list[Table]:
    by_turn = [
        row for mean in found.by_turn for row in _attention_rows(str(mean.turn), mean.trajectories, mean.attention)
    ]
    by_call = [
        row
        for mean in found.by_call
        for when, attention in (("before", mean.before), ("after", mean.after))
        for row in _attention_rows(f"{when} call {mean.call}", mean.trajectories, attention)
    ]
    gained = [
        [f"call {mean.call}", str(mean.trajectories), *_interval(mean.images_gained, "{:+.1%}")]
        for mean in found.by_call
    ]
    tables = [Table("Attention by turn", ("turn", "trajectories", "layers", *NAMES), by_turn)]
    if found.by_call:
        tables += [
            Table("Attention before and after each call", ("", "trajectories", "layers", *NAMES), by_call),
            Table("Attention to all images, after less before", ("", "trajectories", "mean", "95 %"), gained),
        ]
    return tables


def _attention_rows(label: str, trajectories: int, attention: Attention) -> list[list[str]]:
    return [
        [label, str(trajectories), layers, *(f"{share:.1%}" for share in astuple(getattr(attention, field)))]
        for layers, field in LAYERS.items()
    ]


def look_again_findings(source: Source, answers: Sequence[LookAgain]) -> Findings:
    """What the tool's images do to the answer."""
    found = effects(answers, source.settings.seed)
    rows = [
        [
            f"{one.answers} answers, {AGAINST[one.against]}",
            str(one.count),
            *_interval(one.difference, "{:+.3f}"),
            f"{one.positive:.0%}",
        ]
        for one in found
    ]
    chart = Chart(
        "look-again",
        "Does looking again help?",
        "Each dot is an answer; to the right of zero, looking made it likelier. The diamond is the mean.",
        spreads(
            [_spread(one, answers) for one in found if one.answers == "all"],
            "nats",
            ("wrong answers", "right answers"),
            "Differences in log-probability of the answer",
        ),
    )
    return Findings(
        name="look-again",
        title="Looking again",
        notes=[_LOOK_AGAIN_NOTE, *_origin(source, len(answers))],
        charts=[chart],
        tables=[Table("Log-probability of the answer, in nats", ("", "answers", "mean", "95 %", "positive"), rows)],
        content={
            **_provenance(source),
            "effects": [asdict(one) for one in found],
            "answers": [asdict(one) for one in answers],
        },
    )


def _spread(effect: Effect, answers: Sequence[LookAgain]) -> Spread:
    pairs = [(value, one.is_right) for one in answers if (value := getattr(one, effect.against)) is not None]
    values, marked = zip(*pairs, strict=True)
    return Spread(AGAINST[effect.against], values, marked, effect.difference)


def masks_findings(source: Source, comparisons: Sequence[Comparison]) -> Findings:
    """What each plan would have trained."""
    headings = ("plan", "in loss", "with signal", "tokens", "cosine", "norm", "mean |dA|", "most |dA|", "turned")
    rows = [
        [
            one.plan,
            str(one.in_loss),
            str(one.with_signal),
            f"{one.trained_tokens:,}",
            _number(one.cosine, "{:.4f}"),
            _number(one.norm_ratio, "{:.3f}"),
            f"{one.advantage_difference:.3f}",
            f"{one.largest_difference:.3f}",
            str(one.turned),
        ]
        for one in comparisons
    ]
    drawn = [(one.plan, one.cosine) for one in comparisons if one.cosine is not None]
    chart = Chart(
        "mask-cosines",
        "Which way the step goes",
        "1 is the direction of this run's plan. What has no gradient is left out.",
        bars_from_zero(drawn, "cosine to the gradient of this run's plan", "Cosines between gradients, by plan"),
    )
    return Findings(
        name="masks",
        title="Other masks on the same trajectories",
        notes=[_MASKS_NOTE, *_origin(source, len(source.lines))],
        charts=[chart] if drawn else [],
        tables=[Table("Plans", headings, rows)],
        content={**_provenance(source), "plans": [asdict(one) for one in comparisons]},
    )


def _interval(interval: Interval, form: str) -> tuple[str, str]:
    if interval.low is None or interval.high is None:
        return form.format(interval.mean), "-"
    return form.format(interval.mean), f"{form.format(interval.low)} to {form.format(interval.high)}"


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)


def _origin(source: Source, trajectories: int) -> list[str]:
    return [f"Trajectories: {trajectories}.", f"Model: {source.weights.path}: {source.weights.origin}."]


def _provenance(source: Source) -> dict[str, Any]:
    return {"model": source.weights.path, "origin": source.weights.origin}
