"""Every benchmark is read from the layout in which it is published."""

import json
from pathlib import Path
from typing import Any

import benchmark_files as files
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tiny_dataset import write_tiny_dataset

from mifg_pipeline.errors import MifgError
from mifg_pipeline.evaluate.benchmarks import open_benchmark
from mifg_pipeline.items import OPTION_LETTERS


def right_option(item):
    return item.options[OPTION_LETTERS.index(item.answer.value)]


def test_vstar_takes_options_and_key_out_of_the_question_lines(tmp_path: Path) -> None:
    files.write_vstar_lines(tmp_path)
    glove, dog = open_benchmark("vstar", tmp_path).items
    assert (glove.key, glove.subset, glove.text) == (
        "direct_attributes/sa_1",
        "direct_attributes",
        "What is the material of the glove?",
    )
    assert glove.options == ("rubber", "cotton", "kevlar", "leather")
    assert right_option(glove) == "cotton"
    assert dog.options == ("The dog is on the left side.", "The dog is on the right side.")


def test_vstar_annotations_are_not_shown_with_the_right_option_first_each_time(tmp_path: Path) -> None:
    files.write_vstar_annotations(tmp_path)
    items = open_benchmark("vstar", tmp_path).items
    assert [item.answer.value for item in items] == ["A", "B", "C"]
    assert {right_option(item) for item in items} == {"leather"}
    assert {frozenset(item.options) for item in items} == {frozenset({"leather", "cotton", "rubber", "kevlar"})}


def test_both_layouts_of_vstar_name_a_question_alike(tmp_path: Path) -> None:
    files.write_vstar_lines(tmp_path / "lines")
    files.write_vstar_annotations(tmp_path / "annotations")
    keys = [open_benchmark("vstar", tmp_path / name).items[0].key for name in ("lines", "annotations")]
    assert keys[0] == keys[1]


@pytest.mark.parametrize("kind", ["tsv", "parquet"])
def test_the_orders_of_a_question_are_one_group(tmp_path: Path, kind: str) -> None:
    import pyarrow as pa

    rows = files.hrbench_rows()
    if kind == "tsv":
        files.write_tsv(tmp_path / "hr_bench_4k.tsv", rows)
    else:
        files.write_parquet(tmp_path / "hr_bench_4k.parquet", rows, pa.Table.from_pylist(rows).schema)
    items = open_benchmark("hrbench", tmp_path).items
    assert [item.key for item in items] == [f"4k/{index}" for index in range(8)]
    assert len({item.group for item in items}) == 2
    assert {right_option(item) for item in items if item.subset == "4k/single"} == {"thing 00"}
    assert items[0].text == 'What is "written" in line\n0?'


def test_questions_of_equal_words_over_different_images_are_different_groups(tmp_path: Path) -> None:
    rows = [row for row in files.hrbench_rows() if row["category"] == "single"]
    twice = [{**row, "index": 2 * place + again} for place, row in enumerate(rows) for again in range(2)]
    files.write_tsv(tmp_path / "hr_bench_8k.tsv", twice)
    items = open_benchmark("hrbench", tmp_path).items
    groups = [[item.key for item in items if item.group == group] for group in sorted({i.group for i in items})]
    assert groups == [["8k/0", "8k/2", "8k/4", "8k/6"], ["8k/1", "8k/3", "8k/5", "8k/7"]]


@pytest.mark.parametrize("kind", ["tsv", "parquet"])
def test_images_in_base64_are_those_of_their_row(tmp_path: Path, kind: str) -> None:
    import pyarrow as pa

    rows = files.hrbench_rows()
    if kind == "tsv":
        files.write_tsv(tmp_path / "hr_bench_4k.tsv", rows)
    else:
        files.write_parquet(tmp_path / "hr_bench_4k.parquet", rows, pa.Table.from_pylist(rows).schema)
    items = open_benchmark("hrbench", tmp_path).items
    shades = [item.question.images[0].pixels()[0, 0, 0] for item in reversed(items)]
    assert shades == [1, 0] * 4


def test_muirbench_names_images_by_number_and_joins_twins(tmp_path: Path) -> None:
    files.write_muirbench(tmp_path)
    first, second = open_benchmark("muirbench", tmp_path).items
    assert first.text == "Which image shows the building of [Image 1]?"
    assert first.options == ("[Image 2]", "[Image 3]", "None of the choices provided")
    assert first.group == second.group
    assert [item.facets["answerable"] for item in (first, second)] == ["yes", "no"]
    assert first.facets["images"] == "3"
    assert [image.pixels()[0, 0, 0] for image in second.question.images] == [1, 2, 4]


