"""Loads and saves the model that is trained, in Hugging Face layout: full weights, or an adapter of a base."""

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError
from peft import LoraConfig
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import (
    AutoConfig,
    PreTrainedConfig,
    PreTrainedModel,
    Qwen2_5_VLForConditionalGeneration,
    Qwen3VLForConditionalGeneration,
)
from transformers.utils import logging as transformers_logging

from mifg_pipeline.config.train import DTypeName, LoraSettings, ModelSettings
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.errors import MifgError
from mifg_pipeline.train.checkpoint_weights import checkpoint_weights
from mifg_pipeline.train.policy import Policy
from mifg_pipeline.train.sharding import laid_out_as

FAMILIES: dict[str, Any] = {
    "qwen2_5_vl": Qwen2_5_VLForConditionalGeneration,
    "qwen3_vl": Qwen3VLForConditionalGeneration,
}
CHAT_FILES = ("*token*.json", "vocab.json", "merges.txt", "chat_template*", "*processor_config.json")
"""Of a checkpoint, what tokenizer, chat template and image preprocessor need."""

_CONFIG, _ADAPTER_CONFIG, _ADAPTER = "config.json", "adapter_config.json", "adapter_model.safetensors"
_ADAPTER_NAME = "default"


class IncompleteModelError(MifgError):
    """A folder that holds no whole checkpoint."""


@dataclass(frozen=True)
class LoadedModel:
    """A model to sample from.

    Attributes:
        module: In evaluation mode.
        chat_folder: Where tokenizer, chat template and image preprocessor are.
    """

    module: PreTrainedModel
    chat_folder: Path


def load_config(path: str) -> PreTrainedConfig:
    """Configuration of a full checkpoint, without its weights.

    Raises:
        MifgError: If there is none, it is an adapter, or of another architecture.
    """
    return _config(_folder(path))


def check_context(config: PreTrainedConfig, max_tokens: int) -> None:
    """Refuses episodes that are longer than the model reads.

    Raises:
        MifgError: If they may be.
    """
    context = config.text_config.max_position_embeddings
    if max_tokens > context:
        raise MifgError(
            f"An episode may have {max_tokens} tokens, and the model reads {context}.", "Lower episode.max_tokens."
        )


def load_policy(settings: ModelSettings, seed: int, device: torch.device) -> Policy:
    """Loads the model that is to be trained.

    Trained are the language model with its head, and with ``train_vision`` the vision tower; or new adapters on the
    language model, all else frozen.

    Args:
        settings: Of the model.
        seed: Of the adapters' first weights.
        device: Where it is trained.

    Raises:
        MifgError: If the checkpoint is missing, damaged, an adapter or of another architecture, or the adapters do not
            fit it.
    """
    if settings.lora.rank and settings.train_vision:
        raise MifgError(
            "An adapter folder has no place for a trained vision tower.",
            "Set model.train_vision=false, or model.lora.rank=0 to train full weights.",
        )
    folder = _folder(settings.path)
    model = _load_full(folder, choose_dtype(settings.dtype, device))
    base = str(folder.resolve()) if Path(settings.path).is_dir() else settings.path
    if settings.lora.rank:
        _add_adapters(model, settings.lora, base, seed)
    else:
        model.model.visual.requires_grad_(settings.train_vision)
    if settings.gradient_checkpointing:
        _compute_activations_again(model)
    return Policy(model.to(device), folder, ChatFormat.load(folder).banned_ids, base)


def load_for_sampling(path: str, device: torch.device, dtype: DTypeName = "auto") -> LoadedModel:
    """Loads a full checkpoint, or an adapter folder together with its base.

    Args:
        path: Folder, or name on the hub.
        device: Where it is sampled.
        dtype: As in ``ModelSettings``.

    Raises:
        MifgError: If either is missing, damaged or of another architecture.
    """
    folder = _folder(path)
    chosen = choose_dtype(dtype, device)
    if not (folder / _ADAPTER_CONFIG).is_file():
        return LoadedModel(_load_full(folder, chosen).to(device).eval(), folder)
    base = _folder(_base_of(folder))
    model = _load_full(base, chosen)
    own_names = model._weight_conversions
    model.load_adapter(str(folder), adapter_name=_ADAPTER_NAME)
    model._weight_conversions = own_names  # loading put the adapter's names for weights in place of the checkpoint's
    return LoadedModel(model.to(device).eval(), base)


