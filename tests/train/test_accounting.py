"""Every token of a step lands in exactly one bucket, and those with weight in the buckets that say so."""

from itertools import product

import pytest
import torch
from drawn_steps import ALL_MASK_SETTINGS, PADDING, gradient, shares, steps
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.config.train import AdvantageSettings, LossSettings, MaskSettings
from mifg_pipeline.engines.ledger import TokenKind
from mifg_pipeline.imagent.bucket import WEIGHTED, Bucket
from mifg_pipeline.imagent.end_reason import EndReason
from mifg_pipeline.train.accounting import MaskAccount, token_buckets
from mifg_pipeline.train.masks import token_weights, trajectory_masks

SAMPLED = TokenKind.SAMPLED
TOKENS = list(product((*TokenKind, PADDING), (True, False), (True, False)))
"""Kind, whether the turn is valid, whether the loss rejected the token."""


def expected_bucket(kind, valid, rejected, end, advantage, settings):
    """The rules again, as a decision on one token."""
    if kind == PADDING:
        return Bucket.PADDING
    if kind != SAMPLED and (kind != TokenKind.OBSERVATION or settings.observations):
        return Bucket[kind.name]
    if end.is_interrupted or (end.is_over_limit and settings.trajectory):
        return Bucket[end.name]
    if end is EndReason.NO_ANSWER and settings.no_answer == "mask":
        return Bucket.NO_ANSWER
    if not valid and (settings.action == "both" or (settings.action == "positive_only" and advantage > 0)):
        return Bucket.INVALID_ACTION
    if advantage == 0:
        return Bucket.NO_SIGNAL
    return Bucket.IMPORTANCE_REJECTED if rejected else Bucket.TRAINED


@pytest.mark.parametrize("settings", ALL_MASK_SETTINGS, ids=str)
def test_every_combination_lands_where_the_rules_say(settings):
    trajectories = list(product(EndReason, (-1.0, 0.0, 1.0)))
    ends, advantages = zip(*trajectories, strict=True)
    kinds, valid, rejected = (torch.tensor(track).repeat(len(trajectories), 1) for track in zip(*TOKENS, strict=True))
    buckets = token_buckets(kinds, valid, ends, torch.tensor(advantages), rejected, settings)
    expected = [
        [expected_bucket(*token, end, advantage, settings) for token in TOKENS] for end, advantage in trajectories
    ]
    assert buckets.tolist() == expected
    in_loss, _ = trajectory_masks(ends, settings)
    weights = token_weights(kinds, valid, in_loss, torch.tensor(advantages), settings)
    assert weights.tolist() == [[float(bucket in WEIGHTED) for bucket in row] for row in expected]


@given(
    steps(),
    st.sampled_from(ALL_MASK_SETTINGS),
    st.builds(AdvantageSettings, gate=st.sampled_from(["accuracy", "reward", "none"])),
    st.builds(LossSettings, reject_above_cap=st.booleans()),
)
def test_the_account_of_any_step_adds_up_and_trained_tokens_alone_have_gradient(step, masks, advantage, loss):
    share = shares(step, masks, advantage)
    made = gradient(step, share, loss)
    buckets = token_buckets(step.kinds, step.valid_turn, step.ends, share.advantages, made.rejected, masks)
    account = MaskAccount.of(buckets, share.weights, tokens=int((step.kinds != PADDING).sum()))
    assert Bucket.PADDING not in account.counts
    assert not made.by_token[buckets != Bucket.TRAINED].any()


def account_of(*buckets):
    tensor = torch.tensor([buckets])
    weights = torch.tensor([[float(bucket in WEIGHTED) for bucket in buckets]])
    return MaskAccount.of(tensor, weights, tokens=sum(bucket != Bucket.PADDING for bucket in buckets))


def test_every_end_reason_but_an_answer_has_a_bucket():
    assert {end.name for end in EndReason} - {"ANSWERED"} <= set(Bucket.__members__)


def test_masked_is_the_share_of_sampled_tokens_without_gradient():
    given_ones = (Bucket.PROMPT, Bucket.OBSERVATION, Bucket.TEMPLATE, Bucket.PADDING)
    account = account_of(*given_ones, Bucket.TRAINED, Bucket.NO_SIGNAL, Bucket.INVALID_ACTION, Bucket.OVER_TURN)
    assert account.masked == 0.75


def test_masked_is_unknown_where_nothing_was_sampled():
    assert account_of(Bucket.PROMPT).masked is None


def test_accounts_of_ranks_add_up():
    both = account_of(Bucket.PROMPT, Bucket.TRAINED) + account_of(Bucket.TRAINED, Bucket.INFRA_ERROR)
    assert both == account_of(Bucket.PROMPT, Bucket.TRAINED, Bucket.TRAINED, Bucket.INFRA_ERROR)


def test_figures_are_flat_and_name_every_bucket():
    figures = account_of(Bucket.TRAINED, Bucket.OVER_IMAGES).figures()
    assert (figures["tokens.trained"], figures["tokens.over_images"], figures["tokens.prompt"]) == (1, 1, 0)
    assert figures["masked"] == 0.5
    assert len(figures) == len(Bucket) - 1 + 1


@pytest.mark.parametrize(
    ("weights", "tokens", "complaint"),
    [([[1.0, 0.0]], 3, "2 tokens are in buckets, of 3"), ([[1.0, 1.0]], 2, "1 tokens are in weighted buckets, but 2")],
)
def test_an_account_that_does_not_add_up_is_refused(weights, tokens, complaint):
    buckets = torch.tensor([[Bucket.TRAINED, Bucket.PROMPT]])
    with pytest.raises(AssertionError, match=complaint):
        MaskAccount.of(buckets, torch.tensor(weights), tokens)


def test_buckets_of_default_settings_tell_a_story():
    kinds = torch.tensor([[TokenKind.PROMPT, SAMPLED, TokenKind.TEMPLATE, TokenKind.OBSERVATION, SAMPLED, PADDING]])
    valid = torch.tensor([[True, False, False, False, True, True]])
    rejected = torch.zeros_like(valid)
    buckets = token_buckets(kinds, valid, [EndReason.ANSWERED], torch.tensor([0.7]), rejected, MaskSettings())
    names = ["PROMPT", "INVALID_ACTION", "TEMPLATE", "OBSERVATION", "TRAINED", "PADDING"]
    assert [Bucket(bucket).name for bucket in buckets[0].tolist()] == names
