"""The figures of an evaluation as tables, for the terminal, for a README and for the page."""

from collections.abc import Mapping, Sequence
from typing import Final

from mifg_pipeline.evaluate.figures import Behaviour, Evaluation, ModeFigures, Pairing, Share
from mifg_pipeline.evaluate.plan import Mode
from mifg_pipeline.report.table import Table

MODE_NAMES: Final[dict[Mode, str]] = {"on": "with tools", "off": "without tools"}


def tables_of(evaluation: Evaluation) -> list[Table]:
    """All tables, the most important first."""
    modes = evaluation.modes
    columns = [MODE_NAMES[mode] for mode in modes]
    found = [Table("Accuracy", ("", *columns, "answers"), _accuracy_rows(evaluation))]
    published = next(iter(modes.values())).published
    rows = [
        (name, *(percent(figures.published[index][1]) for figures in modes.values()), f"{count:,}")
        for index, (name, _, count) in enumerate(published)
    ]
    found.append(Table("As the benchmark reports it", ("", *columns, "of"), rows))
    if evaluation.tools is not None:
        found.append(pairing_table(evaluation.tools, MODE_NAMES["off"], MODE_NAMES["on"]))
        found += pairing_breakdowns(evaluation.tools_by, MODE_NAMES["off"], MODE_NAMES["on"])
    found += _breakdowns(list(modes.values()), columns)
    found += _calibrations(list(modes.values()), columns)
    behaviours = [figures.behaviour for figures in modes.values()]
    found.append(Table("What the model did", ("", *columns), _behaviour_rows(behaviours)))
    if reasons := list(dict.fromkeys(reason for each in behaviours for reason in each.failures)):
        rows = [(reason, *(f"{each.failures.get(reason, 0):,}" for each in behaviours)) for reason in reasons]
        found.append(Table("Why episodes failed", ("", *columns), rows))
    return found


def pairing_table(pairing: Pairing, first: str, second: str) -> Table:
    """The comparison of two sets of answers to the same questions."""
    rows = [
        (f"{second} less {first}", interval_text(pairing.difference, points=True)),
        (f"{second} alone right", f"{pairing.only_second:,}"),
        (f"{first} alone right", f"{pairing.only_first:,}"),
        ("both right", f"{pairing.both:,}"),
        ("neither right", f"{pairing.neither:,}"),
        ("p (McNemar, exact)", p_text(pairing.p)),
    ]
    return Table(f"{second.capitalize()} against {first}, on the same questions", ("", "figure"), rows)


def pairing_breakdowns(breakdown: Mapping[str, Mapping[str, Pairing]], first: str, second: str) -> list[Table]:
    """The comparison by each facet that has several values."""
    headings = ("", f"{second} less {first}", f"{second} alone", f"{first} alone", "p")
    return [
        Table(
            f"{second.capitalize()} against {first}, by {facet}",
            headings,
            [_pairing_row(*pair) for pair in values.items()],
        )
        for facet, values in breakdown.items()
        if len(values) > 1
    ]


def as_markdown(evaluation: Evaluation) -> str:
    """The accuracy as a table for a README, with what it says and how it came about below."""
    main, *others = tables_of(evaluation)
    plan = evaluation.plan
    lines = [f"### {title_of(evaluation)}", "", *_markdown_rows(main), ""]
    lenient = ", answers without tags counted" if evaluation.lenient else ""
    lines += [
        f"{evaluation.items:,} items, {evaluation.samples} per item; temperature {plan.temperature:g}, "
        f"seed {plan.seed}{lenient}. In percent; in brackets, 95 % bootstrap intervals.",
        "",
    ]
    for table in others:
        lines += [f"#### {table.title}", "", *_markdown_rows(table), ""]
    return "\n".join(lines)


def title_of(evaluation: Evaluation) -> str:
    """Which model was asked what."""
    asked = evaluation.asked and f" ({evaluation.asked})"
    return f"{evaluation.plan.model} on {evaluation.plan.benchmark}{asked}"


def _pairing_row(name: str, pairing: Pairing) -> tuple[str, ...]:
    difference = interval_text(pairing.difference, points=True)
    return (name, difference, f"{pairing.only_second:,}", f"{pairing.only_first:,}", p_text(pairing.p))


