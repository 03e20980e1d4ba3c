"""A log that is followed gives the same events as one that is read, and reads each line once."""

import shutil
from datetime import UTC, datetime

import pytest

from mifg_pipeline.errors import MifgError
from mifg_pipeline.store.events import EventLog
from mifg_pipeline.store.followed_log import FollowedLog, LogReplacedError
from mifg_pipeline.store.review_records import Judgement
from mifg_pipeline.store.run_folder import RunFolder

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def accept(item: str, comment: str = "") -> Judgement:
    return Judgement(item_id=item, item_digest="d", decision="accept", comment=comment)


def follow(log: EventLog) -> FollowedLog:
    followed = FollowedLog(log)
    followed.catch_up()
    return followed


def anything(past) -> None:
    """Takes every judgement as current."""


@pytest.fixture
def log(tmp_path) -> EventLog:
    return EventLog.of(RunFolder(tmp_path), "alice")


def test_a_log_that_is_not_there_is_empty_until_somebody_writes_it(log):
    followed = follow(log)
    assert followed.events == []
    added = log.append([accept("one"), accept("two")], NOW).events
    followed.catch_up()
    assert tuple(followed.events) == added


def test_what_was_read_is_not_read_again(log):
    log.append([accept("one")], NOW)
    followed = follow(log)
    content = bytearray(log.path.read_bytes())
    content[:4] = b"gone"
    log.path.write_bytes(content)
    followed.append(accept("two"), NOW, anything)
    assert [event.item_id for event in followed.events] == ["one", "two"]


def test_an_appended_event_is_that_of_a_plain_append(log, tmp_path):
    log.append([accept("one")], NOW)
    other = EventLog.of(RunFolder(tmp_path / "copy"), "alice")
    other.path.parent.mkdir(parents=True)
    shutil.copy(log.path, other.path)
    follow(log).append(accept("one", "nice"), NOW, anything)
    other.append([accept("one", "nice")], NOW)
    assert log.path.read_bytes() == other.path.read_bytes()


def test_fresh_events_are_given_once_also_those_of_others(log):
    followed = follow(log)
    log.append([accept("one")], NOW)
    followed.append(accept("two"), NOW, anything)
    assert [event.item_id for event in followed.take_fresh()] == ["one", "two"]
    assert followed.take_fresh() == []


def test_a_judgement_that_is_refused_as_outdated_stores_nothing_but_what_was_read_is_kept(log):
    followed = follow(log)
    log.append([accept("one")], NOW)

    def refuse(past) -> None:
        raise MifgError("Outdated.", "Look again.")

    with pytest.raises(MifgError, match="Outdated"):
        followed.append(accept("one", "nice"), NOW, refuse)
    assert [event.comment for event in log.read().events] == [""]
    assert len(followed.take_fresh()) == 1


def test_a_torn_line_is_set_aside_by_the_next_append(log):
    followed = follow(log)
    followed.append(accept("one"), NOW, anything)
    with log.path.open("ab") as file:
        file.write(b'{"torn')
    followed.catch_up()
    followed.append(accept("two"), NOW, anything)
    assert [event.item_id for event in log.read().events] == ["one", "two"]
    assert log.torn_path.read_bytes() == b'{"torn\n'


def test_a_damaged_line_is_named_by_its_number_in_the_whole_log(log):
    log.append([accept("one"), accept("two")], NOW)
    followed = follow(log)
    with log.path.open("ab") as file:
        file.write(b"damaged\n")
    with pytest.raises(MifgError, match="line 3"):
        followed.catch_up()


@pytest.mark.parametrize("change", ["unlink", "truncate", "replace"])
def test_a_log_that_is_another_one_now_is_noticed(log, change):
    log.append([accept("one")], NOW)
    followed = follow(log)
    if change == "truncate":
        log.path.write_bytes(b"")
    else:
        copy = log.path.with_suffix(".copy")
        shutil.copy(log.path, copy)
        log.path.unlink()
        if change == "replace":
            copy.rename(log.path)
    with pytest.raises(LogReplacedError):
        followed.catch_up()
