"""Estimates what a run will take of a device's memory, before the model is loaded, and names what to change."""

from dataclasses import dataclass, fields
from typing import Any, Self

import psutil
import torch
from torch import nn

from mifg_pipeline.config import TrainSettings, VllmSettings
from mifg_pipeline.engines.vision_features import MAX_CACHED_BYTES, MAX_PIXELS_AT_ONCE
from mifg_pipeline.errors import MifgError
from mifg_pipeline.train.logprobs import CHUNK_BYTES
from mifg_pipeline.train.model import FAMILIES, choose_dtype

GIGABYTE = 10**9
FLOAT32 = 4


@dataclass(frozen=True)
class MemoryEstimate:
    """What one rank holds, in bytes.

    Attributes:
        weights: Of the model, and of what is gathered of a sharded one for a pass.
        optimizer: Moments of AdamW, and float32 masters of narrower weights.
        engine: The engine's own copy of a sharded model; all that a vLLM engine on the device takes.
        resting: What the engine keeps of that during the update.
        cache: Keys and values of the turns that are sampled at a time, with the logits of their next tokens; those of
            vLLM are in ``engine``.
        prompts: What the engine needs on top to read their prompts.
        gradients: Of the trained weights.
        activations: Of a micro-batch, in the language model.
        head: Of the language-model head.
        vision: Of a micro-batch, in the vision tower.
    """

    weights: int
    optimizer: int
    engine: int
    resting: int
    cache: int
    prompts: int
    gradients: int
    activations: int
    head: int
    vision: int

    @property
    def sampling(self) -> int:
        """All that is there while turns are sampled."""
        return self.weights + self.optimizer + self.engine + self.cache + self.prompts

    @property
    def update(self) -> int:
        """All that is there in a backward pass."""
        passing = self.activations + self.head + self.vision
        return self.weights + self.optimizer + self.resting + self.gradients + passing

    @property
    def peak(self) -> int:
        """The larger of the two phases, which take turns."""
        return max(self.sampling, self.update)

    def __str__(self) -> str:
        return ", ".join(f"{field.name} {_gigabytes(getattr(self, field.name))}" for field in fields(self))


def estimate(
    settings: TrainSettings, config: Any, device: torch.device, ranks: int = 1, gpu: int = 0
) -> MemoryEstimate:
    """Adds up what a run holds at its worst.

    Weights are counted on a model without storage. Activations are those of a micro-batch in which each token may be a
    part of an image; a layer's are what its backward pass reads: two norms, attention by a kernel that keeps no scores,
    and a gated MLP. What libraries take by themselves (a CUDA context, fragments) is not in it: allow for 1 to 2 GB.

    Args:
        settings: Of the run.
        config: Of the checkpoint, from ``load_config``.
        device: Where it is trained.
        ranks: Over which it is sharded.
        gpu: Bytes of a GPU in all, of which a vLLM engine takes its share.
    """
    element = choose_dtype(settings.model.dtype, device).itemsize
    with torch.device("meta"):
        model = FAMILIES[config.model_type](config)
    trained, frozen_whole, sharded = _count(model, settings)
    trained_element = FLOAT32 if settings.model.lora.rank else element
    masters = FLOAT32 if trained_element != FLOAT32 else 0
    gathered = _gathered(model, config) if ranks > 1 else 0
    language, vision = _Language.of(config.text_config, element), _Vision.of(config.vision_config, element)
    tokens = max(settings.optimizer.micro_batch_tokens, settings.episode.max_tokens)
    whole = (frozen_whole + sharded) * element
    samples_here = settings.rollout.engine == "huggingface"
    engine, resting = (whole * (ranks > 1),) * 2 if samples_here else _vllm(settings.rollout.vllm, whole, device, gpu)
    return MemoryEstimate(
        weights=(frozen_whole + gathered) * element
        + (sharded * element + _adapters(model, settings) * FLOAT32) // ranks,
        optimizer=trained * (2 * FLOAT32 + masters) // ranks,
        engine=engine,
        resting=resting,
        cache=language.cache(settings) if samples_here else 0,
        prompts=language.prompts(settings) + vision.images() if samples_here else 0,
        gradients=trained * FLOAT32 // ranks,
        activations=language.activations(settings, tokens),
        head=language.head(settings),
        vision=vision.activations(settings, tokens),
    )


