"""``mifg review`` packs, takes and counts, and says what it did."""

import json

import pytest
from typer.testing import CliRunner, Result

from mifg_pipeline.cli.review import app
from mifg_pipeline.errors import MifgError


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def packed(made):
    result = invoke("pack", made.run.root, "--annotator", "alice", "--out", made.file)
    assert result.exit_code == 0, result.output
    return made


def fill_in(made, *changes: dict) -> None:
    lines = [json.loads(line) for line in made.file.read_text(encoding="utf-8").splitlines()]
    filled_in = [line | change for line, change in zip(lines, (*changes, {}, {}, {}, {}, {}), strict=False)]
    made.file.write_text("".join(f"{json.dumps(line)}\n" for line in filled_in), encoding="utf-8")


def test_pack_says_what_is_in_the_file_and_what_is_left(made):
    result = invoke("pack", made.run.root, "--annotator", "alice", "--out", made.file, "--count", 2)
    assert result.stdout == f"Packed 2 items into {made.file}; 3 more are left for alice.\n"


def test_pack_says_when_nothing_is_left(packed):
    fill_in(packed, *[{"decision": "accept"}] * 5)
    invoke("submit", packed.run.root, packed.file)
    result = invoke("pack", packed.run.root, "--annotator", "alice", "--out", packed.file)
    assert (result.exit_code, result.stdout) == (0, "Nothing is left for alice; no file was written.\n")


def test_pack_overwrites_what_was_filled_in_by_force_only(packed):
    fill_in(packed, {"decision": "accept"})
    arguments = ("pack", packed.run.root, "--annotator", "alice", "--out", packed.file)
    assert isinstance(invoke(*arguments).exception, MifgError)
    assert invoke(*arguments, "--force").exit_code == 0


def test_pack_takes_a_moved_corpus(made, tmp_path):
    made.corpus_root.rename(tmp_path / "elsewhere")
    result = invoke("pack", made.run.root, "--annotator", "a", "--out", made.file, "--corpus", tmp_path / "elsewhere")
    assert result.exit_code == 0


def test_submit_counts_decisions(packed):
    fill_in(packed, {"decision": "accept"}, {"decision": "reject", "comment": "blurred"})
    result = invoke("submit", packed.run.root, packed.file)
    assert result.exit_code == 0
    assert result.stdout == "alice: 1 accept, 1 reject\n2 stored, 0 unchanged, 3 open, 0 refused\n"


def test_submit_names_bad_lines_takes_the_others_and_exits_1(packed):
    fill_in(packed, {"decision": "accept"}, {"decision": "reject"})
    result = invoke("submit", packed.run.root, packed.file)
    assert result.exit_code == 1
    assert f"{packed.file}, line 2: " in result.stderr
    assert result.stdout.endswith("1 stored, 0 unchanged, 3 open, 1 refused\n")


def test_submit_reports_a_torn_line_that_it_set_aside(packed):
    (packed.run.review / "alice.jsonl").write_bytes(b'{"torn')
    fill_in(packed, {"decision": "accept"})
    result = invoke("submit", packed.run.root, packed.file)
    assert result.exit_code == 0
    assert "ended in an unfinished line (6 bytes)" in result.stderr
    assert (packed.run.review / "alice.jsonl.torn").read_bytes() == b'{"torn\n'


def test_status_shows_people_and_items(packed):
    fill_in(packed, {"decision": "accept", "seconds": 4}, {"decision": "reject", "comment": "blurred"})
    invoke("submit", packed.run.root, packed.file)
    lines = invoke("status", packed.run.root).stdout.splitlines()
    assert lines[0] == "2 of 5 items decided: 1 verified, 1 rejected, 0 flagged, 0 in disagreement"
    assert lines[1].split()[:3] == ["annotator", "accepted", "edited"]
    assert lines[2].split() == ["alice", "1", "0", "1", "0", "0", "3", "50%", "4.0", "–"]


def test_status_prints_json_for_machines(packed):
    fill_in(packed, {"decision": "accept"})
    invoke("submit", packed.run.root, packed.file)
    status = json.loads(invoke("status", packed.run.root, "--json").stdout)
    assert (status["items"], status["verified"], status["annotators"][0]["accepted"]) == (5, 1, 1)


def test_a_folder_that_is_no_run_is_named(tmp_path):
    assert "is not a run folder" in str(invoke("status", tmp_path).exception)


@pytest.mark.parametrize("targets", [(), ("--out", "a.jsonl", "--bundle", "a")])
def test_pack_takes_a_file_or_a_folder_and_not_both(made, targets):
    result = invoke("pack", made.run.root, "--annotator", "alice", *targets)
    assert result.exit_code == 2
    assert "give --out FILE, or --bundle DIR" in result.stderr


def test_a_bundle_holds_the_page_and_the_review_file(made, tmp_path):
    result = invoke("pack", made.run.root, "--annotator", "alice", "--bundle", tmp_path / "bundle")
    assert result.exit_code == 0
    assert (tmp_path / "bundle" / "index.html").is_file()
    assert len((tmp_path / "bundle" / "alice.jsonl").read_text(encoding="utf-8").splitlines()) == 5


def test_a_token_is_printed_once_and_kept_for_the_owner_alone(tmp_path):
    tokens = tmp_path / "tokens.yaml"
    token = invoke("token", "alice", "--tokens", tokens).stdout.strip()
    assert tokens.read_text(encoding="utf-8") == f"alice: {token}\n"
    assert tokens.stat().st_mode & 0o777 == 0o600
