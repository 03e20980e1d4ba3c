"""What is saved can be loaded, by this package and by Transformers; what cannot be trained is refused by name."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from policies import CPU, batch_of, load
from tiny_model import write_tiny_model
from tiny_trajectories import random_tracks

from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.errors import MifgError
from mifg_pipeline.train.model import FAMILIES, load_for_sampling, load_weights, save_model
from mifg_pipeline.train.policy import Policy


@pytest.fixture(scope="module", params=["qwen2_5_vl", "qwen2_5_vl tied", "qwen3_vl"])
def checkpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tiny models of both families, one of them without a head of its own."""
    family, _, tied = request.param.partition(" ")
    folder = tmp_path_factory.mktemp(family) / "model"
    write_tiny_model(folder, family=family, tied=bool(tied))
    return folder


def move(policy: Policy) -> None:
    """Changes every trained weight."""
    draw = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for weight in policy.trainable_parameters():
            weight.add_(torch.randn(weight.shape, generator=draw) * 0.01)
    policy.master_weights.publish()


@pytest.mark.parametrize("settings", [{}, {"lora": {"rank": 2}}, {"dtype": "bfloat16"}], ids=str)
def test_weights_come_back_bit_for_bit(checkpoint: Path, tmp_path: Path, settings: dict[str, object]) -> None:
    trained, fresh = load(checkpoint, **settings), load(checkpoint, **settings)
    move(trained)
    save_model(trained, tmp_path)
    load_weights(fresh, tmp_path)
    for ours, theirs in zip(trained.trainable_parameters(), fresh.trainable_parameters(), strict=True):
        assert torch.equal(ours, theirs)
    for ours, theirs in zip(trained.model.parameters(), fresh.model.parameters(), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("rank", [0, 2])
def test_a_saved_folder_is_all_that_sampling_needs(checkpoint: Path, tmp_path: Path, rank: int) -> None:
    policy = load(checkpoint, lora={"rank": rank})
    move(policy)
    save_model(policy, tmp_path)
    loaded = load_for_sampling(str(tmp_path), CPU)
    chat_format = ChatFormat.load(loaded.chat_folder)
    batch = batch_of(policy, [random_tracks(chat_format, 1)])
    again = Policy(loaded.module, loaded.chat_folder, chat_format.banned_ids, "")
    assert torch.equal(policy(batch, 1.0), again(batch, 1.0))


def test_transformers_loads_saved_full_weights(checkpoint: Path, tmp_path: Path) -> None:
    policy = load(checkpoint)
    move(policy)
    save_model(policy, tmp_path)
    model, found = FAMILIES[policy.model.config.model_type].from_pretrained(tmp_path, output_loading_info=True)
    assert not any(found.values())
    for (name, ours), theirs in zip(policy.model.named_parameters(), model.parameters(), strict=True):
        assert torch.equal(ours, theirs), name


def test_peft_loads_saved_adapters(checkpoint: Path, tmp_path: Path) -> None:
    policy = load(checkpoint, lora={"rank": 2})
    move(policy)
    save_model(policy, tmp_path)
    base = FAMILIES[policy.model.config.model_type].from_pretrained(checkpoint)
    loaded = PeftModel.from_pretrained(base, tmp_path).base_model.model.state_dict()
    for name, weight in policy.trained_weights().items():
        assert torch.equal(loaded[name], weight), name


def test_adapters_change_nothing_before_they_are_trained(checkpoint: Path) -> None:
    plain, adapted = load(checkpoint), load(checkpoint, lora={"rank": 2})
    batch = batch_of(plain, [random_tracks(ChatFormat.load(checkpoint), 1)])
    assert torch.equal(plain(batch, 1.0), adapted(batch, 1.0))


def test_adapters_leave_the_vision_tower_alone_where_layers_share_names(checkpoint: Path) -> None:
    names = load(checkpoint, lora={"rank": 2}).trained_weights()
    assert names
    assert not any(".visual." in name for name in names)


def test_an_adapter_of_another_base_is_refused_by_name(checkpoint: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(checkpoint, other)
    save_model(load(other, lora={"rank": 2}), tmp_path / "adapter")
    with pytest.raises(MifgError, match=f"is an adapter of {other}, and the model is {checkpoint}"):
        load_weights(load(checkpoint, lora={"rank": 2}), tmp_path / "adapter")


def test_an_adapter_of_another_rank_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    save_model(load(checkpoint, lora={"rank": 4}), tmp_path)
    with pytest.raises(MifgError, match=r"model\.lora"):
        load_weights(load(checkpoint, lora={"rank": 2}), tmp_path)


def test_training_on_an_adapter_folder_names_its_base(checkpoint: Path, tmp_path: Path) -> None:
    save_model(load(checkpoint, lora={"rank": 2}), tmp_path)
    with pytest.raises(MifgError, match=f"is an adapter of {checkpoint}"):
        load(tmp_path)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MifgError, match="There is no folder"):
        load(tmp_path / "nowhere")


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MifgError, match=r"has no config\.json"):
        load(tmp_path)


def test_another_architecture_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "gpt2"}))
    with pytest.raises(MifgError, match="gpt2"):
        load(tmp_path)


def test_a_checkpoint_without_weights_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    shutil.copytree(checkpoint, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.safetensors"))
    with pytest.raises(MifgError, match="cannot be read"):
        load(tmp_path)


def test_a_torn_weights_file_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    shutil.copytree(checkpoint, tmp_path, dirs_exist_ok=True)
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(MifgError, match="cannot be read"):
        load(tmp_path)


def test_weights_of_fewer_layers_than_the_configuration_says_are_refused(checkpoint: Path, tmp_path: Path) -> None:
    shutil.copytree(checkpoint, tmp_path, dirs_exist_ok=True)
    config = json.loads((tmp_path / "config.json").read_text())
    config["text_config"]["num_hidden_layers"] += 1
    config["text_config"].pop("layer_types", None)
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(MifgError, match="missing"):
        load(tmp_path)


def test_unknown_adapter_targets_are_refused_by_name(checkpoint: Path) -> None:
    with pytest.raises(MifgError, match="q_prj"):
        load(checkpoint, lora={"rank": 2, "targets": ["q_prj", "v_proj"]})


def test_adapters_with_a_trained_vision_tower_are_refused(checkpoint: Path) -> None:
    with pytest.raises(MifgError, match=r"model\.train_vision=false"):
        load(checkpoint, lora={"rank": 2}, train_vision=True)