def merged_adapter(path: str, dtype: torch.dtype) -> tuple[Path, list[tuple[str, Tensor]]]:
    """The full checkpoint that a folder stands for, and the weights that its adapter changes there, by their names.

    Args:
        path: Folder, or name on the hub: a full checkpoint, which changes nothing, or an adapter.
        dtype: Of the weights.

    Raises:
        MifgError: As ``load_for_sampling``.
    """
    folder = _folder(path)
    if not (folder / _ADAPTER_CONFIG).is_file():
        _config(folder)
        return folder, []
    loaded = load_for_sampling(path, torch.device("cpu"), "float32" if dtype == torch.float32 else "bfloat16")
    return loaded.chat_folder, list(checkpoint_weights(loaded.module))


def save_model(policy: Policy, folder: Path) -> None:
    """Writes weights (or adapters), configuration and chat files; the folder is one that ``load_for_sampling`` takes.

    All ranks call it, for sharded weights are put together by all of them; the first one writes. Trained weights are
    written in float32, which is what the optimiser holds of them.

    Raises:
        OSError: If the folder cannot be written.
        SafetensorError: If the disk is full.
    """
    writes = not dist.is_initialized() or dist.get_rank() == 0
    weights: dict[str, Tensor] = {}
    for name, weight in policy.whole_weights():
        if writes:
            weights[name] = weight.cpu()
    if not writes:
        return
    folder.mkdir(parents=True, exist_ok=True)
    policy.model.save_pretrained(folder, state_dict=weights)
    for pattern in CHAT_FILES:
        for file in policy.chat_folder.glob(pattern):
            shutil.copyfile(file, folder / file.name)


def load_weights(policy: Policy, folder: Path) -> None:
    """Puts what ``save_model`` wrote into a policy of the same settings, sharded or not, bit for bit.

    Raises:
        MifgError: If the folder is damaged, of another model, or an adapter of another base or other sizes.
    """
    saved = _saved_adapters(policy, folder) if policy.has_adapters else _saved_weights(folder)
    wanted = policy.trained_weights() if policy.has_adapters else dict(policy.model.named_parameters())
    unlike = [name for name in wanted if name not in saved or saved[name].shape != wanted[name].shape]
    if unlike:
        raise MifgError(
            f"{folder} is of a model of other sizes: {len(unlike)} weights do not fit, {unlike[0]} the first.",
            "Give what was saved with the same model.path and model.lora settings.",
        )
    with torch.no_grad():
        for name, weight in wanted.items():
            master = policy.master_weights.master_of(weight)
            master.copy_(laid_out_as(master, saved[name]))
    policy.master_weights.publish()


def choose_dtype(name: DTypeName, device: torch.device) -> torch.dtype:
    """The type of weights and computation, by its setting."""
    if name == "auto":
        name = "float32" if device.type == "cpu" else "bfloat16"
    return torch.float32 if name == "float32" else torch.bfloat16


def _folder(path: str) -> Path:
    """The folder of a checkpoint, fetched from the hub where the path is a name there."""
    folder = Path(path)
    if folder.is_dir():
        return folder
    try:
        patterns = [_CONFIG, _ADAPTER_CONFIG, "generation_config.json", "*.safetensors*", *CHAT_FILES]
        return Path(snapshot_download(path, allow_patterns=patterns))
    except (HFValidationError, HfHubHTTPError, OSError, ValueError) as error:
        raise MifgError(
            f"There is no folder {path}, and nothing of that name can be had from the hub.",
            "Give the folder or hub name of a Qwen2.5-VL or Qwen3-VL checkpoint.",
        ) from error