def test_blink_asks_its_prompt_without_the_choices_and_skips_empty_images(tmp_path: Path) -> None:
    files.write_blink(tmp_path)
    items = open_benchmark("blink", tmp_path).items
    assert [item.subset for item in items] == ["Art_Style", "Counting", "Counting", "Counting"]
    assert items[1].text == "How many blue floats?"
    assert (items[1].options, items[1].answer.value) == (("0", "3", "2", "1"), "C")
    assert [item.facets["images"] for item in items] == ["2", "1", "1", "1"]
    assert [item.question.images[0].pixels()[0, 0, 0] for item in items[1:]] == [1, 2, 3]
    assert [image.pixels()[0, 0, 0] for image in items[0].question.images] == [1, 11]


def test_mmiu_splits_its_options_and_leaves_questions_without_a_key_out(tmp_path: Path) -> None:
    files.write_mmiu(tmp_path)
    with pytest.warns(UserWarning, match="1 questions of .* have no key"):
        first, many = open_benchmark("mmiu", tmp_path).items
    assert first.options == ("the first image", "the second image", "the third image", "the fourth image")
    assert first.text == "Which image is most likely to be a real photograph?\nYou are a judge."
    assert [image.pixels()[0, 0, 0] for image in first.question.images] == [0, 1]
    assert (first.key, many.key) == ("forensic_detection_blink/1", "jigsaw/1")


def test_mmiu_takes_letter_or_text_of_an_option_beyond_the_letters(tmp_path: Path) -> None:
    files.write_mmiu(tmp_path)
    with pytest.warns(UserWarning, match="no key"):
        benchmark = open_benchmark("mmiu", tmp_path, subset="jigsaw")
    said = ("L", "l", "L: order l", "order l", "K", "order k", "1")
    right = [benchmark.verdicts({"jigsaw/1": f"<answer>{text}</answer>"})[0].correct for text in said]
    assert right == [True, True, True, True, False, False, False]


@pytest.mark.parametrize("kind", ["json", "tsv"])
def test_both_layouts_of_mme_realworld_give_the_same_questions(tmp_path: Path, kind: str) -> None:
    if kind == "json":
        files.write_mme_realworld(tmp_path)
    else:
        files.write_mme_realworld_tsv(tmp_path / "mme_realworld_lite.tsv")
    items = open_benchmark("mme-realworld", tmp_path).items
    assert [item.subset for item in items] == [
        "Perception/Monitoring",
        "Perception/Remote Sensing",
        "Reasoning/Monitoring",
    ]
    assert items[0].options[:2] == ("458", "457")
    assert [item.facets["category"] for item in items] == ["vehicle/attribute", "count", "intention"]
    assert [item.question.images[0].pixels()[0, 0, 0] for item in items] == [0, 1, 2]


def test_an_export_is_read_split_by_split(tmp_path: Path) -> None:
    write_tiny_dataset(tmp_path, rows=3, split="test")
    write_tiny_dataset(tmp_path, rows=2, split="train")
    items = open_benchmark("mifg", tmp_path).items
    assert [item.key for item in items] == ["test-0", "test-1", "test-2"]
    assert items[0].facets["images"] == "2"
    assert items[0].question.images[0].pixels().shape == (112, 112, 3)
    assert len(open_benchmark("mifg", tmp_path, split="train").items) == 2


def test_a_limit_takes_whole_groups(tmp_path: Path) -> None:
    files.write_tsv(tmp_path / "hr_bench_4k.tsv", files.hrbench_rows())
    items = open_benchmark("hrbench", tmp_path, limit=1).items
    assert [item.subset for item in items] == ["4k/single"] * 4


def test_an_unknown_subset_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    files.write_vstar_lines(tmp_path)
    with pytest.raises(MifgError, match="Use one of direct_attributes, relative_position"):
        open_benchmark("vstar", tmp_path, subset="colour")


def test_an_unknown_benchmark_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(MifgError, match="vstar"):
        open_benchmark("vqa", tmp_path)


def test_a_file_of_another_layout_is_refused_with_what_it_lacks(tmp_path: Path) -> None:
    rows = [{name: value for name, value in row.items() if name != "cycle_category"} for row in files.hrbench_rows()]
    files.write_tsv(tmp_path / "hr_bench_4k.tsv", rows)
    with pytest.raises(MifgError, match="lacks cycle_category; it has A, B"):
        open_benchmark("hrbench", tmp_path)


@pytest.mark.parametrize("name", ["vstar", "hrbench", "muirbench", "blink", "mmiu", "mme-realworld", "mifg"])
def test_a_folder_without_the_files_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(MifgError):
        open_benchmark(name, tmp_path)


