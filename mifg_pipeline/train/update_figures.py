"""What the updates of a step did to its tokens, gathered over micro-batches and ranks."""

from collections import defaultdict
from typing import Any

import torch
from torch import Tensor

from mifg_pipeline.config.train import MaskSettings
from mifg_pipeline.train.accounting import MaskAccount, token_buckets
from mifg_pipeline.train.loss import LossOutputs
from mifg_pipeline.train.ranks import Ranks
from mifg_pipeline.train.step_batch import MicroBatch, StepBatch

_SHARES = ("clipped_low", "clipped_high", "rejected", "correction", "gap")
_PEAKS = ("correction", "gap")


class UpdateFigures:
    """Adds up loss, clipping, importance correction and rejected tokens; use one for each optimiser step.

    Args:
        batch: The step that is worked on.

    Attributes:
        grad_norm: Of the gradient before it was scaled down; None where there was none.
        rejected: Tokens that the loss left out though they have weight, (M, T) bool.
    """

    def __init__(self, batch: StepBatch) -> None:
        self._batch = batch
        self._sums: defaultdict[str, float] = defaultdict(float)
        self._peaks: defaultdict[str, float] = defaultdict(float)
        self.grad_norm: float | None = None
        self.rejected = (batch.weights > 0) & batch.banned

    def add(self, part: MicroBatch, outputs: LossOutputs) -> None:
        """Takes in the outputs of one micro-batch."""
        self._sums["loss"] += float(outputs.loss.detach())
        for name, value in outputs.sums.items():
            self._sums[name] += float(value)
        for name, value in outputs.peaks.items():
            self._peaks[name] = max(self._peaks[name], float(value))
        for row, rejected in part.by_row(outputs.rejected):
            self.rejected[row, self._batch.scored[row]] = rejected.cpu()

    @property
    def is_finite(self) -> bool:
        """Whether the loss is a number."""
        return bool(torch.isfinite(torch.tensor(self._sums["loss"])))

    def row(self, ranks: Ranks) -> dict[str, Any]:
        """The figures over all ranks: loss, shares of clipped and rejected tokens, correction, gap to the sampler."""
        shares = ranks.gather((dict(self._sums), dict(self._peaks)))
        sums = {name: sum(of_rank.get(name, 0.0) for of_rank, _ in shares) for name in (*_SHARES, "loss", "tokens")}
        peaks = {name: max(of_rank.get(name, 0.0) for _, of_rank in shares) for name in _PEAKS}
        tokens = sums["tokens"]
        return {
            "loss": sums["loss"],
            "grad_norm": self.grad_norm,
            **{name: sums[name] / tokens if tokens else None for name in _SHARES},
            **{f"{name}_max": peak for name, peak in peaks.items()},
        }

    def account(self, settings: MaskSettings, ranks: Ranks) -> MaskAccount:
        """Every token of the step, of all ranks, by bucket."""
        batch = self._batch
        buckets = self.buckets(settings)
        tokens = sum(batch.lengths)
        own = MaskAccount.of(buckets, batch.weights, tokens)
        first, *others = ranks.gather(own)
        return sum(others, first)

    def buckets(self, settings: MaskSettings) -> Tensor:
        """The bucket of each token, (M, T)."""
        batch = self._batch
        ends = [verdict.end for verdict in batch.verdicts]
        return token_buckets(batch.kinds, batch.valid_turn, ends, batch.advantages, self.rejected, settings)
