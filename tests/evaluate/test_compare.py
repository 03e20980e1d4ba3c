"""Comparisons of two evaluations."""

import pytest
from aiohttp import web
from asked_model import knows, run_against, write_vstar

from mifg_pipeline.errors import MifgError
from mifg_pipeline.evaluate.benchmarks import open_benchmark
from mifg_pipeline.evaluate.compare import compare, comparison_tables
from mifg_pipeline.evaluate.run import EvaluationFolder, Extent


def knows_every_second(request):
    """Right where the number of the kite is odd."""
    number = int(str(request["messages"][1]).partition("kite ")[2].partition("?")[0])
    return f"<answer>{'AB'[number % 2 == 0]}</answer>"


@pytest.fixture(scope="module")
def half_and_whole(vstar, tmp_path_factory):
    folders = [EvaluationFolder(tmp_path_factory.mktemp(name)) for name in ("half", "whole")]
    for folder, reply in zip(folders, (knows_every_second, knows), strict=True):
        run_against(reply, vstar, folder.root)
    return folders


def test_the_second_is_better_by_half_of_the_items(half_and_whole):
    found = compare(*half_and_whole).modes["on"]
    assert (found.both, found.only_first, found.only_second, found.neither) == (4, 0, 4, 0)
    assert found.difference.value == 0.5


def test_what_was_gained_is_named(half_and_whole):
    comparison = compare(*half_and_whole)
    assert len(comparison.gained["on"]) == 4
    assert comparison.lost["on"] == ()


def test_the_other_way_round_the_difference_changes_its_sign(half_and_whole):
    assert compare(*reversed(half_and_whole)).modes["on"].difference.value == -0.5


def test_subsets_are_compared_by_themselves(half_and_whole):
    subsets = compare(*half_and_whole).breakdown["on"]["subset"]
    assert {name: found.only_second for name, found in subsets.items()} == {
        "direct_attributes": 0,
        "relative_position": 4,
    }


def test_the_tables_say_what_changed(half_and_whole):
    cells = [cell for table in comparison_tables(compare(*half_and_whole)) for row in table.rows for cell in row]
    assert any(cell.startswith("+50.0 [") for cell in cells)


def test_evaluations_without_a_common_mode_are_refused(half_and_whole, vstar, tmp_path):
    run_against(knows, vstar, tmp_path, Extent("off", 1, False))
    with pytest.raises(MifgError, match="no mode in common"):
        compare(half_and_whole[0], EvaluationFolder(tmp_path))


def test_evaluations_of_other_samples_are_refused(half_and_whole, vstar, tmp_path):
    run_against(knows, vstar, tmp_path, Extent("on", 2, False), temperature=0.5)
    with pytest.raises(MifgError, match="not of the same items"):
        compare(half_and_whole[0], EvaluationFolder(tmp_path))


def test_a_folder_without_an_evaluation_is_told(half_and_whole, tmp_path):
    with pytest.raises(MifgError, match="no finished evaluation"):
        compare(half_and_whole[0], EvaluationFolder(tmp_path))


def test_another_leniency_is_refused(half_and_whole, vstar, tmp_path):
    run_against(knows, vstar, tmp_path, Extent("on", 1, True))
    with pytest.raises(MifgError, match=f"{tmp_path} counts answers outside of answer tags"):
        compare(half_and_whole[0], EvaluationFolder(tmp_path))


@pytest.mark.parametrize(("before", "after"), [("colour", "shape"), ("(B) green", "(B) grey"), ('"A"', '"B"')])
def test_other_questions_or_keys_under_the_same_names_are_refused(half_and_whole, tmp_path, before, after):
    data = write_vstar(tmp_path / "data", 8)
    questions = data / "test_questions.jsonl"
    questions.write_text(questions.read_text("utf-8").replace(before, after, 4), encoding="utf-8")
    run_against(knows, open_benchmark("vstar", data), tmp_path / "out")
    with pytest.raises(MifgError, match=r"[1-4] items have another question or key"):
        compare(half_and_whole[0], EvaluationFolder(tmp_path / "out"))


def test_the_order_of_the_items_is_no_matter(half_and_whole, tmp_path):
    data = write_vstar(tmp_path / "data", 8)
    questions = data / "test_questions.jsonl"
    questions.write_text("\n".join(reversed(questions.read_text("utf-8").splitlines())) + "\n", encoding="utf-8")
    run_against(knows, open_benchmark("vstar", data), tmp_path / "out")
    reordered = compare(half_and_whole[0], EvaluationFolder(tmp_path / "out"))
    assert reordered.modes == compare(*half_and_whole).modes


def test_episodes_that_failed_are_named(half_and_whole, vstar, tmp_path):
    run_against(lambda _: web.json_response({"error": {"message": "too long"}}, status=400), vstar, tmp_path)
    comparison = compare(half_and_whole[0], EvaluationFolder(tmp_path))
    assert comparison.failed == {"on": (0, 8)}
    assert ("failed, and counted as wrong", "0", "8") in [
        row for table in comparison_tables(comparison) for row in table.rows
    ]


@pytest.mark.parametrize("name", ["evaluation.json", "outcomes.jsonl"])
def test_a_damaged_file_is_named(half_and_whole, vstar, tmp_path, name):
    run_against(knows, vstar, tmp_path)
    (tmp_path / name).write_bytes(b"\xff{")
    with pytest.raises(MifgError, match=f"{name} is damaged"):
        compare(half_and_whole[0], EvaluationFolder(tmp_path))