def test_missing_image_files_are_named(tmp_path: Path) -> None:
    files.write_mme_realworld(tmp_path)
    (tmp_path / "Monitoring" / "2.jpg").unlink()
    with pytest.raises(MifgError, match=r"1 images are missing: .*Monitoring/2\.jpg"):
        open_benchmark("mme-realworld", tmp_path)


def test_a_missing_image_in_a_table_is_named(tmp_path: Path) -> None:
    rows = files.hrbench_rows()
    rows[3]["image"] = ""
    files.write_tsv(tmp_path / "hr_bench_4k.tsv", rows)
    with pytest.raises(MifgError, match="row 4 is missing"):
        open_benchmark("hrbench", tmp_path)


def test_an_image_whose_bytes_lie_elsewhere_is_named(tmp_path: Path) -> None:
    files.write_muirbench(tmp_path, image_list=[{"bytes": None, "path": "somewhere/1.jpg"}])
    first = open_benchmark("muirbench", tmp_path).items[0]
    with pytest.raises(MifgError, match="row 1 is missing"):
        _ = first.question


def test_repeated_keys_are_named(tmp_path: Path) -> None:
    files.write_muirbench(tmp_path, idx="8")
    with pytest.raises(MifgError, match="belong to several items: 8"):
        open_benchmark("muirbench", tmp_path)


def test_a_key_that_is_hidden_is_refused(tmp_path: Path) -> None:
    files.write_muirbench(tmp_path, answer="hidden")
    with pytest.raises(MifgError, match="the key 'hidden' is none of its 3 options"):
        open_benchmark("muirbench", tmp_path)


def test_a_torn_table_is_refused(tmp_path: Path) -> None:
    files.write_tsv(tmp_path / "hr_bench_4k.tsv", files.hrbench_rows())
    file = tmp_path / "hr_bench_4k.tsv"
    file.write_text(file.read_text() + "8\thalf a row\n")
    with pytest.raises(MifgError, match="row 9 has 2 columns; the header has 10"):
        open_benchmark("hrbench", tmp_path)


def test_a_file_that_is_no_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "MME_RealWorld.json").write_text(json.dumps([])[:1])
    with pytest.raises(MifgError, match="cannot be read as JSON"):
        open_benchmark("mme-realworld", tmp_path)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ({"text": None}, "text is empty, and not a text"),
        ({"image": 3}, "image is 3, and not a text"),
        ({"label": ["A"]}, r"label is \['A'\], and not a text"),
        ([1, 2], r"is no object with fields, but \[1, 2\]"),
    ],
)
def test_values_of_another_kind_are_named_with_their_place(tmp_path: Path, line: Any, complaint: str) -> None:
    files.write_vstar_lines(tmp_path)
    questions = tmp_path / "test_questions.jsonl"
    first, *others = questions.read_text().splitlines()
    changed = {**json.loads(first), **line} if isinstance(line, dict) else line
    questions.write_text("\n".join([json.dumps(changed), *others]))
    with pytest.raises(MifgError, match=f"line 1:? {complaint}"):
        open_benchmark("vstar", tmp_path)


def test_a_column_of_another_kind_in_a_table_is_named_with_its_row(tmp_path: Path) -> None:
    files.write_muirbench(tmp_path)
    (path,) = tmp_path.rglob("*.parquet")
    table = pq.read_table(path)
    position = table.schema.get_field_index("options")
    pq.write_table(table.set_column(position, "options", pa.array(["A, B"] * table.num_rows)), path)
    with pytest.raises(MifgError, match=r"row 1: options is 'A, B', and not a list of texts"):
        open_benchmark("muirbench", tmp_path)


def test_a_question_without_options_is_named(tmp_path: Path) -> None:
    files.write_vstar_annotations(tmp_path)
    annotation = min(tmp_path.rglob("*.json"))
    annotation.write_text(json.dumps({**json.loads(annotation.read_text()), "options": []}))
    with pytest.raises(MifgError, match="none of its 0 options"):
        open_benchmark("vstar", tmp_path)


def test_a_file_without_questions_is_told(tmp_path: Path) -> None:
    (tmp_path / "test_questions.jsonl").write_text("")
    with pytest.raises(MifgError, match="has no questions"):
        open_benchmark("vstar", tmp_path)


@pytest.mark.parametrize("name", ["mmiu", "mme-realworld"])
def test_a_json_file_that_is_no_list_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "MME_RealWorld.json").write_text("3")
    with pytest.raises(MifgError, match="no list of questions"):
        open_benchmark(name, tmp_path)
