"""Live progress of a run: a table that redraws itself on a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from mifg_pipeline.store import Funnel, Outcome, Usage

LINE_SECONDS = 5.0

USAGE_HEADINGS = ("calls", "replayed", "tokens", "money", "model s")


class Progress:
    """Counts outcomes and shows them.

    Args:
        funnel: Of the attempts that were stored before; grows by those to come.
        wanted: Items to make.
        console: Where to show.
    """

    def __init__(self, funnel: Funnel, wanted: int, console: Console) -> None:
        self.funnel = funnel
        self._wanted = wanted
        self._console = console
        self._accepted_before = funnel.accepted
        self._calls_before = funnel.usage().calls
        self._started = time.monotonic()
        self._last_line = self._started
        self._live: Live | None = None

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Shows the progress while the block runs."""
        if not self._console.is_terminal:
            yield
            return
        with Live(
            get_renderable=self._table, console=self._console, refresh_per_second=4, transient=True
        ) as self._live:
            yield

    def count(self, outcome: Outcome) -> None:
        """Takes in a decided outcome."""
        self.funnel.add(outcome.trail)
        now = time.monotonic()
        if self._live is None and now - self._last_line >= LINE_SECONDS:
            self._last_line = now
            self._console.print(self.line(), highlight=False, soft_wrap=True)

    def line(self) -> str:
        """The progress in one line."""
        rejected = ", ".join(f"{step} {count}" for step, count in self.funnel.top_rejecters())
        return (
            f"{self.funnel.accepted}/{self._wanted} items, {self.funnel.attempts} attempts, "
            f"{self._rate():.1f} items/s, {self._time_left()} left{self._spending()}; rejected by: {rejected or 'none'}"
        )

    def _table(self) -> RenderableType:
        summary = Text(
            f"{self.funnel.accepted}/{self._wanted} items   {self.funnel.attempts} attempts   "
            f"{self._rate():.1f} items/s   {self._time_left()} left{self._spending()}",
            style="bold",
        )
        return Group(summary, funnel_table(self.funnel))

    def _spending(self) -> str:
        """Model calls per second, and what all items will cost if they cost as much each as those so far."""
        usage = self.funnel.usage()
        if not usage.calls:
            return ""
        calls = (usage.calls - self._calls_before) / max(time.monotonic() - self._started, 1e-9)
        text = f", {usage.calls} calls ({calls:.1f}/s)"
        if usage.money and self.funnel.accepted:
            projected = usage.money / self.funnel.accepted * self._wanted
            text += f", cost {usage.money:.2f} of about {projected:.2f}"
        return text

    def _rate(self) -> float:
        elapsed = time.monotonic() - self._started
        return (self.funnel.accepted - self._accepted_before) / elapsed if elapsed > 0 else 0.0

    def _time_left(self) -> str:
        rate = self._rate()
        if rate <= 0:
            return "unknown time"
        seconds = round((self._wanted - self.funnel.accepted) / rate)
        return f"{seconds // 60}:{seconds % 60:02d} min"


def funnel_table(funnel: Funnel) -> Table:
    """The funnel for a terminal; with columns for model calls where there were any."""
    table = Table(box=None, pad_edge=False)
    table.add_column("step")
    total = funnel.usage()
    asked = bool(total.calls or total.replayed)
    headings = ("seen", "sent back", "rejected", "CPU s")
    for heading in (*headings, *USAGE_HEADINGS) if asked else headings:
        table.add_column(heading, justify="right")
    for step, count in funnel.rows():
        cells = [str(count.seen), str(count.revised), str(count.rejected), f"{count.seconds:.1f}"]
        table.add_row(step, *cells, *(_usage_cells(count.usage) if asked else ()))
    totals = _usage_cells(total) if asked else ()
    table.add_row("accepted", str(funnel.accepted), "", "", "", *totals, style="bold")
    return table


def _usage_cells(usage: Usage) -> tuple[str, ...]:
    if usage == Usage():
        return ("",) * len(USAGE_HEADINGS)
    priced = f"{usage.money:.4f}" if usage.calls > usage.unpriced else "-"
    money = f"{priced} + ?" if usage.unpriced and usage.money else "?" if usage.unpriced else priced
    tokens = f"{usage.prompt_tokens + usage.completion_tokens}"
    return (str(usage.calls), str(usage.replayed), tokens, money, f"{usage.seconds:.1f}")
