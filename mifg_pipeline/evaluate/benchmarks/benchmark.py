"""A benchmark that has been opened: its items, how replies to them are judged, and the figures it reports."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from mifg_pipeline.evaluate.items import BenchmarkItem, PublishedFigure, Verdict
from mifg_pipeline.scoring import extract_answer, find_answer, read_choice, score_text

Judged = Sequence[tuple[BenchmarkItem, Verdict]]
"""Items, each with the verdict on the reply to it."""

Report = Callable[[Judged], tuple[PublishedFigure, ...]]
"""The figures that a benchmark reports."""


@dataclass(frozen=True)
class Benchmark:
    """Questions with their keys and the rule by which they count.

    Attributes:
        name: As ``open_benchmark`` takes it.
        items: In the order of the files; images are read when ``BenchmarkItem.question`` is asked for.
        report: See ``Report``.
        asked: Which of the questions these are, for people; empty where all of them.
    """

    name: str
    items: Sequence[BenchmarkItem]
    report: Report
    asked: str = ""

    def verdicts(self, replies: Mapping[str, str | None], *, lenient: bool = False) -> list[Verdict]:
        """Judges the replies to all items, in their order; never raises, whatever a reply says.

        Args:
            replies: What the model said last, by the item's key. None, or no entry, is no answer, and wrong.
            lenient: Whether an answer is read from a reply without answer tags, or with tags that hold no option; see
                ``find_answer``.
        """
        judged = [_judge(item, replies.get(item.key), lenient) for item in self.items]
        together: dict[str, bool] = defaultdict(lambda: True)
        for item, (_, correct, _) in zip(self.items, judged, strict=True):
            together[item.group] &= correct
        return [
            Verdict(item.key, item.group, item.subset, text, correct, together[item.group], guessed)
            for item, (text, correct, guessed) in zip(self.items, judged, strict=True)
        ]

    def published(self, verdicts: Sequence[Verdict]) -> tuple[PublishedFigure, ...]:
        """The figures that the benchmark itself reports, computed by its own rule.

        Args:
            verdicts: On all items, as ``verdicts`` gives them.
        """
        return self.report(list(zip(self.items, verdicts, strict=True)))


def _judge(item: BenchmarkItem, reply: str | None, lenient: bool) -> tuple[str | None, bool, bool]:
    if reply is None:
        return None, False, False
    tagged = extract_answer(reply)
    guessed = None
    if lenient and (tagged is None or (item.options and read_choice(item.options, tagged) is None)):
        guessed = find_answer(reply if tagged is None else tagged, item.answer.kind, item.options)
    text = tagged if guessed is None else guessed
    correct = text is not None and bool(score_text(item.answer, item.options, text))
    return text, correct, guessed is not None


def share(name: str, outcomes: Iterable[bool]) -> PublishedFigure:
    """The share of what is true as a figure; 0 where there is nothing."""
    counted = list(outcomes)
    return PublishedFigure(name, sum(counted) / len(counted) if counted else 0.0, len(counted))


def accuracy(name: str, judged: Judged) -> PublishedFigure:
    """The share of right replies."""
    return share(name, (verdict.correct for _, verdict in judged))


def accuracy_by_subset(judged: Judged) -> list[PublishedFigure]:
    """The share of right replies in each subset, by its name."""
    subsets: dict[str, list[tuple[BenchmarkItem, Verdict]]] = defaultdict(list)
    for item, verdict in judged:
        subsets[item.subset].append((item, verdict))
    return [accuracy(name, subsets[name]) for name in sorted(subsets)]


def mean_of(name: str, figures: Sequence[PublishedFigure]) -> PublishedFigure:
    """The mean of figures, each counted alike."""
    return PublishedFigure(name, fmean(figure.value for figure in figures), sum(figure.count for figure in figures))


def groups_right(name: str, judged: Judged) -> PublishedFigure:
    """The share of groups of which every item is right."""
    return share(name, {verdict.group: verdict.group_correct for _, verdict in judged}.values())
