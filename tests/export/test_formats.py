"""The formats beside the Hugging Face dataset: what is in their files is what is in the items."""

import ast
import base64
import csv
import io
import json
import sys

import numpy as np
import pyarrow.dataset
import pytest
import yaml
from PIL import Image, ImageOps

from mifg_pipeline.export import Terms, export_dataset
from mifg_pipeline.export.formats import FORMATS
from mifg_pipeline.export.trl import accuracy
from mifg_pipeline.export.verl.reward import compute_score
from mifg_pipeline.images.decoding import decode_upright
from mifg_pipeline.items import POOLS, Answer
from mifg_pipeline.scoring import score_text


@pytest.fixture(scope="module")
def exported(pristine, tmp_path_factory):
    """A dataset in all formats, with the items of its run by id."""
    from small_run import MadeRun

    from mifg_pipeline.store import RunFolder

    made = MadeRun(RunFolder(pristine / "run"), pristine / "corpus")
    out = tmp_path_factory.mktemp("formats") / "out"
    export_dataset(made.selection(), out, Terms(tuple(FORMATS), skip=True))
    return out, made


def rows_of(folder):
    return pyarrow.dataset.dataset(sorted(map(str, folder.glob("*.parquet")))).to_table().to_pylist()


def pixels_of(made, item):
    return [np.asarray(decode_upright(made.file_of(image).read_bytes())) for image in item.images]


def plain_pixels(content, turned=False):
    """What a reader sees that does not look at transparency, and at the EXIF orientation only where it says so."""
    image = Image.open(io.BytesIO(content))
    return np.asarray((ImageOps.exif_transpose(image) if turned else image).convert("RGB"))


def same_pictures(one, other):
    return len(one) == len(other) and all(map(np.array_equal, one, other))


@pytest.fixture(scope="module")
def trl_rows(exported):
    return {row["id"]: row for row in rows_of(exported[0] / "trl")}


class TestTrl:
    def test_holds_every_item(self, exported, trl_rows):
        assert trl_rows.keys() == {item.id for item in exported[1].items}

    def test_a_prompt_has_a_part_for_each_image_below_its_number(self, exported, trl_rows):
        for item in exported[1].items:
            system, user = trl_rows[item.id]["prompt"]
            assert system["role"], user["role"] == ("system", "user")
            kinds = [part["type"] for part in user["content"]]
            assert kinds == ["text", "image"] * len(item.images) + ["text"]
            assert user["content"][-3]["text"] == f"Image {len(item.images)}:"
            assert item.question in user["content"][-1]["text"]

    def test_images_show_the_pixels_of_the_question_to_who_turns_them(self, exported, trl_rows):
        for item in exported[1].items:
            stored = [plain_pixels(image["bytes"], turned=True) for image in trl_rows[item.id]["images"]]
            assert same_pictures(stored, pixels_of(exported[1], item))

    def test_the_key_comes_back_whole(self, exported, trl_rows):
        for item in exported[1].items:
            assert Answer.model_validate_json(trl_rows[item.id]["key"]) == item.answer

    def test_the_solution_is_rewarded_and_nothing_else(self, trl_rows):
        columns = {name: [row[name] for row in trl_rows.values()] for name in ("key", "options", "solution")}
        right = [[{"role": "assistant", "content": f"<answer>{text}</answer>"}] for text in columns["solution"]]
        untagged = [[{"role": "assistant", "content": text}] for text in columns["solution"]]
        assert set(accuracy(right, trainer_state=None, **columns)) == {1.0}
        assert set(accuracy(untagged, trainer_state=None, **columns)) == {0.0}

    def test_replies_in_parts_are_read_as_well(self, trl_rows):
        row = next(iter(trl_rows.values()))
        parts = [{"type": "text", "text": "<answer>"}, {"type": "text", "text": f"{row['solution']}</answer>"}]
        reply = [{"role": "assistant", "content": parts}]
        assert accuracy([reply], key=[row["key"]], options=[row["options"]]) == [1.0]


@pytest.fixture(scope="module")
def verl_rows(exported):
    return {row["extra_info"]["id"]: row for row in rows_of(exported[0] / "verl")}


class TestVerl:
    def test_a_prompt_has_a_mark_for_each_image(self, exported, verl_rows):
        for item in exported[1].items:
            row = verl_rows[item.id]
            assert row["prompt"][1]["content"].count("<image>") == len(row["images"]) == len(item.images)
            assert item.question in row["prompt"][1]["content"]

    def test_images_show_everybody_the_pixels_of_the_question(self, exported, verl_rows):
        for item in exported[1].items:
            stored = [plain_pixels(image["bytes"]) for image in verl_rows[item.id]["images"]]
            assert same_pictures(stored, pixels_of(exported[1], item))

    def test_the_instructions_leave_the_tools_to_the_chat_template(self, verl_rows):
        for row in verl_rows.values():
            assert "<tools>" not in row["prompt"][0]["content"]
            assert "bbox_2d is in thousandths" in row["prompt"][0]["content"]

    def test_tools_are_those_of_the_instructions(self, exported):
        tools = yaml.safe_load((exported[0] / "verl" / "tools.yaml").read_text())["tools"]
        names = [tool["tool_schema"]["function"]["name"] for tool in tools]
        assert names == ["visual_reflection", "visual_confirmation"]

    def test_the_last_turn_is_what_counts(self, verl_rows):
        for row in verl_rows.values():
            right = f"<answer>{row['reward_model']['ground_truth']}</answer>"
            look = '<tool_call>{"name": "visual_reflection", "arguments": {"image": 1}}</tool_call>'
            seen = "\nuser\n<tool_response>\nImage 1 again:\n</tool_response>\nassistant\n"
            assert self.score(row, right) == 1.0
            assert self.score(row, f"{look}{seen}{right}") == 1.0
            assert self.score(row, f"{right}{seen}I am not sure.") == 0.0
            assert self.score(row, right + right) == 0.0
            assert self.score(row, "<answer>nonsense</answer>") == 0.0

    def score(self, row, text):
        extra = {**row["extra_info"], "num_turns": 2}
        result = compute_score("mifg-qa", text, row["reward_model"]["ground_truth"], extra, sandbox_fusion_url=None)
        assert result["acc"] == result["score"]
        return result["score"]


