"""The trajectories of one step as tensors, judged: what the update works on."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mifg_pipeline.config import TrainSettings
from mifg_pipeline.config.train import AdvantageSettings, LossSettings
from mifg_pipeline.engines.ledger import TokenKind
from mifg_pipeline.engines.vision_inputs import VisionInputs
from mifg_pipeline.imagent.end_reason import EndReason
from mifg_pipeline.imagent.rollout import Played
from mifg_pipeline.train.advantages import Advantages, group_advantages
from mifg_pipeline.train.loss import LossOutputs, Totals, local_totals, policy_loss, token_coefficients
from mifg_pipeline.train.masks import token_weights, trajectory_masks
from mifg_pipeline.train.policy import Policy
from mifg_pipeline.train.ranks import Ranks
from mifg_pipeline.train.reward import Rewarded, reward
from mifg_pipeline.train.sampling import Group
from mifg_pipeline.train.token_batch import TokenBatch, micro_batches, token_batch


@dataclass(frozen=True)
class Verdict:
    """What the reward says of one trajectory, and where it belongs: all that other ranks need to know of it.

    Attributes:
        group: Draw of its question.
        end: How it ended.
        rewarded: Its score.
    """

    group: int
    end: EndReason
    rewarded: Rewarded


@dataclass(frozen=True)
class MicroBatch:
    """Trajectories that share a forward pass, with what the loss needs of their K scored tokens.

    Attributes:
        tokens: What the policy reads.
        sampler: (K,) log-probabilities under the sampler.
        sampled: (K,) bool; false where an observation is trained, which nobody sampled.
        advantages: (K,).
        coefficients: (K,).
    """

    tokens: TokenBatch
    sampler: Tensor
    sampled: Tensor
    advantages: Tensor
    coefficients: Tensor

    def loss(self, new: Tensor, old: Tensor, settings: LossSettings) -> LossOutputs:
        """Its share of the step's loss, with log-probabilities under the weights of now and of before the step, (K,).

        Where an observation is trained there is no sampler to correct for: the old log-probability stands for its.
        """
        return policy_loss(
            new=new,
            old=old,
            sampler=torch.where(self.sampled, self.sampler, old),
            advantages=self.advantages,
            coefficients=self.coefficients,
            settings=settings,
        )

    def by_row(self, values: Tensor) -> Iterator[tuple[int, Tensor]]:
        """K values, split by trajectory, each with its row in the step; nothing for a padding micro-batch."""
        counts: list[int] = self.tokens.scored.sum(1).tolist()
        return zip(self.tokens.rows, torch.split(values, counts), strict=False)


@dataclass(frozen=True)
class StepBatch:
    """This rank's M trajectories of a step, padded to T tokens.

    Attributes:
        played: The trajectories.
        verdicts: Of each.
        kinds: Where each token comes from, (M, T) int; -1 for padding.
        valid_turn: Whether the turn of each token is a valid action, (M, T) bool; true outside turns.
        sampler: Log-probability under the sampler, (M, T); 0 where not sampled.
        banned: Whether the token is one that the model never samples, (M, T) bool; such have no log-probability.
        advantages: (M,).
        has_signal: Whether the trajectory's group gives a gradient, (M,) bool.
        in_loss: By the trajectory-level mask, (M,) bool.
        weights: The two-level mask, (M, T).
        coefficients: What each token's term is multiplied by, (M, T).
        totals: Of all ranks.
        ordered_by_gain_alone: Groups of all ranks in which the gain for tool use ranks equally right answers.
    """

    played: tuple[Played, ...]
    verdicts: tuple[Verdict, ...]
    kinds: Tensor
    valid_turn: Tensor
    sampler: Tensor
    banned: Tensor
    advantages: Tensor
    has_signal: Tensor
    in_loss: Tensor
    weights: Tensor
    coefficients: Tensor
    totals: Totals
    ordered_by_gain_alone: int

    @property
    def groups_without_signal(self) -> int:
        """This rank's groups that give no gradient."""
        signal = zip(self.verdicts, self.has_signal.tolist(), strict=True)
        return len({verdict.group for verdict, has_signal in signal if not has_signal})

    @property
    def is_all_faults(self) -> bool:
        """Whether the machinery ended every trajectory."""
        return all(verdict.end.is_fault for verdict in self.verdicts)

    @property
    def first_failure(self) -> str | None:
        """What the first such trajectory says of it."""
        return next((one.trajectory.failure for one in self.played if one.trajectory.failure), None)

    @property
    def scored(self) -> Tensor:
        """Tokens that a gradient reaches, (M, T) bool: all others need no log-probability."""
        return (self.weights > 0) & (self.advantages != 0)[:, None] & ~self.banned

    def micro_batches(self, max_tokens: int) -> list[tuple[int, ...]]:
        """Rows that share a forward pass; those without a scored token are in none."""
        rows = self.scored.any(1).nonzero().flatten().tolist()
        lengths = self.lengths
        groups = micro_batches([lengths[row] for row in rows], max_tokens)
        return [tuple(rows[index] for index in group) for group in groups]

    def micro_batch(self, rows: Sequence[int], vision_inputs: VisionInputs, policy: Policy) -> MicroBatch:
        """Makes these rows into tensors on the policy's device."""
        tracks = [played.tracks for played in self.played]
        tokens = token_batch(rows, tracks, self.scored, vision_inputs, policy.merge_size)
        chosen = self.scored[list(rows)]
        advantages = self.advantages[list(rows), None].expand(chosen.shape)
        return MicroBatch(
            tokens=tokens.to(policy.device),
            sampler=self.sampler[list(rows)][chosen].to(policy.device),
            sampled=(self.kinds[list(rows)][chosen] == TokenKind.SAMPLED).to(policy.device),
            advantages=advantages[chosen].to(policy.device, torch.float32),
            coefficients=self.coefficients[list(rows)][chosen].to(policy.device),
        )

    @property
    def lengths(self) -> list[int]:
        """Tokens of each trajectory."""
        return [len(played.tracks.token_ids) for played in self.played]


