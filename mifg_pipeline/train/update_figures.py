"""What the updates of a step did to its tokens, gathered over micro-batches and ranks."""

from collections import Counter
from typing import Any

import torch
from torch import Tensor

from mifg_pipeline.config.train import MaskSettings
from mifg_pipeline.train.accounting import MaskAccount, token_buckets
from mifg_pipeline.train.loss import LossOutputs
from mifg_pipeline.train.ranks import Ranks
from mifg_pipeline.train.step_batch import MicroBatch, StepBatch


class UpdateFigures:
    """Adds up loss, clipping, importance correction and rejected tokens; use one for each optimiser step.

    Args:
        batch: The step that is worked on.
    """

    def __init__(self, batch: StepBatch) -> None:
        self._batch = batch
        self._sums: Counter[str] = Counter()
        self._peaks: dict[str, float] = {}
        self.rejected = torch.zeros_like(batch.weights, dtype=torch.bool)

    def add(self, part: MicroBatch, outputs: LossOutputs) -> None:
        """Takes in the outputs of one micro-batch."""
        self._sums["loss"] += float(outputs.loss.detach())
        for name, value in outputs.sums.items():
            self._sums[name] += float(value)
        for name, value in outputs.peaks.items():
            self._peaks[name] = max(self._peaks.get(name, 0.0), float(value))
        for row, rejected in zip(part.tokens.rows, part.by_row(outputs.rejected), strict=True):
            self.rejected[row, self._batch.scored[row]] = rejected.cpu()

    @property
    def is_finite(self) -> bool:
        """Whether the loss is a number."""
        return bool(torch.isfinite(torch.tensor(self._sums["loss"])))

    def row(self, ranks: Ranks) -> dict[str, Any]:
        """The figures over all ranks: loss, shares of clipped and rejected tokens, correction, gap to the sampler."""
        sums: Counter[str] = Counter()
        for part in ranks.gather(self._sums):
            sums.update(part)
        peaks = ranks.gather(self._peaks)
        tokens = sums["tokens"]

        def share(name: str) -> float | None:
            return sums[name] / tokens if tokens else None

        return {
            "loss": sums["loss"],
            "clipped_low": share("clipped_low"),
            "clipped_high": share("clipped_high"),
            "rejected": share("rejected"),
            "correction": share("correction"),
            "correction_max": max((peak.get("correction", 0.0) for peak in peaks), default=0.0),
            "gap": share("gap"),
            "gap_max": max((peak.get("gap", 0.0) for peak in peaks), default=0.0),
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
