"""The estimate of memory is near what is measured, and a refusal names the setting whose part is the largest."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_model import write_tiny_model
from transformers import Qwen2_5_VLConfig

from mifg_pipeline.config import TrainSettings
from mifg_pipeline.errors import MifgError
from mifg_pipeline.train.memory import GIGABYTE, check_memory, estimate
from mifg_pipeline.train.model import load_config

SUPPORT = Path(__file__).parents[1] / "support"
GPU, CPU = torch.device("cuda"), torch.device("cpu")
TOWER = {"depth": 32, "hidden_size": 1280, "intermediate_size": 3420, "num_heads": 16, "patch_size": 14}
SIZES = {
    "3B": ({"hidden_size": 2048, "intermediate_size": 11008, "num_hidden_layers": 36}, 16, 2, 151_936, True),
    "7B": ({"hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28}, 28, 4, 152_064, False),
}
FACTOR = 1.7
"""Between estimate and measurement, either way."""


def config_of(size: str) -> Qwen2_5_VLConfig:
    """As the checkpoint of that size has it."""
    text, heads, key_heads, vocabulary, tied = SIZES[size]
    return Qwen2_5_VLConfig(
        text_config={
            **text,
            "num_attention_heads": heads,
            "num_key_value_heads": key_heads,
            "vocab_size": vocabulary,
        },
        vision_config={**TOWER, "out_hidden_size": text["hidden_size"], "spatial_merge_size": 2},
        tie_word_embeddings=tied,
    )


def settings_of(**sections: Any) -> TrainSettings:
    """Settings of a run; sections by their names."""
    model = {"path": "model", **sections.pop("model", {})}
    return TrainSettings.model_validate({"out": "run", "data": {"path": "data"}, "model": model, **sections})


@pytest.mark.parametrize(("size", "parameters"), [("3B", 3.75e9), ("7B", 8.29e9)])
def test_weights_are_those_of_the_published_checkpoints(size: str, parameters: float) -> None:
    found = estimate(settings_of(), config_of(size), GPU).weights
    assert found == pytest.approx(2 * parameters, rel=0.005)


def test_full_bfloat16_weights_take_masters_and_two_moments_of_the_language_model() -> None:
    found = estimate(settings_of(), config_of("7B"), GPU)
    language = 7.616e9
    assert found.optimizer == pytest.approx(12 * language, rel=0.005)
    assert found.gradients == pytest.approx(4 * language, rel=0.005)


def test_adapters_take_moments_of_their_own_weights_alone() -> None:
    found = estimate(settings_of(model={"lora": {"rank": 64}}), config_of("3B"), GPU)
    adapters = 64 * 36 * (2 * (2048 + 2048) + 2 * (2048 + 256) + 3 * (2048 + 11008))
    assert found.optimizer == 8 * adapters
    assert found.gradients == 4 * adapters


def test_ranks_share_weights_and_optimizer_but_each_has_a_copy_to_sample_with() -> None:
    alone, shared = (estimate(settings_of(), config_of("7B"), GPU, ranks) for ranks in (1, 8))
    assert shared.optimizer == alone.optimizer // 8
    assert shared.weights < alone.weights / 2
    assert shared.engine == alone.weights
    assert alone.engine == 0


@pytest.mark.parametrize(
    ("size", "limit", "sections", "setting"),
    [
        ("7B", 80, {"rollout": {"batch_size": 1}}, "model.lora.rank=64"),
        ("3B", 24, {"model": {"lora": {"rank": 64}}}, "rollout.batch_size"),
        (
            "3B",
            8,
            {
                "model": {"lora": {"rank": 1}},
                "rollout": {"batch_size": 1},
                "episode": {"max_tokens": 2048},
                "optimizer": {"micro_batch_tokens": 2048},
            },
            "model.path",
        ),
        (
            "3B",
            30,
            {"model": {"lora": {"rank": 8}}, "rollout": {"batch_size": 1}, "optimizer": {"micro_batch_tokens": 65536}},
            "optimizer.micro_batch_tokens",
        ),
        (
            "3B",
            30,
            {"model": {"lora": {"rank": 8}, "gradient_checkpointing": False}, "rollout": {"batch_size": 1}},
            "model.gradient_checkpointing=true",
        ),
        (
            "3B",
            30,
            {"model": {"lora": {"rank": 8}}, "rollout": {"batch_size": 1}, "episode": {"max_tokens": 65536}},
            "episode.max_tokens",
        ),
        ("3B", 30, {"model": {"lora": {"rank": 2048}}, "rollout": {"batch_size": 1}}, "model.lora.rank"),
    ],
)
def test_a_refusal_names_the_setting_whose_part_is_the_largest(
    size: str, limit: float, sections: dict[str, Any], setting: str
) -> None:
    with pytest.raises(MifgError) as refused:
        check_memory(settings_of(memory_limit=limit, **sections), config_of(size), GPU)
    assert setting in refused.value.remedy
    assert f"there are {limit:.1f} GB" in refused.value.problem


def vllm(**settings: Any) -> dict[str, Any]:
    return {"engine": "vllm", "vllm": settings}


def test_an_engine_elsewhere_takes_nothing_of_the_trainers_device() -> None:
    here, elsewhere = (
        estimate(settings_of(rollout=rollout), config_of("3B"), GPU, gpu=24 * GIGABYTE)
        for rollout in ({}, vllm(address="10.0.0.7:8765"))
    )
    assert (elsewhere.engine, elsewhere.cache, elsewhere.prompts) == (0, 0, 0)
    assert elsewhere.sampling == here.sampling - here.cache - here.prompts
    assert elsewhere.update == here.update


@pytest.mark.parametrize(("sleep", "during_update"), [(True, 0), (False, 12 * GIGABYTE)])
def test_an_engine_on_the_same_gpu_takes_its_share_and_gives_it_back_while_it_sleeps(
    sleep: bool, during_update: int
) -> None:
    settings = settings_of(rollout=vllm(memory_share=0.5, sleep=sleep))
    found = estimate(settings, config_of("3B"), GPU, gpu=24 * GIGABYTE)
    assert (found.engine, found.resting) == (12 * GIGABYTE, during_update)


def test_an_engine_on_the_same_cpu_keeps_weights_and_cache_all_the_time() -> None:
    settings = settings_of(model={"dtype": "bfloat16"}, rollout=vllm(cache_gigabytes=4))
    found = estimate(settings, config_of("3B"), CPU)
    assert found.engine == found.resting == found.weights + 4 * 2**30


def test_a_copy_of_the_weights_is_not_held_for_an_engine_in_another_process() -> None:
    settings = settings_of(rollout=vllm(address="10.0.0.7:8765"))
    assert estimate(settings, config_of("7B"), GPU, ranks=8).engine == 0


def test_a_cache_that_is_too_large_is_named() -> None:
    settings = settings_of(memory_limit=30, model={"lora": {"rank": 8}}, rollout=vllm(cache_gigabytes=40))
    with pytest.raises(MifgError, match=r"Lower rollout\.vllm\.cache_gigabytes"):
        check_memory(settings, config_of("3B"), CPU)


def test_a_run_that_fits_is_let_through() -> None:
    settings = settings_of(
        memory_limit=24, model={"lora": {"rank": 16}}, rollout={"batch_size": 4}, episode={"max_tokens": 8192}
    )
    assert check_memory(settings, config_of("3B"), GPU).peak < 24 * GIGABYTE


@pytest.mark.slow
@pytest.mark.parametrize("rank", [0, 8])
def test_the_estimate_is_near_what_a_model_of_a_hundred_million_parameters_takes(tmp_path: Path, rank: int) -> None:
    checkpoint = tmp_path / "model"
    write_tiny_model(checkpoint, hidden=768, layers=8, vocabulary=40_000)
    settings = settings_of(
        model={"path": str(checkpoint), "lora": {"rank": rank}},
        episode={"max_tokens": 512, "max_turn_tokens": 512},
        optimizer={"micro_batch_tokens": 1024},
        rollout={"batch_size": 8},
    )
    command = [sys.executable, str(SUPPORT / "memory_trial.py"), str(checkpoint), settings.model_dump_json()]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    ratio = estimate(settings, load_config(str(checkpoint)), CPU).peak / int(done.stdout)
    assert 1 / FACTOR < ratio < FACTOR
