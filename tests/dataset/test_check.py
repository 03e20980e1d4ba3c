"""A check of a finished dataset finds each promise that it breaks, and nothing else."""

import io
import json
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from mifg_pipeline.cli.check import check
from mifg_pipeline.dataset.check import check_dataset
from mifg_pipeline.errors import MifgError


def kinds(exported, **options):
    return {problem.kind for problem in check_dataset(exported.root, **options).problems}


def with_provenance(row, change):
    made = json.loads(row["provenance"])
    change(made)
    row["provenance"] = json.dumps(made)


def test_a_sound_dataset_has_no_problems(exported):
    report = check_dataset(exported.root)
    assert report.problems == []
    assert report.splits == {"train": 6, "validation": 6, "test": 6}
    assert report.images == len({image.sha256 for item in exported.made.items for image in item.images})


def test_a_copy_that_lies_elsewhere_is_as_sound(exported, tmp_path):
    shutil.rmtree(exported.made.run.root)
    shutil.rmtree(exported.made.corpus_root)
    assert check_dataset(shutil.move(exported.root, tmp_path / "moved")).problems == []


def test_a_folder_without_shards_is_no_dataset(tmp_path):
    with pytest.raises(MifgError, match="no exported dataset"):
        check_dataset(tmp_path)


def other_pixels(rows):
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((96, 72, 3), np.uint8)).save(buffer, "PNG")
    rows[0]["images"][0]["bytes"] = buffer.getvalue()


def wrong_size(rows):
    with_provenance(rows[0], lambda made: made["images"][0].update(width=97))


def wrong_hash(rows):
    with_provenance(rows[0], lambda made: made["images"][0].update(phash="0123456789abcdef"))


def evidence_outside(rows):
    rows[0]["evidence"][0]["bbox"] = [2, 3, 300, 40]


def other_question(rows):
    rows[0]["question"] += " Really?"


def other_answer_column(rows):
    rows[0]["answer"] = "4"


def a_row_twice(rows):
    rows[1] = rows[0]


def damaged_provenance(rows):
    rows[0]["provenance"] = "{"


def other_pool(rows):
    rows[0]["pool"] = "test"


def a_row_more(rows):
    rows.pop()


def two_licences(rows):
    rows[0]["licenses"] = ["CC-BY-4.0", *rows[0]["licenses"][1:]]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (other_pixels, "image"),
        (wrong_size, "image"),
        (wrong_hash, "image"),
        (other_question, "row"),
        (evidence_outside, "row"),
        (other_answer_column, "row"),
        (damaged_provenance, "row"),
        (a_row_more, "card"),
        (two_licences, "licence"),
    ],
)
def test_a_planted_fault_is_found_as_what_it_is(exported, fault, kind):
    exported.change(fault)
    assert kinds(exported) == {kind}


def test_a_row_that_stands_there_twice_is_found(exported):
    exported.change(a_row_twice)
    assert "stands in the dataset twice" in str(check_dataset(exported.root).problems)


def test_a_row_of_another_pool_is_found_with_the_images_that_it_carries_over(exported):
    exported.change(other_pool)
    assert kinds(exported) == {"pool", "split"}


def test_near_duplicates_in_two_splits_are_found(exported):
    hashes = [json.loads(item)["images"][0]["phash"] for item in provenances(exported, "test")]

    def nearly(rows):
        for row in rows:
            with_provenance(row, lambda made: made["images"][0].update(phash=f"{int(hashes[0], 16) ^ 1:016x}"))

    exported.change(nearly)
    reasons = [problem.reason for problem in check_dataset(exported.root).problems if problem.kind == "split"]
    assert reasons == ["they are near-duplicates and stand in train and test"]


def null_provenance(rows):
    rows[0]["provenance"] = None


def null_bytes(rows):
    rows[0]["images"][0]["bytes"] = None


def null_image(rows):
    rows[0]["images"][0] = None


def null_review(rows):
    rows[0]["review"] = None


def null_annotators(rows):
    rows[0]["review"] = {"status": "verified", "decision": "accept", "annotators": None}


def verified_by_nobody(rows):
    rows[0]["review"] = {"status": "verified", "decision": "accept", "annotators": []}


def candidate_of_somebody(rows):
    rows[0]["review"] = {"status": "candidate", "decision": None, "annotators": ["ana"]}


def other_status(rows):
    rows[0]["review"] = {"status": "perfect", "decision": None, "annotators": []}


def other_pass_rate(rows):
    rows[0]["pass_rate"] = 0.25


def other_path(rows):
    rows[0]["images"][0]["path"] = "../harbour.png"


def an_order_where_there_is_none(rows):
    rows[0]["ordered"] = True


