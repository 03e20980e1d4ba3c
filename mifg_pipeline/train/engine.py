"""The engine that samples for a policy: opened as the settings say, and given the weights that it lacks."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor
from torch.distributed.fsdp import FSDPModule

from mifg_pipeline.config import EpisodeSettings, TrainSettings, VllmSettings
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.engine import Engine
from mifg_pipeline.engines.huggingface import HuggingFaceEngine
from mifg_pipeline.engines.vllm.client import VllmEngine
from mifg_pipeline.engines.vllm.model import EngineModel
from mifg_pipeline.errors import MifgError
from mifg_pipeline.train.model import choose_dtype, load_for_sampling, merged_adapter
from mifg_pipeline.train.policy import Policy

EngineName = Literal["huggingface", "vllm"]


def check_engine(settings: TrainSettings, ranks: int) -> None:
    """Refuses an engine elsewhere that several ranks would have to share: it holds one set of weights for one client.

    Raises:
        MifgError: If they would.
    """
    address = settings.rollout.vllm.address
    if settings.rollout.engine == "vllm" and address is not None and ranks > 1:
        raise MifgError(
            f"The engine at {address} cannot sample for {ranks} processes.",
            "Leave rollout.vllm.address out, so that each process starts one of its own, or train with one process.",
        )


def open_engine(policy: Policy, chat_format: ChatFormat, settings: TrainSettings, log: Path) -> Engine:
    """Opens the engine of ``rollout.engine``, with the weights that the policy was loaded with.

    A vLLM engine that is lost takes the policy's weights again by itself, unless they are sharded: then all ranks would
    have to put them together at that moment, and its requests fail until the next ``sync``.

    Args:
        policy: That is trained, sharded by now if it is to be.
        chat_format: Of its checkpoint.
        settings: Of the run.
        log: What a process of vLLM writes goes to this file.

    Raises:
        MifgError: If a vLLM engine cannot be started or reached.
    """
    if settings.rollout.engine == "huggingface":
        return HuggingFaceEngine(policy.sampling_module, chat_format, settings.rollout.batch_size)
    recall = None if isinstance(policy, FSDPModule) else partial(weights_to_sync, policy, settings)
    model = engine_model(policy.chat_folder, policy.model.dtype, settings.episode)
    return VllmEngine(model, chat_format, settings.rollout.vllm, log, recall)


def open_checkpoint(
    path: str, name: EngineName, episode: EpisodeSettings, vllm: VllmSettings, batch_size: int, log: Path
) -> tuple[Engine, ChatFormat]:
    """Opens an engine of a full checkpoint, or of an adapter merged into its base; and how its model writes.

    Args:
        path: Folder, or name on the hub.
        name: Transformers in this process, or vLLM in one of its own.
        episode: Limits of what it plays.
        vllm: Of vLLM.
        batch_size: Most turns that the Hugging Face engine samples at a time.
        log: As for ``open_engine``.

    Raises:
        MifgError: If the model cannot be read, or the engine cannot be started or reached.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name == "huggingface":
        loaded = load_for_sampling(path, device)
        chat_format = ChatFormat.load(loaded.chat_folder)
        return HuggingFaceEngine(loaded.module, chat_format, batch_size), chat_format
    dtype = choose_dtype("auto", device)
    folder, weights = merged_adapter(path, dtype)
    chat_format = ChatFormat.load(folder)
    engine = VllmEngine(engine_model(folder, dtype, episode), chat_format, vllm, log, lambda: weights)
    engine.sync(weights)
    return engine, chat_format


def engine_model(folder: Path, dtype: torch.dtype, episode: EpisodeSettings) -> EngineModel:
    """What a vLLM engine has to hold to play such episodes with the checkpoint in ``folder``."""
    name: Literal["float32", "bfloat16"] = "float32" if dtype == torch.float32 else "bfloat16"
    pixels = max(episode.max_pixels, episode.crop_max_pixels)
    return EngineModel(folder, name, episode.max_tokens, episode.max_images, pixels)


def weights_to_sync(policy: Policy, settings: TrainSettings) -> Iterable[tuple[str, Tensor]]:
    """What the engine takes after an update; none where it samples the very module that is trained."""
    return policy.checkpoint_weights() if settings.rollout.engine == "vllm" else policy.synced_weights()


def has_own_weights(policy: Policy, settings: TrainSettings) -> bool:
    """Whether the engine holds weights of its own, which could be stale."""
    return settings.rollout.engine == "vllm" or policy.sampling_module is not policy.model