@pytest.fixture(scope="module")
def sharegpt_rows(exported):
    files = [exported[0] / "sharegpt" / f"{pool}.json" for pool in POOLS]
    return {row["id"]: row for file in files for row in json.loads(file.read_text(encoding="utf-8"))}


class TestShareGPT:
    def test_holds_every_item(self, exported, sharegpt_rows):
        assert sharegpt_rows.keys() == {item.id for item in exported[1].items}

    def test_a_conversation_asks_with_marks_and_answers_with_the_key(self, exported, sharegpt_rows):
        for item in exported[1].items:
            asked, answered = sharegpt_rows[item.id]["conversations"]
            assert (asked["from"], answered["from"]) == ("human", "gpt")
            assert asked["value"].count("<image>") == len(item.images)
            assert score_text(item.answer, item.options, answered["value"]) == 1.0

    def test_both_readers_find_upright_image_files(self, exported, sharegpt_rows):
        folder = exported[0] / "sharegpt"
        for item in exported[1].items:
            row = sharegpt_rows[item.id]
            assert row["image"] == row["images"]
            stored = [plain_pixels((folder / name).read_bytes()) for name in row["images"]]
            assert same_pictures(stored, pixels_of(exported[1], item))

    def test_an_image_file_stands_there_once(self, exported, sharegpt_rows):
        named = {name for row in sharegpt_rows.values() for name in row["images"]}
        assert {f"images/{path.name}" for path in (exported[0] / "sharegpt" / "images").iterdir()} == named

    def test_the_splits_are_declared(self, exported):
        info = json.loads((exported[0] / "sharegpt" / "dataset_info.json").read_text())
        assert {entry["file_name"] for entry in info.values()} == {f"{pool}.json" for pool in POOLS}


@pytest.fixture(scope="module")
def vlmevalkit_rows(exported):
    csv.field_size_limit(sys.maxsize)
    found = {}
    for pool in POOLS:
        (path,) = (exported[0] / "vlmevalkit").glob(f"MIFG-QA_{pool.upper()}_????????.tsv")
        with path.open(encoding="utf-8", newline="") as file:
            found |= {row["id"]: row for row in csv.DictReader(file, delimiter="\t")}
    return found


class TestVLMEvalKit:
    def test_holds_the_choices(self, exported, vlmevalkit_rows):
        assert vlmevalkit_rows.keys() == {item.id for item in exported[1].items if item.answer.kind == "choice"}

    def test_options_and_key_are_those_of_the_item(self, exported, vlmevalkit_rows):
        for item in exported[1].items:
            if item.id in vlmevalkit_rows:
                row = vlmevalkit_rows[item.id]
                assert {letter: row[letter] for letter in "ABCDEFGHIJ" if row[letter]} == dict(
                    zip("AB", item.options, strict=True)
                )
                assert row["answer"] == item.answer.value
                assert (row["question"], row["split"]) == (item.question, item.pool)

    def test_images_are_upright_and_in_order(self, exported, vlmevalkit_rows):
        for item in exported[1].items:
            if item.id in vlmevalkit_rows:
                stored = [
                    plain_pixels(base64.b64decode(text)) for text in ast.literal_eval(vlmevalkit_rows[item.id]["image"])
                ]
                assert same_pictures(stored, pixels_of(exported[1], item))


class TestLmmsEval:
    def test_there_is_a_task_for_each_split(self, exported):
        assert {path.stem for path in (exported[0] / "lmms-eval").glob("*.yaml")} == {
            f"mifg_qa_{pool}" for pool in POOLS
        }


def test_a_text_with_a_mark_is_refused_by_formats_with_marks(exported, make_item):
    item = make_item(exported[1].items[0].images, "train", question="What does the sign <image> say?")
    unfit = {name for name, writer in FORMATS.items() if "<image>" in (writer.unfit(item) or "")}
    assert unfit == {"verl", "sharegpt"}


@pytest.mark.parametrize("option", ["None", "NA", "null", ""])
def test_an_option_that_pandas_takes_for_missing_is_refused(exported, make_item, option):
    images = exported[1].items[0].images
    item = make_item(images, "train", options=("two", option), answer=Answer(kind="choice", value="A"))
    assert "missing value" in FORMATS["vlmevalkit"].unfit(item)


def test_all_texts_that_pandas_takes_for_missing_are_known():
    from pandas._libs.parsers import STR_NA_VALUES

    from mifg_pipeline.export.vlmevalkit import READ_AS_MISSING

    assert set(STR_NA_VALUES) == READ_AS_MISSING