def check_memory(settings: TrainSettings, config: Any, device: torch.device, ranks: int = 1) -> MemoryEstimate:
    """Refuses a run that will not fit, before its model is loaded; arguments as for ``estimate``.

    Raises:
        MifgError: If the estimate is above ``memory_limit``, or above what is free where there is none; it names the
            setting whose part is the largest.
    """
    shares_gpu = settings.rollout.engine == "vllm" and device.type == "cuda"
    found = estimate(settings, config, device, ranks, total_memory(device) if shares_gpu else 0)
    own = settings.memory_limit
    limit = free_memory(device, ranks) if own is None else int(own * GIGABYTE)
    if found.peak <= limit:
        return found
    phase = "sampling" if found.sampling > found.update else "the update"
    raise MifgError(
        f"The run takes about {_gigabytes(found.peak)} GB of memory in {phase} ({found}); there are "
        f"{_gigabytes(limit)} GB.",
        _remedy(found, settings, device),
    )


def free_memory(device: torch.device, ranks: int = 1) -> int:
    """Bytes that a rank may take: what is free on its GPU, or its share of what is free in the machine."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return int(psutil.virtual_memory().available) // ranks


def total_memory(device: torch.device) -> int:
    """Bytes of a GPU, free or not."""
    return int(torch.cuda.mem_get_info(device)[1])


def _vllm(settings: VllmSettings, whole: int, device: torch.device, gpu: int) -> tuple[int, int]:
    """Bytes that a vLLM engine takes of the trainer's device while turns are sampled, and during the update.

    Args:
        settings: Of the engine.
        whole: Bytes of the model's weights.
        device: Of the trainer.
        gpu: Bytes of it in all, where it is a GPU.
    """
    if settings.address is not None:
        return 0, 0
    if device.type == "cpu":
        taken = whole + settings.cache_gigabytes * 2**30
        return taken, taken
    taken = int(settings.memory_share * gpu)
    return taken, 0 if settings.sleep else taken


def _gigabytes(size: int) -> str:
    return f"{size / GIGABYTE:.2g}" if size < GIGABYTE else f"{size / GIGABYTE:.1f}"


def _remedy(found: MemoryEstimate, settings: TrainSettings, device: torch.device) -> str:
    passing = found.activations + found.vision
    learning = found.optimizer + found.gradients
    changeable = {"weights": found.weights, "learning": learning}
    if settings.rollout.engine == "huggingface":
        changeable["weights"] += found.engine
    elif found.engine:
        changeable["vllm"] = found.engine if found.sampling > found.update else found.resting
    if found.sampling > found.update:
        changeable["cache"] = found.cache + found.prompts
    else:
        changeable["passing"] = passing
    match max(changeable, key=lambda part: changeable[part]):
        case "vllm" if device.type == "cpu":
            return "Lower rollout.vllm.cache_gigabytes."
        case "vllm" if found.update > found.sampling:
            return "Set rollout.vllm.sleep=true."
        case "vllm":
            return "Lower rollout.vllm.memory_share."
        case "cache":
            return "Lower rollout.batch_size or episode.max_tokens."
        case "passing" if not settings.model.gradient_checkpointing:
            return "Set model.gradient_checkpointing=true."
        case "passing" if settings.optimizer.micro_batch_tokens > settings.episode.max_tokens:
            return "Lower optimizer.micro_batch_tokens."
        case "passing":
            return "Lower episode.max_tokens: one trajectory has to fit."
        case "learning" if not settings.model.lora.rank:
            return "Train adapters, such as model.lora.rank=64, or full weights on more GPUs."
        case "learning":
            return "Lower model.lora.rank."
        case _:
            return "Set model.path to a smaller model, or share it among more GPUs with torchrun."


def _count(model: Any, settings: TrainSettings) -> tuple[int, int, int]:
    """Numbers of weights: trained ones, frozen ones that each rank holds whole, and the model's others."""
    vision = _size(model.model.visual)
    language = _size(model) - vision
    if settings.model.lora.rank:
        return _adapters(model, settings), vision, language
    if settings.model.train_vision:
        return language + vision, 0, language + vision
    return language, vision, language


