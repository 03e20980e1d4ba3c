"""Our scorer reads replies no worse than others do, whatever their kind."""

import runpy
from pathlib import Path

import pytest

STUDY = Path(__file__).parents[2] / "benchmarks" / "answer_extraction" / "study.py"
DOCUMENT = Path(__file__).parents[2] / "docs" / "eval_benchmarks.md"


@pytest.fixture(scope="module")
def study() -> dict:
    return runpy.run_path(str(STUDY))


@pytest.fixture(scope="module")
def errors(study: dict) -> dict[str, dict[str, int]]:
    return study["errors_by_kind"](study["load_replies"]())


def test_ours_is_never_worse_in_a_kind(errors: dict[str, dict[str, int]]) -> None:
    worse = [kind for kind, row in errors.items() if row["ours"] > min(row["VLMEvalKit"], row["lmms-eval"])]
    assert worse == []


@pytest.mark.parametrize("other", ["VLMEvalKit", "lmms-eval"])
def test_ours_misreads_fewer_replies_in_all(errors: dict[str, dict[str, int]], other: str) -> None:
    assert sum(row["ours"] for row in errors.values()) < sum(row[other] for row in errors.values())


def test_most_replies_are_taken_from_what_was_published(study: dict) -> None:
    replies = study["load_replies"]()
    cited = [reply for reply in replies if reply.source.startswith("https://")]
    assert len(replies) >= 300
    assert 2 * len(cited) >= len(replies)


def test_no_reply_is_counted_twice(study: dict) -> None:
    replies = [(reply.reply, tuple(reply.options or ())) for reply in study["load_replies"]()]
    assert len(set(replies)) == len(replies)


def test_every_reply_says_one_of_its_options_or_nothing(study: dict) -> None:
    for reply in study["load_replies"]():
        allowed = "ABCDEFGHIJ"[: len(reply.options)] if reply.options else ("yes", "no")
        assert reply.says is None or reply.says in allowed


def test_the_document_shows_the_table_of_the_study(study: dict) -> None:
    assert study["markdown"](study["load_replies"]()) in DOCUMENT.read_text(encoding="utf-8")
