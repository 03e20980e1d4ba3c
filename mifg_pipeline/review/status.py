"""How far the review of a run is, and how good."""

from collections import Counter
from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any, Final

from mifg_pipeline.review.ballots import Ballots
from mifg_pipeline.review.bulk import garbage_left
from mifg_pipeline.review.candidates import Candidates
from mifg_pipeline.review.order import FAULTS
from mifg_pipeline.review.prediction import predictions
from mifg_pipeline.store.agreement import agreement
from mifg_pipeline.store.decisions import Status
from mifg_pipeline.store.events import LogContents, event_logs
from mifg_pipeline.store.review_records import ReviewEvent
from mifg_pipeline.store.review_rules import ReviewRules, read_rules
from mifg_pipeline.store.review_status import AnnotatorStatus, ReviewStatus
from mifg_pipeline.store.run_folder import RunFolder

_MOST_PREDICTED: Final = 10_000
"""Items, at most, that the predictions are worked out from."""


def review_status(run: RunFolder) -> ReviewStatus:
    """Reads candidates and event logs, and counts.

    Raises:
        MifgError: If there are no candidates yet, or a file is damaged.
    """
    with garbage_left():
        rules, candidates = read_rules(run), Candidates.open(run)
        logs = {log.annotator: log.read() for log in event_logs(run)}
        ballots = Ballots(candidates, rules)
        ballots.take(event for contents in logs.values() for event in contents.events)
        return _status_of(candidates, logs, ballots, rules)


def _status_of(
    candidates: Candidates, logs: Mapping[str, LogContents], ballots: Ballots, rules: ReviewRules
) -> ReviewStatus:
    statuses = [ballots.status(position) for position in range(len(candidates))]
    counts = Counter(statuses)
    blind = [_blind_decisions(ballots.of(position), rules) for position in range(len(candidates))]
    return ReviewStatus(
        items=len(candidates),
        open=counts["open"],
        verified=counts["verified"],
        rejected=counts["rejected"],
        flagged=counts["flagged"],
        disagreement=counts["disagreement"],
        annotators=tuple(_annotator_status(name, log, ballots, rules) for name, log in logs.items()),
        agreement=agreement(blind),
        predictions=predictions(_settled(candidates, ballots, statuses)),
    )


def _blind_decisions(counting: Mapping[str, ReviewEvent], rules: ReviewRules) -> dict[str, str]:
    """What each person decided on an item without seeing what others had."""
    return {
        name: event.decision
        for name, event in counting.items()
        if event.decision != "skip" and name not in rules.adjudicators
    }


def _settled(
    candidates: Candidates, ballots: Ballots, statuses: list[Status]
) -> Iterator[tuple[list[Mapping[str, Any]], bool]]:
    """Gates of items that are verified or rejected, with whether people found fault with each as it was generated.

    Where there are very many, items evenly spread over the run: to parse all would take longer than all else.
    """
    settled = [position for position, status in enumerate(statuses) if status in ("verified", "rejected")]
    for position in settled[:: -(-len(settled) // _MOST_PREDICTED) or 1]:
        edited = any(event.decision == "edit" for event in ballots.final(position))
        yield candidates.fields(position)["verdict"]["gates"], statuses[position] == "rejected" or edited


def _annotator_status(annotator: str, log: LogContents, ballots: Ballots, rules: ReviewRules) -> AnnotatorStatus:
    counting = [ballots.of(position)[annotator] for position in ballots.decided[annotator]]
    decisions = Counter(event.decision for event in counting)
    passed = decisions["accept"] + decisions["edit"]
    judged = passed + decisions["reject"]
    seconds = [event.seconds for event in counting if event.seconds is not None]
    gold = list(_gold_judgements(annotator, ballots, rules))
    return AnnotatorStatus(
        annotator=annotator,
        accepted=decisions["accept"],
        rejected=decisions["reject"],
        edited=decisions["edit"],
        flagged=decisions["flag"],
        skipped=len(ballots.skipped[annotator]),
        open=ballots.open_items(annotator) - sum(ballots.is_open(annotator, p) for p in ballots.skipped[annotator]),
        accept_rate=passed / judged if judged else None,
        median_seconds=median(seconds) if seconds else None,
        adjudicates=annotator in rules.adjudicators,
        gold=len(gold),
        gold_right=sum(gold),
        stale=ballots.stale[annotator],
        torn=bool(log.torn),
    )


def _gold_judgements(annotator: str, ballots: Ballots, rules: ReviewRules) -> Iterator[bool]:
    """Per gold item that the annotator decided, whether it was judged as the adjudicator had: sound, or faulty."""
    if annotator in rules.adjudicators:
        return
    for position in ballots.gold & ballots.decided[annotator].keys():
        mine = ballots.of(position)[annotator].decision
        known = {event.decision for event in ballots.final(position) if event.annotator in rules.adjudicators}
        if known and "flag" not in {mine, *known}:
            yield (mine in FAULTS) == bool(known & FAULTS)