def _config(folder: Path) -> PreTrainedConfig:
    if not (folder / _CONFIG).is_file():
        if (folder / _ADAPTER_CONFIG).is_file():
            raise MifgError(
                f"{folder} is an adapter of {_base_of(folder)}, not a full checkpoint.", "Give the checkpoint itself."
            )
        raise IncompleteModelError(
            f"{folder} has no {_CONFIG}.", "Give the folder of a Qwen2.5-VL or Qwen3-VL checkpoint."
        )
    try:
        config: PreTrainedConfig = AutoConfig.from_pretrained(folder)
    except (OSError, ValueError) as error:
        raise _unreadable(folder, error) from error
    if config.model_type not in FAMILIES:
        raise MifgError(
            f"{folder} is a checkpoint of {config.model_type}.",
            f"Give a checkpoint of one of {', '.join(FAMILIES)}.",
        )
    return config


def _load_full(folder: Path, dtype: torch.dtype) -> Any:
    config = _config(folder)
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model, found = FAMILIES[config.model_type].from_pretrained(
            folder, config=config, dtype=dtype, attn_implementation="sdpa", output_loading_info=True
        )
    except (OSError, RuntimeError, ValueError, SafetensorError) as error:
        raise _unreadable(folder, error) from error
    if missing := sorted(found["missing_keys"]):
        raise IncompleteModelError(
            f"The weights in {folder} are not those of its {_CONFIG}: {len(missing)} are missing, {missing[0]} first.",
            "Give a complete checkpoint.",
        )
    return model


def _compute_activations_again(model: Any) -> None:
    """Under the name that Transformers has for it: vLLM asks for versions before 5.20, which know the older one."""
    names = ("activation_checkpointing_enable", "gradient_checkpointing_enable")
    enable = getattr(model, next(name for name in names if hasattr(model, name)))
    enable({"use_reentrant": False})


def _add_adapters(model: PreTrainedModel, settings: LoraSettings, base: str, seed: int) -> None:
    layers = [
        name
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and name.startswith("model.language_model.")
    ]
    unknown = [target for target in settings.targets if not any(name.endswith(f".{target}") for name in layers)]
    if unknown or not settings.targets:
        raise MifgError(
            f"The language model has no linear layers {', '.join(unknown) or 'at all in model.lora.targets'}.",
            "Name linear layers of the language model in model.lora.targets, such as q_proj.",
        )
    config = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=rf".*\blanguage_model\..*\.({'|'.join(map(re.escape, settings.targets))})",
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model.add_adapter(config, _ADAPTER_NAME)
    config.base_model_name_or_path = base
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.to(torch.float32)


def _saved_adapters(policy: Policy, folder: Path) -> dict[str, Tensor]:
    """Adapters of a folder by their names in the policy's model."""
    base = _base_of(folder)
    if base != policy.base:
        raise MifgError(
            f"{folder} is an adapter of {base}, and the model is {policy.base}.", "Set model.path to the former."
        )
    try:
        saved = load_file(folder / _ADAPTER)
    except (OSError, SafetensorError) as error:
        raise _unreadable(folder, error) from error
    return {
        name.removeprefix("base_model.model.").removesuffix("weight") + f"{_ADAPTER_NAME}.weight": weight
        for name, weight in saved.items()
    }


def _saved_weights(folder: Path) -> dict[str, Tensor]:
    return dict(_load_full(folder, torch.float32).named_parameters())


def _base_of(folder: Path) -> str:
    path = folder / _ADAPTER_CONFIG
    try:
        base: Any = json.loads(path.read_text(encoding="utf-8")).get("base_model_name_or_path")
    except (OSError, ValueError, AttributeError) as error:
        raise _unreadable(folder, error) from error
    if not isinstance(base, str):
        raise MifgError(f"{path} does not say what it is an adapter of.", "Give a folder that `mifg train` wrote.")
    return base


def _unreadable(folder: Path, error: Exception) -> IncompleteModelError:
    reason = str(error).strip().partition("\n")[0]
    return IncompleteModelError(f"The checkpoint {folder} cannot be read: {reason}.", "Give a complete checkpoint.")