def padding_micro_batch(policy: Policy) -> MicroBatch:
    """A micro-batch of no weight, for a rank that has fewer of them than others."""
    none = torch.zeros(0, device=policy.device)
    return MicroBatch(policy.padding_batch(), none, none.bool(), none, none)


def verdicts_of(groups: Sequence[Group], settings: TrainSettings) -> list[Verdict]:
    """What the reward says of every trajectory of these groups, in order."""
    return [
        Verdict(group.draw, played.trajectory.end, reward(played.trajectory, group.question, settings.reward))
        for group in groups
        for played in group.played
    ]


def groups_with_signal(verdicts: Sequence[Verdict], settings: TrainSettings) -> set[int]:
    """Draws whose groups give a gradient."""
    _, advantages = _judge(verdicts, settings)
    return {verdict.group for verdict, signal in zip(verdicts, advantages.has_signal.tolist(), strict=True) if signal}


def step_batch(
    groups: Sequence[Group], banned_ids: Collection[int], settings: TrainSettings, ranks: Ranks
) -> StepBatch:
    """The step of this rank; advantages and totals are those of the trajectories of all ranks.

    Args:
        groups: What was sampled.
        banned_ids: What the model never samples.
        settings: Of the run.
        ranks: All of them call it.
    """
    played = tuple(played for group in groups for played in group.played)
    own = verdicts_of(groups, settings)
    shares = ranks.gather(own)
    first = sum(len(share) for share in shares[: ranks.rank])
    mine = slice(first, first + len(own))
    in_loss, advantages = _judge([verdict for share in shares for verdict in share], settings)

    kinds, valid_turn, sampler, banned = _padded(played, banned_ids)
    weights = token_weights(kinds, valid_turn, in_loss[mine], advantages.values[mine], settings.mask)
    totals = _summed(ranks.gather(local_totals(weights, in_loss[mine])))
    limit = settings.episode.completion_limit
    return StepBatch(
        played=played,
        verdicts=tuple(own),
        kinds=kinds,
        valid_turn=valid_turn,
        sampler=sampler,
        banned=banned,
        advantages=advantages.values[mine],
        has_signal=advantages.has_signal[mine],
        in_loss=in_loss[mine],
        weights=weights,
        coefficients=token_coefficients(weights, in_loss[mine], settings.loss.kind, limit, totals),
        totals=totals,
        ordered_by_gain_alone=advantages.ordered_by_gain_alone,
    )


def advantages_of(verdicts: Sequence[Verdict], in_baseline: Tensor, settings: AdvantageSettings) -> Advantages:
    """The advantages of a whole step's trajectories, given which of them count in their group's baseline, (M,) bool."""
    return group_advantages(
        rewards=torch.tensor([verdict.rewarded.reward for verdict in verdicts], dtype=torch.float64),
        right=torch.tensor([verdict.rewarded.is_right for verdict in verdicts], dtype=torch.bool),
        group=torch.tensor([verdict.group for verdict in verdicts], dtype=torch.long),
        in_baseline=in_baseline,
        settings=settings,
    )


def _judge(verdicts: Sequence[Verdict], settings: TrainSettings) -> tuple[Tensor, Advantages]:
    in_loss, in_baseline = trajectory_masks([verdict.end for verdict in verdicts], settings.mask)
    return in_loss, advantages_of(verdicts, in_baseline, settings.advantage)


def _padded(played: Sequence[Played], banned_ids: Collection[int]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    longest = max((len(one.tracks.token_ids) for one in played), default=0)
    shape = (len(played), longest)
    kinds = torch.full(shape, -1, dtype=torch.int8)
    valid_turn = torch.ones(shape, dtype=torch.bool)
    sampler = torch.zeros(shape, dtype=torch.float32)
    token_ids = torch.full(shape, -1, dtype=torch.int64)
    for row, one in enumerate(played):
        length = len(one.tracks.token_ids)
        kinds[row, :length] = torch.tensor(one.tracks.kinds, dtype=torch.int8)
        sampler[row, :length] = torch.tensor(one.tracks.logprobs, dtype=torch.float32)
        token_ids[row, :length] = torch.tensor(one.tracks.token_ids)
        # In the prompt the turn is -1, which names the last entry.
        is_valid = [*(turn.is_valid for turn in one.trajectory.turns), True]
        valid_turn[row, :length] = torch.tensor([is_valid[turn] for turn in one.tracks.turns])
    return kinds, valid_turn, sampler, torch.isin(token_ids, torch.tensor(sorted(banned_ids)))


def _summed(totals: Sequence[Totals]) -> Totals:
    return Totals(
        tokens=sum(part.tokens for part in totals),
        trajectories=sum(part.trajectories for part in totals),
        in_loss=sum(part.in_loss for part in totals),
    )
