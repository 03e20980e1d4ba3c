"""Leases: one annotator at a time, for a time."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.review.server.leases import Leases


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def leases(tmp_path: Path, clock: Clock) -> Leases:
    return Leases(tmp_path / "leases", 60, clock)


def test_an_item_that_one_has_is_refused_to_another(leases: Leases) -> None:
    leases.renew("alice", "item")
    assert not leases.renew("bob", "item")


def test_a_lease_ends_when_it_is_not_renewed(leases: Leases, clock: Clock) -> None:
    leases.renew("alice", "item")
    clock.now = 60
    assert leases.renew("bob", "item")


def test_a_heartbeat_keeps_a_lease(leases: Leases, clock: Clock) -> None:
    leases.renew("alice", "item")
    clock.now = 50
    leases.renew("alice", "item")
    clock.now = 100
    assert not leases.renew("bob", "item")


def test_a_lease_that_is_given_back_is_free(leases: Leases) -> None:
    leases.renew("alice", "item")
    leases.release("alice", "item")
    assert leases.renew("bob", "item")


def test_nobody_gives_back_what_another_has(leases: Leases) -> None:
    leases.renew("alice", "item")
    leases.release("bob", "item")
    assert leases.of("alice") == {"item"}


def test_who_chooses_is_told_what_others_have_and_not_what_is_their_own(leases: Leases) -> None:
    leases.renew("alice", "hers")
    leases.renew("bob", "his")
    told: list[set[str]] = []
    leases.claim("alice", lambda taken: told.append(taken) or None)
    assert told == [{"his"}]


def test_a_restarted_server_knows_who_has_what(leases: Leases, tmp_path: Path, clock: Clock) -> None:
    leases.renew("alice", "item")
    assert Leases(tmp_path / "leases", 60, clock).of_others("bob") == {"item"}


@pytest.mark.parametrize("content", [b"", b"\xff\x00", b"../alice"])
def test_an_item_whose_file_a_crash_left_damaged_is_free(
    leases: Leases, tmp_path: Path, clock: Clock, content: bytes
) -> None:
    (tmp_path / "leases" / "item").write_bytes(content)
    assert Leases(tmp_path / "leases", 60, clock).of_others("bob") == set()


ACTIONS = st.lists(
    st.tuples(st.sampled_from(["renew", "release", "wait"]), st.sampled_from("abc"), st.sampled_from("xyz"))
)


@given(ACTIONS)
def test_no_two_people_ever_have_the_same_item(tmp_path_factory: pytest.TempPathFactory, actions: list) -> None:
    clock = Clock()
    leases = Leases(tmp_path_factory.mktemp("leases") / "leases", 60, clock)
    for action, annotator, item in actions:
        if action == "wait":
            clock.now += 25
        else:
            getattr(leases, action)(annotator, item)
        held = [item for name in "abc" for item in leases.of(name)]
        assert len(held) == len(set(held))
