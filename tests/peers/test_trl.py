"""TRL's own preparation takes our prompts, and its trainer's arguments reach our reward function."""

import numpy as np
import pytest
from datasets import load_dataset
from trl.data_utils import is_conversational, prepare_multimodal_messages

from mifg_pipeline.export.trl import accuracy


@pytest.fixture(scope="module")
def rows(exported, tmp_path_factory):
    cache = str(tmp_path_factory.mktemp("cache"))
    return load_dataset("parquet", data_dir=str(exported.root / "trl"), cache_dir=cache, split="train")


def test_rows_are_conversations_about_the_items(exported, rows):
    assert all(map(is_conversational, rows))
    assert list(rows["id"]) == [item.id for item in exported.of_pool("train")]


def test_the_images_are_put_into_their_places_upright(exported, rows):
    for item, row in zip(exported.of_pool("train"), rows, strict=True):
        messages = prepare_multimodal_messages(row["prompt"], row["images"])
        shown = [part["image"] for message in messages for part in message["content"] if part["type"] == "image"]
        assert all(map(np.array_equal, [image.convert("RGB") for image in shown], exported.pixels_of(item)))


def test_the_reward_takes_the_columns_as_the_trainer_hands_them_on(rows):
    columns = {name: list(rows[name]) for name in rows.column_names if name != "prompt"}
    replies = [[{"role": "assistant", "content": f"<answer>{text}</answer>"}] for text in columns["solution"]]
    ids = [[0]] * len(replies)
    handed = {"prompts": list(rows["prompt"]), "completions": replies, "completion_ids": ids, "trainer_state": None}
    assert accuracy(**handed, **columns) == [1.0] * len(replies)
