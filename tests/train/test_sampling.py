"""Which questions are drawn, and that groups are whole."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.config import TrainSettings
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.engine import SampledTurn
from mifg_pipeline.engines.scripted import ScriptedEngine
from mifg_pipeline.imagent.end_reason import EndReason
from mifg_pipeline.train.data import load_questions
from mifg_pipeline.train.sampling import Group, GroupSampler, position_of, seed_of, with_replacements


@given(size=st.integers(1, 50), epochs=st.integers(1, 4), seed=st.integers(0, 5))
def test_each_epoch_draws_every_question_once(size, epochs, seed):
    for epoch in range(epochs):
        draws = range(epoch * size, (epoch + 1) * size)
        assert sorted(position_of(draw, size, seed) for draw in draws) == list(range(size))


def test_epochs_and_seeds_have_orders_of_their_own():
    def order(seed: int, epoch: int) -> list[int]:
        return [position_of(draw, 50, seed) for draw in range(epoch * 50, (epoch + 1) * 50)]

    assert len({tuple(order(seed, epoch)) for seed in (0, 1) for epoch in (0, 1)}) == 4


def test_seeds_differ_in_every_part_and_fit_63_bits():
    seeds = {seed_of(*parts) for parts in [(0, 1, 2, 3), (1, 1, 2, 3), (0, 2, 2, 3), (0, 1, 3, 3), (0, 1, 2, 4)]}
    assert len(seeds) == 5
    assert max(seeds) < 2**63


def group(draw: int) -> Group:
    return Group(draw, SimpleNamespace(), ())


@pytest.mark.parametrize(
    ("useful", "fresh", "expected"),
    [({1, 3}, [7], [1, 7, 3]), ({1, 2, 3}, [], [1, 2, 3]), (set(), [7, 8], [7, 8, 3])],
)
def test_fresh_groups_take_the_places_of_useless_ones(useful, fresh, expected):
    replaced = with_replacements([group(draw) for draw in (1, 2, 3)], useful, [group(draw) for draw in fresh])
    assert [one.draw for one in replaced] == expected


class FailingEngine(ScriptedEngine):
    """Ends its turns without an answer, one a step, and fails those of some numbers, counted as they are sampled."""

    def __init__(self, chat_format: ChatFormat, failing: set[int]) -> None:
        super().__init__(
            lambda _: [chat_format.end_of_turn_id],
            image_token_id=chat_format.image_token_id,
            tokens_of=chat_format.tokens_of,
            end_of_turn_id=chat_format.end_of_turn_id,
        )
        self._failing = failing
        self.sampled = 0

    def step(self) -> list[SampledTurn]:
        waiting, self._queue = self._queue[1:], self._queue[:1]
        (turn,) = super().step()
        self._queue = waiting
        self.sampled += 1
        return [replace(turn, failure="lost") if self.sampled - 1 in self._failing else turn]


@pytest.fixture
def sample(tiny_model: Path, small_run: Callable[..., TrainSettings]) -> Callable[..., tuple[list[EndReason], int]]:
    """Samples a group of three whose engine fails turns; how each ended, and how many turns were sampled."""

    def run(failing: set[int], *overrides: str) -> tuple[list[EndReason], int]:
        settings, chat_format = small_run(*overrides), ChatFormat.load(tiny_model)
        engine = FailingEngine(chat_format, failing)
        questions = load_questions(settings.data.path, settings.data.split)
        (group,) = GroupSampler(engine, chat_format, questions, settings).sample([0], on_played=lambda _: None)
        return [played.trajectory.end for played in group.played], engine.sampled

    return run


def test_what_was_lost_is_sampled_again(sample):
    assert sample({0, 2}) == ([EndReason.NO_ANSWER] * 3, 5)


def test_what_is_lost_once_too_often_stays_lost(sample):
    ends, sampled = sample({1, 3}, "rollout.retries=1")
    assert ends == [EndReason.NO_ANSWER, EndReason.INFRA_ERROR, EndReason.NO_ANSWER]
    assert sampled == 4


def test_nothing_is_sampled_again_without_retries(sample):
    assert sample({0}, "rollout.retries=0")[1] == 3


def test_those_that_still_play_are_abandoned_once_the_share_has_ended(sample):
    ends, sampled = sample(set(), "rollout.finish_share=0.6")
    assert ends == [EndReason.NO_ANSWER, EndReason.NO_ANSWER, EndReason.ABANDONED]
    assert sampled == 2


def test_a_lost_one_is_not_sampled_again_once_the_share_has_ended(sample):
    ends, sampled = sample({0}, "rollout.finish_share=0.6")
    assert ends == [EndReason.INFRA_ERROR, EndReason.NO_ANSWER, EndReason.NO_ANSWER]
    assert sampled == 3


def test_lost_ones_are_sampled_again_until_the_share_has_ended(sample):
    ends, sampled = sample({0, 1}, "rollout.finish_share=0.6")
    assert sorted(ends) == [EndReason.ABANDONED, EndReason.NO_ANSWER, EndReason.NO_ANSWER]
    assert sampled == 4