@pytest.mark.parametrize(
    "fault",
    [
        null_provenance,
        null_bytes,
        null_image,
        null_review,
        null_annotators,
        verified_by_nobody,
        candidate_of_somebody,
        other_status,
        other_pass_rate,
        other_path,
        an_order_where_there_is_none,
    ],
)
def test_a_row_that_no_export_writes_is_named(exported, fault):
    exported.change(fault)
    problems = check_dataset(exported.root).problems
    assert [(problem.kind, problem.place) for problem in problems] == [("row", "train-00000-of-00001.parquet, row 0")]


def provenances(exported, pool):
    found = []
    exported.change(lambda rows: found.extend(row["provenance"] for row in rows), pool)
    return found


def test_a_distractor_that_the_scorer_takes_for_the_key_is_found(exported, monkeypatch):
    # A dataset that an older scorer passed: the same row, and a scorer that has learnt to be lenient.
    monkeypatch.setattr("mifg_pipeline.export.reward_check.score_text", lambda *_: 1.0)
    assert kinds(exported) == {"reward"}


def test_a_file_that_changed_since_it_was_listed_is_named(exported):
    with (exported.root / "croissant.json").open("a") as file:
        file.write(" ")
    (exported.root / "CITATION.cff").unlink()
    (exported.root / "notes.txt").write_text("mine")
    assert [(problem.place, problem.reason) for problem in check_dataset(exported.root).problems] == [
        ("notes.txt", "it is foreign"),
        ("CITATION.cff", "it is missing"),
        ("croissant.json", "it is not as it was written"),
    ]


def test_card_and_citation_may_be_completed(exported):
    for name in ("README.md", "CITATION.cff"):
        with (exported.root / name).open("a") as file:
            file.write("\nMore.\n")
    assert check_dataset(exported.root).problems == []


def test_a_shard_that_is_gone_is_named(exported):
    exported.forget_digests()
    file = exported.root / "data" / "train-00000-of-00001.parquet"
    file.rename(file.with_name("train-00000-of-00002.parquet"))
    problems = check_dataset(exported.root).problems
    assert [(problem.kind, problem.place) for problem in problems] == [("file", "train-00001-of-00002.parquet")]


def test_a_lost_list_of_digests_is_named_where_there_was_one(exported):
    (exported.root / "SHA256SUMS").unlink()
    assert [problem.place for problem in check_dataset(exported.root).problems] == ["SHA256SUMS"]


def test_without_the_list_the_other_description_tells_which_shard_has_changed(exported):
    described = (exported.root / "croissant.json").read_text()
    exported.change(lambda rows: rows[0].update(skills=["guessing"]))
    (exported.root / "croissant.json").write_text(described)
    assert [(problem.place, problem.reason) for problem in check_dataset(exported.root).problems] == [
        ("SHA256SUMS", "it is missing; croissant.json lies beside where it should be"),
        ("data/train-00000-of-00001.parquet", "it is not as it was written"),
    ]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"distribution": [3]}', '{"distribution": [{"@type": "cr:FileObject"}]}']
)
def test_a_description_that_is_none_is_named(exported, text):
    (exported.root / "SHA256SUMS").unlink()
    (exported.root / "croissant.json").write_text(text)
    places = [problem.place for problem in check_dataset(exported.root).problems]
    assert places == ["SHA256SUMS", "croissant.json"]


def test_a_list_of_digests_that_is_a_folder_is_named(exported):
    (exported.root / "SHA256SUMS").unlink()
    (exported.root / "SHA256SUMS").mkdir()
    (problem,) = check_dataset(exported.root).problems
    assert (problem.place, "cannot be read" in problem.reason) == ("SHA256SUMS", True)


def test_parquet_that_readers_would_take_for_a_shard_is_named(exported):
    exported.forget_digests()
    shutil.copy(exported.root / "data" / "test-00000-of-00001.parquet", exported.root / "data" / "test-extra.parquet")
    assert [problem.place for problem in check_dataset(exported.root).problems] == ["data/test-extra.parquet"]


def test_a_card_with_a_split_of_another_kind_is_a_problem(exported):
    card = exported.root / "README.md"
    card.write_text(card.read_text().replace("- name: test\n", "- name: 1\n"))
    exported.forget_digests()
    assert [problem.reason for problem in check_dataset(exported.root).problems] == [
        "it says 6 rows of 1; there are 0",
        "it says 0 rows of test; there are 6",
    ]


def test_a_file_that_is_no_parquet_is_named_in_one_sentence(exported):
    exported.forget_digests()
    (exported.root / "data" / "train-00000-of-00001.parquet").write_bytes(bytes(range(256)))
    problem = next(problem for problem in check_dataset(exported.root).problems if problem.kind == "file")
    assert "cannot be read" in problem.reason
    assert not problem.reason.endswith("..")


