"""The hand-off to verl, by verl's own dataset, tools, reward loader and configuration."""

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from omegaconf import OmegaConf
from verl.experimental.agent_loop.tool_agent_loop import AgentData
from verl.tools.tool_registry import load_all_tools
from verl.trainer.ppo.reward import get_custom_reward_fn
from verl.utils.config import omega_conf_to_dataclass, validate_config
from verl.utils.dataset.rl_dataset import RLHFDataset

from mifg_pipeline.config import EpisodeSettings


@pytest.fixture(scope="module")
def rows(exported, tmp_path_factory):
    """The rows of the training split, as verl hands them to its agent loop."""
    options = {
        "filter_overlong_prompts": False,
        "cache_dir": str(tmp_path_factory.mktemp("verl")),
        "image_patch_size": 14,
    }
    files = sorted(map(str, (exported.root / "verl").glob("train-*.parquet")))
    # The processor is only asked for when prompts are measured; it has to be there for images.
    dataset = RLHFDataset(files, tokenizer=None, config=OmegaConf.create(options), processor=SimpleNamespace())
    return [dataset[index] for index in range(len(dataset))]


@pytest.fixture(scope="module")
def tools(exported):
    loaded = load_all_tools(str(exported.root / "verl" / "tools.yaml"), None)
    return {tool.name: tool for tool in loaded}


def launch(folder, **variables):
    """Has the launch recipe of a folder print the configuration that it gives verl's trainer.

    It is called from the folder above with CDPATH set, as some people have it: `cd` then prints where it goes.
    """
    python = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{python}:{os.environ['PATH']}", "CDPATH": ".", **variables}
    command = ["bash", f"{folder.name}/launch.sh", "trainer.n_gpus_per_node=4", "--cfg", "job"]
    return subprocess.run(command, cwd=folder.parent, env=environment, check=False, capture_output=True, text=True)


@pytest.fixture(scope="module")
def recipe(exported):
    printed = launch(exported.root / "verl")
    assert printed.returncode == 0, printed.stderr
    return OmegaConf.create(yaml.safe_load(printed.stdout))


def shown(row):
    images, _, _ = RLHFDataset._process_multi_modal_info(row["raw_prompt"], 14, None)
    return images


def call(tools, row, name, arguments):
    data = AgentData(row["raw_prompt"], shown(row), None, None, None, {}, "request", {})
    return asyncio.run(tools[name].execute("instance", arguments, agent_data=data))


def test_rows_are_the_items(exported, rows):
    assert [row["extra_info"]["id"] for row in rows] == [item.id for item in exported.of_pool("train")]
    assert {row["agent_name"] for row in rows} == {"tool_agent"}


def test_images_are_shown_in_sizes_of_our_own_episodes(exported, rows):
    for item, row in zip(exported.of_pool("train"), rows, strict=True):
        images = shown(row)
        assert len(images) == len(item.images)
        assert all(image.width * image.height >= EpisodeSettings().min_pixels for image in images)


def test_the_tools_are_the_two_of_the_instructions(tools):
    assert set(tools) == {"visual_reflection", "visual_confirmation"}


def test_an_image_is_shown_again_as_it_was_shown_first(tools, rows):
    response, reward, _ = call(tools, rows[0], "visual_reflection", {"image": 2})
    assert response.text == "Image 2 again:"
    assert [image.size for image in response.image] == [shown(rows[0])[1].size]
    assert reward == 0.0


def test_a_part_is_cut_from_the_original_and_enlarged(tools, rows):
    response, _, _ = call(tools, rows[0], "visual_confirmation", {"image": 1, "bbox_2d": [0, 0, 500, 500]})
    (part,) = response.image
    assert part.width * part.height >= EpisodeSettings().crop_min_pixels
    assert "The part [0, 0, 500, 500] of Image 1" in response.text


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [({"image": 9}, "no such image"), ({"image": 1, "bbox_2d": [1, 2, 3, 4]}, "exactly the argument"), ({}, "exactly")],
)
def test_a_faulty_call_is_answered_by_what_is_wrong_with_it(tools, rows, arguments, reason):
    response, _, _ = call(tools, rows[0], "visual_reflection", arguments)
    assert reason in response.text
    assert response.image is None


def test_the_recipe_is_a_configuration_of_verl(recipe):
    assert omega_conf_to_dataclass(recipe.actor_rollout_ref.rollout.multi_turn).format == "hermes"
    validate_config(recipe, use_reference_policy=False, use_critic=False)


def test_the_recipe_names_the_files(exported, recipe):
    folder = exported.root / "verl"
    assert [Path(name) for name in recipe.data.train_files] == sorted(folder.glob("train-*.parquet"))
    assert [Path(name) for name in recipe.data.val_files] == sorted(folder.glob("validation-*.parquet"))
    assert Path(recipe.actor_rollout_ref.rollout.multi_turn.tool_config_path) == folder / "tools.yaml"


@pytest.fixture
def without_validation(exported, tmp_path):
    """The folder of the format where no image belongs to the validation split, in a place with an odd name."""
    folder = shutil.copytree(exported.root / "verl", tmp_path / "it's [a] set, of 3")
    for path in folder.glob("validation-*"):
        path.unlink()
    return folder


def test_the_recipe_says_which_split_is_missing(without_validation):
    result = launch(without_validation)
    assert result.returncode == 1
    assert "There is no validation-*.parquet" in result.stderr


def test_another_split_validates_where_somebody_says_so(without_validation):
    printed = launch(without_validation, VALIDATION="test")
    assert printed.returncode == 0, printed.stderr
    files = yaml.safe_load(printed.stdout)["data"]["val_files"]
    assert [Path(name) for name in files] == sorted(without_validation.glob("test-*.parquet"))


def test_the_recipe_scores_the_key_by_our_scorer(rows, recipe):
    compute_score = get_custom_reward_fn(recipe)
    for row in rows:
        key = row["reward_model"]["ground_truth"]
        arguments = {"data_source": row["data_source"], "ground_truth": key, "extra_info": row["extra_info"]}
        assert compute_score(solution_str=f"<answer>{key}</answer>", **arguments)["score"] == 1.0
        assert compute_score(solution_str=key, **arguments)["score"] == 0.0
