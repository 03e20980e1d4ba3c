"""What the terminal shows of a run."""

import io

from rich.console import Console

from mifg_pipeline.generate import funnel_table
from mifg_pipeline.store import Funnel, TrailEntry, Usage


def shown(funnel):
    console = Console(file=io.StringIO(), width=120)
    console.print(funnel_table(funnel))
    return console.file.getvalue()


def test_a_run_without_models_has_no_columns_for_calls():
    funnel = Funnel.of([(TrailEntry("lint", 0, True, 0.25),)])
    assert "calls" not in shown(funnel)
    assert "0.2" in shown(funnel)


def test_calls_tokens_and_money_are_shown_by_step():
    usage = Usage(calls=7, replayed=2, prompt_tokens=900, completion_tokens=99, money=1.25, seconds=3.0)
    line = next(
        line for line in shown(Funnel.of([(TrailEntry("blind", 0, True, 0.0, usage),)])).splitlines() if "blind" in line
    )
    assert line.split() == ["blind", "1", "0", "0", "0.0", "7", "2", "999", "1.2500", "3.0"]


def test_an_unknown_price_is_said():
    usage = Usage(calls=2, unpriced=2)
    assert "?" in shown(Funnel.of([(TrailEntry("blind", 0, True, 0.0, usage),)]))