def percent(value: float) -> str:
    """A share in percent with one decimal."""
    return f"{100 * value:.1f}"


def interval_text(share: Share | None, *, points: bool = False) -> str:
    """A share in percent, or a difference in points, with its interval."""
    if share is None:
        return "-"
    sign = "+" if points else ""
    if share.low is None or share.high is None:
        return f"{100 * share.value:{sign}.1f}"
    return f"{100 * share.value:{sign}.1f} [{100 * share.low:{sign}.1f}, {100 * share.high:{sign}.1f}]"


def p_text(p: float) -> str:
    """A p-value."""
    return f"{p:.3f}" if p >= 0.001 else f"{p:.1e}"


def _accuracy_rows(evaluation: Evaluation) -> list[tuple[str, ...]]:
    modes = list(evaluation.modes.values())
    rows = [("right answers", *(interval_text(m.accuracy) for m in modes), f"{modes[0].accuracy.count:,}")]
    if modes[0].groups is not None:
        rows.append(("groups right", *(interval_text(m.groups) for m in modes), f"{modes[0].groups.count:,}"))
    for k, share in modes[0].pass_at.items():
        if evaluation.samples > 1:
            rows.append((f"pass@{k}", *(interval_text(m.pass_at[k]) for m in modes), f"{share.count:,}"))
    return rows


def _breakdowns(modes: Sequence[ModeFigures], columns: Sequence[str]) -> list[Table]:
    return [
        Table(
            f"Right answers by {facet}",
            ("", *columns, "answers"),
            [
                (value, *(interval_text(mode.breakdown[facet][value]) for mode in modes), f"{share.count:,}")
                for value, share in values.items()
            ],
        )
        for facet, values in modes[0].breakdown.items()
        if len(values) > 1
    ]


def _calibrations(modes: Sequence[ModeFigures], columns: Sequence[str]) -> list[Table]:
    found = [mode.calibration for mode in modes if mode.calibration is not None]
    if not found:
        return []
    rows: list[tuple[str, ...]] = []
    if found[0].drop is not None:
        rows.append(("glance less zoom", *(interval_text(each.drop, points=True) for each in found)))
    for index, (foretold, _, count) in enumerate(found[0].bins):
        shown = (percent(each.bins[index][1]) for each in found)
        rows.append((f"{percent(foretold)} foretold, {count:,} items", *shown))
    if found[0].error is not None:
        rows.append(("expected calibration error", *(percent(each.error or 0.0) for each in found)))
    return [Table("Do the labels of difficulty hold for this model", ("", *columns), rows)]


def _behaviour_rows(modes: Sequence[Behaviour]) -> list[tuple[str, ...]]:
    rows = [
        ("answered", *(percent(m.answered) for m in modes)),
        ("counted without tags", *(percent(m.lenient) for m in modes)),
        ("failed (counted as wrong)", *(f"{m.failed:,}" for m in modes)),
    ]
    rows += [
        (f"{tool} per item", *(f"{m.looks.get(tool, 0.0):.2f}" for m in modes))
        for tool in sorted({tool for m in modes for tool in m.looks})
    ]
    rows.append(("invalid actions", *("-" if m.invalid is None else percent(m.invalid) for m in modes)))
    rows += [
        (f"ended {end}", *(f"{m.ends.get(end, 0):,}" for m in modes))
        for end in sorted({end for m in modes for end in m.ends})
    ]
    rows += [
        ("prompt tokens per item", *(f"{m.prompt_tokens:,.0f}" for m in modes)),
        ("written tokens per item", *(f"{m.completion_tokens:,.0f}" for m in modes)),
        ("seconds per item", *(f"{m.seconds:.2f}" for m in modes)),
        ("calls", *(f"{m.calls:,}" for m in modes)),
        ("money", *("?" if m.money is None else f"{m.money:.4f}" for m in modes)),
    ]
    return rows


def _markdown_rows(table: Table) -> list[str]:
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in (table.headings, *table.rows)]
    lines = [f"| {' | '.join(row)} |" for row in cells]
    return [lines[0], f"| --- |{' ---: |' * (len(table.headings) - 1)}", *lines[1:]]
