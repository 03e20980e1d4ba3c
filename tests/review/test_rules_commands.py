"""``mifg review rules``, ``adjudicate``, ``merge`` and ``report`` as people use them."""

import json

import pytest
from typer.testing import CliRunner, Result

from mifg_pipeline.cli.review import app
from mifg_pipeline.errors import MifgError
from mifg_pipeline.review import review_status
from mifg_pipeline.store import verified_items
from mifg_pipeline.store.review_rules import ReviewRules, read_rules, write_rules


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def judge(made, annotator: str, *decisions: str | None) -> list[dict]:
    lines = made.packed(annotator, overwrite=True)
    for line, decision in zip(lines, decisions, strict=False):
        line |= {"decision": decision, "comment": f"{annotator} thinks so" if decision else ""}
    assert not made.submitted(lines).checked.refused
    return lines


@pytest.fixture
def disputed(made):
    """A run on whose first item alice and bob disagree, and carol is to settle it."""
    write_rules(made.run, ReviewRules(overlap=1.0, adjudicators=("carol",)))
    for annotator, decision in (("alice", "accept"), ("bob", "reject")):
        judge(made, annotator, decision)
    return made


def test_rules_are_changed_one_by_one_and_printed(made):
    invoke("rules", made.run.root, "--overlap", 0.1)
    result = invoke("rules", made.run.root, "--adjudicator", "carol", "--adjudicator", "dan")
    assert read_rules(made.run) == ReviewRules(overlap=0.1, adjudicators=("carol", "dan"))
    assert result.stdout.splitlines()[1:5] == ["overlap: 0.1", "adjudicators:", "- carol", "- dan"]


def test_an_annotator_cannot_become_the_judge_of_their_own_disagreements(made):
    judge(made, "alice", "accept")
    result = invoke("rules", made.run.root, "--adjudicator", "alice")
    assert isinstance(result.exception, MifgError)
    assert read_rules(made.run).adjudicators == ()


def test_adjudicate_packs_what_is_in_dispute_with_the_decisions_and_without_names(disputed):
    result = invoke("adjudicate", disputed.run.root, "--annotator", "carol", "--out", disputed.file, "--force")
    assert result.stdout == f"Packed 1 items into {disputed.file}; 0 more are left to settle.\n"
    (line,) = map(json.loads, disputed.file.read_text(encoding="utf-8").splitlines())
    assert {opinion["decision"] for opinion in line["opinions"]} == {"accept", "reject"}
    assert {opinion["who"] for opinion in line["opinions"]} == {"A", "B"}
    assert "annotator" not in line["opinions"][0]


@pytest.mark.parametrize(("decision", "verified"), [("accept", 1), ("reject", 0)])
def test_the_decision_of_an_adjudicator_settles_a_disagreement(disputed, decision, verified):
    assert review_status(disputed.run).disagreement == 1
    judge(disputed, "carol", decision)
    status = review_status(disputed.run)
    assert (status.disagreement, status.verified, status.rejected) == (0, verified, 1 - verified)


def test_an_adjudicators_edit_is_exported_as_an_item_with_its_parent(disputed):
    (line,) = disputed.packed("carol", overwrite=True)
    disputed.submitted([line | {"decision": "edit", "edits": {"question": "Which image shows the kite?"}}])
    (reviewed,) = verified_items(disputed.run)
    assert (reviewed.item.parent_id, reviewed.item.question) == (line["id"], "Which image shows the kite?")


def test_an_adjudicators_decision_is_no_part_of_the_agreement(disputed):
    judge(disputed, "carol", "accept")
    (kappa,) = review_status(disputed.run).agreement.kappas
    assert kappa.annotators == ("alice", "bob")


def test_only_an_adjudicator_gets_what_is_in_dispute(disputed):
    result = invoke("adjudicate", disputed.run.root, "--annotator", "dan", "--out", disputed.file)
    assert "mifg review rules" in str(result.exception)


def test_gold_items_check_annotators(made):
    lines = [line | {"annotator": "expert"} for line in made.packed()[:3]]
    for line, decision in zip(lines, ("accept", "reject", "reject"), strict=True):
        line |= {"decision": decision, "comment": "known"}
    made.file.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    assert invoke("rules", made.run.root, "--adjudicator", "expert", "--gold", made.file).exit_code == 0
    assert read_rules(made.run).gold == tuple(sorted(line["id"] for line in lines))
    answers = [line | {"annotator": "alice", "decision": "reject"} for line in lines]
    made.submitted(answers)
    alice, expert = review_status(made.run).annotators
    assert (alice.gold, alice.gold_right) == (3, 2)
    assert (expert.adjudicates, expert.gold) == (True, 0)
    assert review_status(made.run).verified == 1


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"decision": "accept", "annotator": "alice"}, "alice is no adjudicator"),
        ({"decision": "skip"}, "which is no answer"),
        ({"decision": "perhaps"}, "Line 1: The line does not fit"),
    ],
)
def test_gold_takes_answers_of_adjudicators_only(made, change, problem):
    write_rules(made.run, ReviewRules(adjudicators=("expert",)))
    made.file.write_text(json.dumps(made.packed()[0] | {"annotator": "expert"} | change))
    assert problem in str(invoke("rules", made.run.root, "--gold", made.file).exception)
    assert read_rules(made.run).gold == ()


def test_merge_says_what_it_took(disputed, tmp_path):
    log = tmp_path / "bob.jsonl"
    log.write_bytes((disputed.run.review / "bob.jsonl").read_bytes() + b"{\n")
    (disputed.run.review / "bob.jsonl").unlink()
    result = invoke("merge", disputed.run.root, log)
    assert result.exit_code == 1
    assert result.stdout == f"bob: 1 reject\n{log}: 1 stored, 0 known or outdated, 1 refused\n"
    assert f"{log}, line 2: " in result.stderr


def test_status_prints_agreement_and_gold(disputed):
    shown = invoke("status", disputed.run.root).stdout
    assert "Agreement on 1 items that two or more decided: 0% of pairs, Krippendorff's alpha 0.00" in shown
    assert "alice and bob: Cohen's kappa 0.00 on 1 items" in shown
