"""What training changed of a model, as its checkpoint names it: what an engine that holds the checkpoint takes over."""

from collections.abc import Iterator
from typing import Any

from peft.tuners.lora import LoraLayer
from torch import Tensor
from torch.distributed.tensor import DTensor
from transformers import PreTrainedModel
from transformers.core_model_loading import revert_weight_conversion


def checkpoint_weights(model: PreTrainedModel) -> Iterator[tuple[str, Tensor]]:
    """Yields changed weights by their names in a checkpoint: the trained ones, or those that adapters stand on.

    Adapters are merged into the latter in float32 and rounded to the model's type, as all of its weights are: in
    bfloat16 that differs from what the model itself computes, which adds the adapters' output without rounding them.

    Args:
        model: With trained weights or adapters; of a sharded one all ranks have to read all that is yielded.
    """
    for name, weight in _merged(model) if hasattr(model, "peft_config") else _trained(model):
        yield from revert_weight_conversion(model, {name: weight}).items()


def whole(weight: Tensor) -> Tensor:
    """The weight, put together by all ranks where it is sharded."""
    return weight.full_tensor() if isinstance(weight, DTensor) else weight


def _trained(model: PreTrainedModel) -> Iterator[tuple[str, Tensor]]:
    for name, weight in model.named_parameters():
        if weight.requires_grad:
            yield name, whole(weight.detach())


def _merged(model: PreTrainedModel) -> Iterator[tuple[str, Tensor]]:
    """W + scaling * B A of each layer that has an adapter (Hu et al. 2021, arXiv:2106.09685)."""
    adapted: list[tuple[str, Any]] = [pair for pair in model.named_modules() if isinstance(pair[1], LoraLayer)]
    for name, layer in adapted:
        merged = whole(layer.base_layer.weight.detach())
        kept_type = merged.dtype
        for adapter, scaling in layer.scaling.items():
            up, down = (whole(part[adapter].weight.detach()).float() for part in (layer.lora_B, layer.lora_A))
            merged = merged.float() + scaling * (up @ down)
        yield f"{name}.weight", merged.to(kept_type)
