"""Presets: complete but for three paths, and explained."""

import re

import pytest
import yaml

from mifg_pipeline.config import TrainSettings, load_train_settings
from mifg_pipeline.errors import MifgError
from mifg_pipeline.train.presets import PRESETS, read_config

PATHS = ["model.path=m", "data.path=d", "out=o"]


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_takes_three_paths(name):
    load_train_settings(read_config(name), PATHS)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_without_the_paths_says_how_to_give_them(name):
    with pytest.raises(MifgError) as refused:
        load_train_settings(read_config(name), [])
    for part in ("out", "model.path", "data.path", "--set"):
        assert part in str(refused.value)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_repeats_no_default(name):
    def differs(given, default):
        for key, value in given.items():
            if isinstance(value, dict):
                differs(value, default[key])
            else:
                assert value != default[key], f"{key} is the default"

    default = load_train_settings(None, PATHS).model_dump(mode="json")
    differs(yaml.safe_load(read_config(name)), default)


def test_all_presets_are_listed():
    from importlib.resources import files

    found = {entry.name.removesuffix(".yaml") for entry in files("mifg_pipeline.train.presets").iterdir()}
    assert set(PRESETS) == {name for name in found if re.fullmatch(r"[a-z0-9-]+", name)}


def test_a_file_is_a_config(tmp_path):
    (tmp_path / "mine.yaml").write_text("steps: 3")
    assert read_config(str(tmp_path / "mine.yaml")) == "steps: 3"


def test_what_is_neither_file_nor_preset_names_the_presets():
    with pytest.raises(MifgError, match="cpu, gpu-24gb, gpu-80gb"):
        read_config("gpu-8gb")


def test_the_large_presets_keep_the_loss_of_the_defaults():
    """Presets are about machines; what is learned is the user's to choose."""
    default = load_train_settings(None, PATHS)
    for name in PRESETS:
        settings = load_train_settings(read_config(name), PATHS)
        for section in ("reward", "advantage", "mask", "loss"):
            assert getattr(settings, section) == getattr(default, section)
    assert set(TrainSettings.model_fields) >= {"reward", "advantage", "mask", "loss"}


QWEN_3B = {"hidden_size": 2048, "intermediate_size": 11008, "num_hidden_layers": 36, "num_attention_heads": 16}
QWEN_7B = {"hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28, "num_attention_heads": 28}


@pytest.mark.parametrize(
    ("name", "text", "heads", "vocabulary", "gigabytes"),
    [("gpu-24gb", QWEN_3B, 2, 151_936, (18, 22)), ("gpu-80gb", QWEN_7B, 4, 152_064, (60, 76))],
)
def test_a_preset_fills_its_gpu_and_leaves_two_gigabytes(name, text, heads, vocabulary, gigabytes):
    import torch
    from transformers import Qwen2_5_VLConfig

    from mifg_pipeline.train.memory import estimate

    tower = {"depth": 32, "hidden_size": 1280, "intermediate_size": 3420, "num_heads": 16, "patch_size": 14}
    config = Qwen2_5_VLConfig(
        text_config={**text, "num_key_value_heads": heads, "vocab_size": vocabulary},
        vision_config={**tower, "out_hidden_size": text["hidden_size"], "spatial_merge_size": 2},
        tie_word_embeddings=name == "gpu-24gb",
    )
    settings = load_train_settings(read_config(name), PATHS)
    least, most = gigabytes
    assert least < estimate(settings, config, torch.device("cuda")).peak / 1e9 < most


@pytest.mark.parametrize("name", PRESETS)
def test_the_longest_question_of_a_preset_leaves_room_for_looks_and_turns(name):
    """Eight images, and a look in each turn but the last, at 28 pixels a token; as the comments say."""
    episode = load_train_settings(read_config(name), PATHS).episode
    looks = (episode.max_turns - 1) * episode.crop_max_pixels // 28**2
    assert 8 * episode.max_pixels // 28**2 + looks + 1500 < episode.max_tokens
    assert episode.max_images >= 8 + episode.max_turns - 1


def test_the_word_off_is_not_read_as_false() -> None:
    places = ["model.path=m", "data.path=d", "out=o"]
    assert load_train_settings(read_config("cpu"), [*places, "mask.action=off"]).mask.action == "off"
