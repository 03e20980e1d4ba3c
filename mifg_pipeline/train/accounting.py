"""The mask's account: every token of a step lands in exactly one bucket."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from mifg_pipeline.config.train import MaskSettings
from mifg_pipeline.imagent.bucket import GIVEN, WEIGHTED, Bucket
from mifg_pipeline.imagent.end_reason import EndReason
from mifg_pipeline.train.masks import masked_action, trainable, trajectory_masks


def token_buckets(
    kinds: Tensor,
    valid_turn: Tensor,
    ends: Sequence[EndReason],
    advantages: Tensor,
    rejected: Tensor,
    settings: MaskSettings,
) -> Tensor:
    """The bucket of each token.

    Args:
        kinds: As for ``token_weights``.
        valid_turn: As for ``token_weights``.
        ends: How each trajectory ended.
        advantages: A of each trajectory, 0 where its group has no signal; shape (M,).
        rejected: Which tokens the loss rejected; bool, shape (M, T).
        settings: What is masked.

    Returns:
        A ``Bucket`` for each token; int8, shape (M, T). A token has weight exactly if its bucket is in ``WEIGHTED``.
    """
    in_loss, _ = trajectory_masks(ends, settings)
    outside = [Bucket.TRAINED if kept else Bucket[end.name] for end, kept in zip(ends, in_loss.tolist(), strict=True)]
    # The later a line, the stronger.
    buckets = torch.full(kinds.shape, int(Bucket.TRAINED), dtype=torch.int8)
    buckets[rejected] = Bucket.IMPORTANCE_REJECTED
    buckets[advantages == 0] = Bucket.NO_SIGNAL
    buckets[masked_action(valid_turn, advantages, settings)] = Bucket.INVALID_ACTION
    buckets = torch.where(in_loss[:, None], buckets, torch.tensor(outside, dtype=torch.int8)[:, None])
    given = torch.full(kinds.shape, int(Bucket.PADDING), dtype=torch.int8)
    for kind, bucket in GIVEN.items():
        given[kinds == kind] = bucket
    return torch.where(trainable(kinds, settings), buckets, given)


@dataclass(frozen=True)
class MaskAccount:
    """Tokens by bucket, padding left out. Ranks add theirs up.

    Attributes:
        counts: Tokens of each bucket.
    """

    counts: Mapping[Bucket, int]

    @classmethod
    def of(cls, buckets: Tensor, weights: Tensor, tokens: int) -> Self:
        """Counts a step's tokens.

        Args:
            buckets: From ``token_buckets``; shape (M, T).
            weights: From ``token_weights``; shape (M, T).
            tokens: How many tokens the trajectories have in all.

        Raises:
            AssertionError: If the buckets do not add up to the tokens, or those of weighted tokens to the weights.
        """
        counts = torch.bincount(buckets.flatten().long(), minlength=len(Bucket)).tolist()
        account = cls({bucket: counts[bucket] for bucket in Bucket if bucket is not Bucket.PADDING})
        if sum(account.counts.values()) != tokens:
            raise AssertionError(f"{sum(account.counts.values())} tokens are in buckets, of {tokens}")
        weighted = sum(account.counts[bucket] for bucket in WEIGHTED)
        if weighted != int(weights.sum(dtype=torch.float64)):
            raise AssertionError(f"{weighted} tokens are in weighted buckets, but {int(weights.sum())} have weight")
        return account

    def __add__(self, other: "MaskAccount") -> "MaskAccount":
        return MaskAccount({bucket: count + other.counts[bucket] for bucket, count in self.counts.items()})

    @property
    def masked(self) -> float | None:
        """Share of the sampled tokens that no gradient reaches; None where none was sampled."""
        sampled = sum(count for bucket, count in self.counts.items() if bucket not in GIVEN.values())
        return 1 - self.counts[Bucket.TRAINED] / sampled if sampled else None

    def figures(self) -> dict[str, float | None]:
        """For the metrics: ``tokens.trained`` and so on, and ``masked``."""
        counts = {f"tokens.{bucket.name.lower()}": float(count) for bucket, count in self.counts.items()}
        return {**counts, "masked": self.masked}