def _adapters(model: Any, settings: TrainSettings) -> int:
    targets = {f".{target}" for target in settings.model.lora.targets}
    layers = (
        layer
        for name, layer in model.model.language_model.named_modules()
        if isinstance(layer, nn.Linear) and any(name.endswith(target) for target in targets)
    )
    return settings.model.lora.rank * sum(layer.in_features + layer.out_features for layer in layers)


def _size(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def _gathered(model: Any, config: Any) -> int:
    """Weights that a sharded pass holds whole at a time: embeddings and head, and a layer with the one after it."""
    layer = _size(model.model.language_model.layers[0])
    return _size(model.model.language_model.embed_tokens) * (1 if config.tie_word_embeddings else 2) + 2 * layer


@dataclass(frozen=True)
class _Language:
    """Widths of the language model, and how many bytes its numbers take."""

    layers: int
    hidden: int
    intermediate: int
    queries: int
    keys: int
    vocabulary: int
    element: int

    @classmethod
    def of(cls, text: Any, element: int) -> Self:
        head = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
        return cls(
            layers=text.num_hidden_layers,
            hidden=text.hidden_size,
            intermediate=text.intermediate_size,
            queries=text.num_attention_heads * head,
            keys=text.num_key_value_heads * head,
            vocabulary=text.vocab_size,
            element=element,
        )

    def cache(self, settings: TrainSettings) -> int:
        layers = self.layers + 1  # one is there twice while it grows
        keys_and_values = settings.episode.max_tokens * layers * 2 * self.keys * self.element
        return settings.rollout.batch_size * (keys_and_values + 3 * self.vocabulary * FLOAT32)

    def prompts(self, settings: TrainSettings) -> int:
        """All prompts of a batch go through a layer together."""
        layer = self.element * (3 * self.intermediate + 4 * self.hidden) + 2 * FLOAT32 * self.hidden
        return settings.rollout.batch_size * settings.episode.max_tokens * layer

    def activations(self, settings: TrainSettings, tokens: int) -> int:
        norms = 2 * (2 * FLOAT32 + 2 * self.element) * self.hidden
        layer = norms + self.element * (5 * self.queries + 4 * self.intermediate)
        working = self.element * (3 * self.intermediate + 2 * self.hidden)  # gradients within the layer
        return tokens * (_kept(settings, self.layers, self.hidden * self.element, layer) + working)

    def head(self, settings: TrainSettings) -> int:
        gradient = 0 if settings.model.lora.rank else self.vocabulary * self.hidden * (FLOAT32 + self.element)
        return 4 * CHUNK_BYTES + gradient


@dataclass(frozen=True)
class _Vision:
    """Widths of the vision tower, and how many bytes its numbers take."""

    layers: int
    hidden: int
    intermediate: int
    patch: int
    merge: int
    pixels: int
    element: int

    @classmethod
    def of(cls, tower: Any, element: int) -> Self:
        return cls(
            layers=tower.depth,
            hidden=tower.hidden_size,
            intermediate=tower.intermediate_size,
            patch=tower.patch_size,
            merge=tower.spatial_merge_size,
            pixels=tower.in_channels * tower.temporal_patch_size * tower.patch_size**2,
            element=element,
        )

    @property
    def layer(self) -> int:
        """Bytes per patch that a layer works on."""
        return self.element * (10 * self.hidden + 4 * self.intermediate)

    def images(self) -> int:
        """Images that are sampled with go through in parts, and their features are kept."""
        return MAX_PIXELS_AT_ONCE // self.patch**2 * self.layer + MAX_CACHED_BYTES

    def activations(self, settings: TrainSettings, tokens: int) -> int:
        kept = self.layer
        if settings.model.train_vision:
            kept = _kept(settings, self.layers, self.hidden * self.element, self.layer)
        return tokens * self.merge**2 * (FLOAT32 * self.pixels + kept)


def _kept(settings: TrainSettings, layers: int, outputs: int, layer: int) -> int:
    """Bytes per token that are kept for the backward pass: of all layers, or the outputs of all and one layer's."""
    return layers * outputs + layer if settings.model.gradient_checkpointing else layers * layer
