"""Live progress of an evaluation on standard error: a bar on a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.text import Text

from mifg_pipeline.evaluate.episodes import EvaluationEpisode

LINE_SECONDS: Final = 5.0


class Progress:
    """Counts episodes and shows them.

    Args:
        console: Where to show.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._before = self._done = self._total = 0
        self._calls = self._failed = 0
        self._money = 0.0
        self._first = self._last_line = time.monotonic()
        self._live: Live | None = None

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Shows the progress while the block runs."""
        if not self._console.is_terminal:
            yield
            return
        with Live(get_renderable=self._text, console=self._console, refresh_per_second=4, transient=True) as self._live:
            yield

    def start(self, done: int, total: int) -> None:
        """Takes note of how many episodes are there from earlier starts, and how many there shall be."""
        self._before = self._done = done
        self._total = total
        if done > 0:
            self._console.print(f"{done:,} of {total:,} episodes are there already.", highlight=False)

    def count(self, episode: EvaluationEpisode) -> None:
        """Takes in a finished episode."""
        self._done += 1
        self._calls += episode.cost.calls
        self._failed += episode.trajectory.end.is_fault
        self._money += episode.cost.money or 0.0
        now = time.monotonic()
        if self._done == self._before + 1:
            self._first = now  # what came before was no playing: an engine starts, say
        if self._live is None and now - self._last_line >= LINE_SECONDS:
            self._last_line = now
            self._console.print(self.line(), highlight=False, soft_wrap=True)

    def line(self) -> str:
        """The progress in one line."""
        played = self._done - self._before
        text = f"{self._done:,}/{self._total:,} episodes"
        if played > 1:
            rate = (played - 1) / max(time.monotonic() - self._first, 1e-9)
            seconds = round((self._total - self._done) / rate)
            text += f", {rate:.1f}/s, {seconds // 60}:{seconds % 60:02d} min left"
        text += f", {self._calls:,} calls"
        if self._money:
            projected = self._money / played * (self._total - self._before)
            text += f", cost {self._money:.2f} of about {projected:.2f}"
        return text + (f", {self._failed:,} failed" if self._failed else "")

    def _text(self) -> Text:
        return Text(self.line(), style="bold")