def test_rows_behind_a_link_are_those_of_the_dataset(exported, tmp_path):
    shutil.move(exported.root / "data", tmp_path / "elsewhere")
    (exported.root / "data").symlink_to(tmp_path / "elsewhere")
    assert check_dataset(exported.root).problems == []


@pytest.mark.parametrize("matter", ["released: 2024-02-30", "x: 0x_", "[" * 5000, "- 1", "a: 1\n---\nb: 2"])
def test_a_card_that_is_none_is_named(exported, matter):
    exported.forget_digests()
    (exported.root / "README.md").write_text(f"---\n{matter}\n---\n# Card\n")
    assert [problem.place for problem in check_dataset(exported.root).problems] == ["README.md"]


def test_text_that_is_none_is_named(exported):
    exported.forget_digests()
    path = exported.root / "data" / "train-00000-of-00001.parquet"
    path.write_bytes(path.read_bytes().replace(b'"run_id":"ffff', b'"run_id":"\xffff', 1))
    problems = check_dataset(exported.root).problems
    assert [(problem.kind, problem.place) for problem in problems] == [("file", path.name)]


def nested_deep(rows):
    rows[0]["provenance"] = "[" * 100_000


def half_a_letter(rows):
    rows[0]["provenance"] = rows[0]["provenance"].replace('"run_id":"f', '"run_id":"\\ud800')


@pytest.mark.parametrize("fault", [nested_deep, half_a_letter])
def test_provenance_that_json_cannot_hold_is_named(exported, fault):
    exported.change(fault)
    assert kinds(exported) == {"row"}


def test_a_column_of_another_kind_is_named(exported):
    exported.forget_digests()
    path = exported.root / "data" / "train-00000-of-00001.parquet"
    table = pq.read_table(path)
    texts = pa.array(["{}"] * table.num_rows)
    pq.write_table(table.set_column(table.schema.get_field_index("review"), "review", texts), path)
    assert kinds(exported) == {"row"}


def test_a_table_of_something_else_is_named_by_some_of_what_it_lacks(exported):
    exported.forget_digests()
    pq.write_table(pa.table({"id": ["1"]}), exported.root / "data" / "train-00000-of-00001.parquet")
    problem = next(problem for problem in check_dataset(exported.root).problems if problem.kind == "file")
    assert "lacks columns of an export: images, question, options and 18 more." in problem.reason


def test_a_truncated_shard_is_named_and_the_others_are_read(exported):
    file = exported.root / "data" / "train-00000-of-00001.parquet"
    file.write_bytes(file.read_bytes()[:-100])
    report = check_dataset(exported.root)
    assert ("file", file.name) in {(problem.kind, problem.place) for problem in report.problems}
    assert report.splits == {"validation": 6, "test": 6}


def test_a_card_that_is_gone_is_a_problem(exported):
    exported.forget_digests()
    (exported.root / "README.md").unlink()
    assert kinds(exported) == {"card"}


def test_unknown_licences_are_counted_and_refused_on_request(exported):
    def unknown(rows):
        for row in rows:
            row["licenses"] = ["unknown"] * len(row["licenses"])

    exported.change(unknown)
    assert check_dataset(exported.root).unlicensed == 6
    assert kinds(exported) == set()
    assert kinds(exported, require_license=True) == {"licence"}


@pytest.fixture
def mifg_check(exported):
    app = typer.Typer()
    app.command()(check)
    return lambda: CliRunner().invoke(app, [str(exported.root)])


def test_the_command_prints_every_promise_and_exits_with_0(mifg_check):
    result = mifg_check()
    assert result.exit_code == 0
    assert "18 rows" in result.stdout


def test_the_command_names_the_problem_and_exits_with_1(exported, mifg_check):
    exported.change(other_question)
    result = mifg_check()
    assert result.exit_code == 1
    assert "problem: train-00000-of-00001.parquet, row 0: id" in result.stdout


def test_values_that_no_export_can_hold_are_named(exported):
    path = exported.root / "data" / "train-00000-of-00001.parquet"
    table = pq.read_table(path)
    evidence = table.column("evidence").to_pylist()
    evidence[0][0]["bbox"] = [0, 0, 2**40, 2**40]
    wide = pa.list_(pa.struct([("image", pa.int64()), ("bbox", pa.list_(pa.int64())), ("label", pa.string())]))
    position = table.schema.get_field_index("evidence")
    pq.write_table(table.set_column(position, "evidence", pa.array(evidence, wide)), path)
    exported.forget_digests()
    assert kinds(exported) == {"row"}
