"""Wald's sequential probability ratio test: from which of two chances of success do right and wrong replies come?"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Decision = Literal["p0", "p1"]


@dataclass(frozen=True)
class WaldTest:
    """A test of the chance ``p0`` of a right reply against ``p1``, which may be above or below it.

    S sums ln(p1 / p0) per right reply and ln((1 - p1) / (1 - p0)) per wrong one. The test decides for p1 at
    S >= ln((1 - beta) / alpha) and for p0 at S <= ln(beta / (1 - alpha)) (A. Wald, Sequential Tests of Statistical
    Hypotheses, 1945), and for p0 where neither is reached within ``most`` replies.

    Attributes:
        p0: Chance of a right reply under the hypothesis that is kept in doubt.
        p1: Chance of a right reply under the other one.
        alpha: Nominal chance of deciding for p1 where p0 holds.
        beta: Nominal chance of deciding for p0 where p1 holds.
        most: Replies after which there is a decision in any case.
    """

    p0: float
    p1: float
    alpha: float
    beta: float
    most: int

    def decide(self, replies: Iterable[bool]) -> Decision | None:
        """The decision after these replies (right or not) in index order; None while there is none.

        The first bound that is crossed decides; replies after it change nothing.
        """
        right = 0
        for made, is_right in enumerate(replies, start=1):
            right += is_right
            decision = self.decide_by_counts(right, made)
            if decision is not None:
                return decision
        return None

    def decide_by_counts(self, right: int, made: int) -> Decision | None:
        """The decision after ``made`` replies of which ``right`` were right, where none before them has decided it.

        Decides for p0 as well once the replies that are left cannot lead to p1 any more.
        """
        total = self._sum(right, made)
        if total >= math.log((1 - self.beta) / self.alpha):
            return "p1"
        if total <= math.log(self.beta / (1 - self.alpha)):
            return "p0"
        left = self.most - made
        best = self._sum(right + left if self.p1 > self.p0 else right, self.most)
        return "p0" if best < math.log((1 - self.beta) / self.alpha) or left <= 0 else None

    def next_wave(self, right: int, made: int) -> int:
        """The fewest further replies after which there can be a decision; 0 where there is one.

        They can be asked for at once: whatever they are, the test would have asked for every one of them.
        """
        wave = 0
        while self._is_open(right, made, wave):
            wave += 1
        return wave

    def _is_open(self, right: int, made: int, wave: int) -> bool:
        """Whether no outcome of that many further replies decides; all right and all wrong are the extremes."""
        extremes = (right, right + wave)
        return all(self.decide_by_counts(count, made + wave) is None for count in extremes)

    def _sum(self, right: int, made: int) -> float:
        """S, by counts rather than by adding up, so that it does not depend on the order."""
        return right * math.log(self.p1 / self.p0) + (made - right) * math.log((1 - self.p1) / (1 - self.p0))
