"""Verdicts are functions of figures and a limit."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.config import load_train_settings
from mifg_pipeline.imagent.end_reason import EndReason
from mifg_pipeline.train.doctor import verdicts
from mifg_pipeline.train.doctor.figures import (
    BurstFigures,
    EpisodeFigures,
    Gaps,
    SleepFigures,
    ToolFigures,
    UpdateFigures,
)

LIMIT = 1e-4
NEAR, FAR = LIMIT / 10, LIMIT * 10
SOUND = Gaps(tokens=200, mean=NEAR, p99=NEAR, largest=NEAR)
UNSOUND = Gaps(tokens=200, mean=FAR, p99=FAR, largest=FAR)
EPISODES = EpisodeFigures(
    episodes=8, sampled=200, image_tokens=64, mismatch=None, failure=None, gaps=SOUND, raw=None, scoring=4.0
)
LOGPROBS = st.floats(-50, 0)


@given(st.lists(LOGPROBS, min_size=1, max_size=300), st.randoms(use_true_random=False))
def test_gaps_are_ordered_and_of_all_tokens(reported, rng):
    gaps = Gaps.of(reported, [logprob + rng.uniform(-1, 1) for logprob in reported])
    assert gaps.tokens == len(reported)
    assert 0 <= gaps.p99 <= gaps.largest
    assert gaps.mean <= gaps.largest * (1 + 1e-12)


@given(st.integers(1, 1000), st.data())
def test_at_most_one_token_in_a_hundred_is_above_the_99th_percentile(tokens, data):
    outliers = data.draw(st.integers(0, tokens))
    gaps = Gaps.of([0.0] * tokens, [-FAR] * outliers + [0.0] * (tokens - outliers))
    assert (gaps.p99 > LIMIT) == (outliers > tokens / 100)


@pytest.mark.parametrize("value", [math.nan, -math.inf])
def test_a_log_probability_that_is_not_finite_is_an_infinite_gap(value):
    assert Gaps.of([-1.0, value], [-1.0, value]).largest == math.inf


def test_episodes_without_tokens_have_no_gaps():
    assert Gaps.of([], []) == Gaps(0, 0.0, 0.0, 0.0)


def test_log_probabilities_fail_above_the_limit_and_name_a_setting():
    assert verdicts.logprobs_verdict(EPISODES, LIMIT).status == "passed"
    check = verdicts.logprobs_verdict(replace(EPISODES, gaps=UNSOUND), LIMIT)
    assert check.status == "failed"
    assert "rollout.max_gap" in check.remedy


def test_what_agrees_at_temperature_1_alone_is_named_so():
    check = verdicts.logprobs_verdict(replace(EPISODES, gaps=UNSOUND, raw=NEAR), LIMIT)
    assert "temperature 1" in check.finding
    assert "temperature 1" not in verdicts.logprobs_verdict(replace(EPISODES, gaps=UNSOUND, raw=FAR), LIMIT).finding


@pytest.mark.parametrize(
    ("end", "setting"),
    [
        (EndReason.OVER_TURN, "episode.max_turns"),
        (EndReason.OVER_IMAGES, "episode.max_images"),
        (EndReason.OVER_LENGTH, "episode.max_tokens"),
    ],
)
def test_a_look_without_room_names_the_limit(end, setting):
    check = verdicts.tool_verdict(ToolFigures(end, None, Gaps.of([], [])), LIMIT)
    assert check.status == "failed"
    assert f"Raise {setting}" in check.remedy


@pytest.mark.parametrize("end", [EndReason.IMAGE_TOKEN_MISMATCH, EndReason.INFRA_ERROR])
def test_what_the_machinery_did_to_a_look_is_told(end):
    check = verdicts.tool_verdict(ToolFigures(end, "seen at 7", Gaps.of([], [])), LIMIT)
    assert check.status == "failed"
    assert "seen at 7" in check.finding


def test_a_look_that_is_scored_otherwise_fails():
    assert verdicts.tool_verdict(ToolFigures(EndReason.ANSWERED, None, UNSOUND), LIMIT).status == "failed"
    assert verdicts.tool_verdict(ToolFigures(EndReason.ANSWERED, None, SOUND), LIMIT).status == "passed"


UPDATED = UpdateFigures(effect=1.0, fresh=NEAR, repeated=NEAR, shown=NEAR, restored=NEAR)


@pytest.mark.parametrize(
    ("changed", "statuses"),
    [
        ({}, "passed passed passed passed"),
        ({"fresh": FAR, "repeated": FAR, "shown": FAR, "restored": NEAR}, "failed skipped skipped skipped"),
        ({"repeated": FAR, "restored": FAR}, "passed failed passed skipped"),
        ({"shown": FAR, "restored": FAR}, "passed passed failed skipped"),
        ({"restored": FAR}, "passed passed passed failed"),
        ({"effect": FAR / 2}, "skipped skipped skipped skipped"),
    ],
)
def test_of_an_update_the_first_cause_alone_fails(changed, statuses):
    checks = verdicts.update_verdicts(replace(UPDATED, **changed), LIMIT)
    assert [check.status for check in checks] == statuses.split()


def test_sleep_fails_where_the_engine_is_another_one_after_it():
    assert verdicts.sleep_verdict(SleepFigures(1.0, None, NEAR), LIMIT).status == "passed"
    check = verdicts.sleep_verdict(SleepFigures(1.0, None, FAR), LIMIT)
    assert (check.status, check.remedy) == ("failed", "Set rollout.vllm.sleep=false.")


def test_gpu_memory_that_sleep_frees_is_told():
    assert "12.5 GB" in verdicts.sleep_verdict(SleepFigures(1.0, 12_500_000_000, NEAR), LIMIT).finding


def test_a_step_takes_its_tokens_at_the_burst_s_rate_and_its_passes():
    places = ["model.path=m", "data.path=d", "out=o", "model.gradient_checkpointing=true"]
    settings = load_train_settings(None, [*places, "rollout.groups=4", "rollout.group_size=8"])
    burst = BurstFigures(turns=32, sampled=1000, seconds=2.0, cache=None)
    figures = verdicts.throughput_verdict(burst, EPISODES, settings).figures
    assert figures["tokens_per_second"] == 500
    assert figures["sampling_seconds"] == 32 * 25 / 500
    assert figures["update_seconds"] == 32 * 0.5 * 4  # two forward passes and a backward one of twice their time


def test_the_cache_is_told_in_episodes():
    settings = load_train_settings(None, ["model.path=m", "data.path=d", "out=o", "episode.max_tokens=4000"])
    burst = BurstFigures(turns=32, sampled=1000, seconds=2.0, cache=30_000)
    assert (
        "its cache holds 7 episodes of 4,000 tokens" in verdicts.throughput_verdict(burst, EPISODES, settings).finding
    )
