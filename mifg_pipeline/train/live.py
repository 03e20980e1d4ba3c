"""What a terminal shows of a training run: a table that redraws itself, or a line a step where nobody watches."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from statistics import fmean
from typing import Final, NamedTuple, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from mifg_pipeline.train.alarms import Alarm
from mifg_pipeline.train.metrics import TIME, Row

_REDRAWS_PER_SECOND: Final = 2
_RECENT: Final = 10
_HISTORY_WIDTH: Final = 60
_BARS: Final = "▁▂▃▄▅▆▇█"
_ENDS: Final = "ends."


class _Figure(NamedTuple):
    name: str
    label: str
    shown: Callable[[float], str]


class _Work(NamedTuple):
    """What is being done, and how far it is; of no known length where ``total`` is 0."""

    what: str
    done: int = 0
    total: int = 0

    def shown(self) -> RenderableType:
        if not self.total:
            return Text(self.what)
        line = Table.grid(padding=(0, 2, 0, 0))
        line.add_row(self.what, ProgressBar(self.total, self.done, width=30), f"{self.done} of {self.total}")
        return line


def _share(value: float) -> str:
    return f"{value:.0%}"


_FIGURES: Final = (
    _Figure("reward", "reward", "{:.3f}".format),
    _Figure("accuracy", "accuracy", "{:.3f}".format),
    _Figure("calls_per_trajectory", "tool calls", "{:.2f}".format),
    _Figure("valid_calls", "valid calls", _share),
    _Figure("masked", "masked", _share),
    _Figure("entropy", "entropy", "{:.3f}".format),
    _Figure("tokens", "tokens", "{:.0f}".format),
)


class LiveView:
    """Shows the newest row of metrics, their history, and what is being done.

    Args:
        console: Where to show.
        steps: Of the run, in all.
        rows: Metrics of the steps before, where the run is resumed.
    """

    def __init__(self, console: Console, steps: int, rows: Sequence[Row] = ()) -> None:
        self._console = console
        self._steps = steps
        self._rows = list(rows)
        self._alarms: tuple[Alarm, ...] = ()
        self._work: _Work | None = _Work("starting")
        self._live = Live(self, console=console, refresh_per_second=_REDRAWS_PER_SECOND)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leaves the last state on the terminal."""
        self._work = None
        self._live.stop()

    def begin(self, step: int, trajectories: int) -> None:
        """Says that a step begins to sample so many trajectories."""
        self._work = _Work(f"step {step}: sampling", 0, trajectories)

    def advance(self) -> None:
        """Says that one more trajectory is sampled."""
        if self._work is not None:
            self._work = self._work._replace(done=self._work.done + 1)

    def turn_to(self, what: str) -> None:
        """Says what the step is at after sampling, such as the update."""
        self._work = _Work(what)

    def count(self, row: Row, alarms: Sequence[Alarm] = ()) -> None:
        """Takes in the row of a finished step; an alarm is printed when it begins, and shown while it lasts."""
        self._rows.append(row)
        begun = [alarm for alarm in alarms if alarm.name not in {known.name for known in self._alarms}]
        self._alarms = tuple(alarms)
        if not self._console.is_terminal:
            self._console.print(self.line(), highlight=False, markup=False, soft_wrap=True)
        for alarm in begun:
            text = f"Alarm {alarm.name} after step {row['step']}: {alarm.message}"
            self._console.print(text, style="bold yellow", highlight=False, markup=False, soft_wrap=True)

    def line(self) -> str:
        """The newest row in one line."""
        row = self._rows[-1]
        figures = [f"{figure.label} {figure.shown(row[figure.name])}" for figure in _FIGURES if _has(row, figure.name)]
        seconds = sum(row[TIME].values())
        return "  ".join((f"step {row['step']}/{self._steps}", *figures, f"{seconds:.1f} s ({_shares(row[TIME])})"))

    def __rich__(self) -> RenderableType:
        parts: list[RenderableType] = [self._heading()]
        if self._work is not None:
            parts.append(self._work.shown())
        if self._rows:
            parts.extend((Text(), self._figures(), Text(), self._shares_of_newest()))
        return Group(*parts)

    def _heading(self) -> Text:
        finished = self._rows[-1]["step"] if self._rows else 0
        heading = Text(f"step {finished} of {self._steps}", style="bold")
        if self._rows:
            pace = fmean(sum(row[TIME].values()) for row in self._rows[-_RECENT:])
            left = _duration(pace * (self._steps - finished))
            heading.append(f"   {pace:.1f} s a step   {left} left", style="not bold dim")
        return heading

    def _figures(self) -> Table:
        table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
        table.add_column("")
        table.add_column("now", justify="right", style="bold")
        table.add_column(f"last {_RECENT}", justify="right")
        table.add_column("from the first step to now, each from 0 up", no_wrap=True, overflow="crop", style="cyan")
        width = min(_HISTORY_WIDTH, self._console.width - 40)
        for name, label, shown in _FIGURES:
            history = [row[name] for row in self._rows if _has(row, name)]
            recent = [row[name] for row in self._rows[-_RECENT:] if _has(row, name)]
            newest = self._rows[-1]
            table.add_row(
                label,
                shown(newest[name]) if _has(newest, name) else "-",
                shown(fmean(recent)) if recent else "-",
                history_bars(history, width),
            )
        return table

    def _shares_of_newest(self) -> Table:
        row = self._rows[-1]
        ends = {name.removeprefix(_ENDS).replace("_", " "): row[name] for name in row if name.startswith(_ENDS)}
        table = Table.grid(padding=(0, 3, 0, 0))
        table.add_row(Text("ended", style="dim"), _shares(ends))
        table.add_row(Text("time", style="dim"), _shares(row[TIME]))
        for alarm in self._alarms:
            table.add_row(Text("alarm", style="bold yellow"), Text(alarm.message, style="yellow"))
        return table


def history_bars(values: Sequence[float], width: int) -> str:
    """A bar for each value, or for the mean of each of ``width`` runs of them where there are more; 0 is the lowest."""
    count = min(len(values), max(width, 1))
    edges = [index * len(values) // count for index in range(count + 1)] if count else []
    means = [fmean(values[start:end]) for start, end in pairwise(edges)]
    highest = max(means, default=0.0)
    if highest <= 0:
        return _BARS[0] * len(means)
    return "".join(_BARS[round(max(mean, 0.0) / highest * (len(_BARS) - 1))] for mean in means)


def _has(row: Row, name: str) -> bool:
    return row.get(name) is not None


def _shares(parts: Mapping[str, float]) -> str:
    """The parts that matter in percent of all, such as ``generate 61%, update 30%``."""
    whole = sum(parts.values())
    return ", ".join(f"{name} {part / whole:.0%}" for name, part in parts.items() if whole and part / whole >= 0.005)


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min" if minutes else "under 1 min"
