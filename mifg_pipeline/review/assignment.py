"""Which item an annotator gets next: the most doubtful that is open, gold ones mixed in, skipped ones last."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from heapq import merge
from itertools import chain, islice
from typing import Final

from mifg_pipeline.review.ballots import Ballots
from mifg_pipeline.review.candidates import Candidates
from mifg_pipeline.review.order import Stratum
from mifg_pipeline.store.review_rules import ReviewRules, share_of

_DECIMALS: Final = 2
"""Doubts that are equal to this many decimals are taken as equal."""


class Assignment:
    """Hands out items by the doubt of their strata, which is worked out anew from what people found so far.

    Within a stratum the order is that of the run. Per annotator and stratum it is remembered up to where nothing is
    left, so that the next item is found without looking at all items.
    """

    def __init__(self, candidates: Candidates, ballots: Ballots, rules: ReviewRules) -> None:
        self._ballots = ballots
        self._rules = rules
        self._ids = [entry.id for entry in candidates.entries]
        self._strata: dict[Stratum, list[int]] = {}
        self._place: list[tuple[Stratum, int]] = []
        for position, entry in enumerate(candidates.entries):
            members = self._strata.setdefault(entry.stratum, [])
            self._place.append((entry.stratum, len(members)))
            members.append(position)
        self._begin: defaultdict[str, dict[Stratum, int]] = defaultdict(dict)

    def next(self, annotator: str, taken: Collection[int]) -> int | None:
        """Position of the next item for the annotator that is not taken; None if nothing is left."""
        return next((position for position in self.ordered(annotator) if position not in taken), None)

    def ordered(self, annotator: str) -> Iterator[int]:
        """Positions of the items that wait for the annotator, as they are handed out if nobody decides meanwhile."""
        if annotator in self._rules.adjudicators:
            yield from self._disputed(annotator)
            return
        gold = self._new_gold(annotator)
        waiting = chain(self._by_doubt(annotator), self._open(annotator, self._ballots.skipped[annotator]))
        for number, position in enumerate(waiting, start=len(self._ballots.decided[annotator])):
            # By chance, but the same however often it is asked.
            if share_of("gold", annotator, number) < self._rules.gold_share:
                yield from islice(gold, 1)
            yield position

    def reopen(self, position: int) -> None:
        """Takes note that an item may be open again for people who were past it."""
        stratum, place = self._place[position]
        for begin in self._begin.values():
            begin[stratum] = min(begin.get(stratum, 0), place)

    def _by_doubt(self, annotator: str) -> Iterator[int]:
        """Items that the annotator has not come upon yet; those that are equally doubtful in the order of the run."""
        doubts = self._ballots.tally.doubts(self._strata)
        equals: defaultdict[float, list[Stratum]] = defaultdict(list)
        for stratum, doubt in doubts.items():
            equals[round(doubt, _DECIMALS)].append(stratum)
        for _, strata in sorted(equals.items(), reverse=True):
            yield from merge(*(self._new_in(stratum, annotator) for stratum in strata))

    def _new_in(self, stratum: Stratum, annotator: str) -> Iterator[int]:
        members = self._strata[stratum]
        begin = self._begin[annotator].get(stratum, 0)
        while begin < len(members) and not self._is_new(annotator, members[begin]):
            begin += 1
        self._begin[annotator][stratum] = begin
        ahead = (members[place] for place in range(begin, len(members)))
        return (position for position in ahead if self._is_new(annotator, position))

    def _is_new(self, annotator: str, position: int) -> bool:
        """Whether the item waits for the annotator, who has not come upon it yet; gold ones are mixed in otherwise."""
        is_unseen = annotator not in self._ballots.of(position) and position not in self._ballots.gold
        return is_unseen and self._ballots.is_open(annotator, position)

    def _new_gold(self, annotator: str) -> Iterator[int]:
        new = [position for position in self._ballots.gold if annotator not in self._ballots.of(position)]
        yield from sorted(new, key=lambda position: share_of("which gold", annotator, self._ids[position]))

    def _disputed(self, annotator: str) -> Iterator[int]:
        skipped = self._ballots.skipped[annotator]
        return self._open(annotator, sorted(self._ballots.disputed, key=lambda p: (p in skipped, p)))

    def _open(self, annotator: str, positions: Iterable[int]) -> Iterator[int]:
        return (position for position in positions if self._ballots.is_open(annotator, position))
