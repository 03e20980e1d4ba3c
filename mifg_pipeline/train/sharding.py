"""Spreads the policy's weights over the ranks of a run (FSDP2)."""

import copy
from itertools import chain

import torch
from torch import Tensor
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor

from mifg_pipeline.train.policy import Policy


def shard(policy: Policy, size: int, *, with_copy: bool = True) -> None:
    """Shards weights, gradients and optimiser state over all ranks, in place; nothing to do for a single one.

    Each layer is a group of its own, gathered when it is needed; embeddings, norms and head are one more, gathered for
    as long as a pass lasts, so that the chunked head can read its weight again and again. A frozen vision tower stays
    whole on every rank: it is small, and ranks may then look at different numbers of images.

    FSDP2 takes the **mean** of the gradients over the ranks, so that a loss that is each rank's share of a sum has to
    be multiplied by their number. On gloo, which CPUs talk over, torch 2.13 has the mean and the sum; another divisor
    (``set_gradient_divide_factor``) asks for NCCL's PreMulSum, which gloo refuses, unless
    ``set_force_sum_reduction_for_comms`` makes it a division of its own. Clipping by the norm, AdamW and putting whole
    tensors together work on gloo as they are.

    An engine in this process gets a whole copy of the model to sample with, for FSDP2 gathers weights only in the
    policy's own passes; ``Policy.synced_weights`` brings it up to date.

    Args:
        policy: On its device, before anyone has asked for its trainable parameters.
        size: Ranks.
        with_copy: Whether there is such an engine.
    """
    if size == 1:
        return
    if with_copy:
        policy.sample_with(copy.deepcopy(policy.model).requires_grad_(False))
    mesh = init_device_mesh(policy.device.type, (size,))
    precision = MixedPrecisionPolicy(reduce_dtype=torch.float32)
    core = policy.model.model
    trains_vision = any(parameter.requires_grad for parameter in core.visual.parameters())
    whole = set() if trains_vision else set(core.visual.parameters())
    layers = chain(core.language_model.layers, core.visual.blocks if trains_vision else ())
    for module in (*layers, policy):
        fully_shard(module, mesh=mesh, mp_policy=precision, ignored_params=whole)


def laid_out_as(parameter: Tensor, whole: Tensor) -> Tensor:
    """A whole tensor laid out as a parameter is; each rank keeps its part of what it has itself."""
    whole = whole.to(parameter.device)
    if not isinstance(parameter, DTensor):
        return whole
    return distribute_tensor(whole, parameter.device_mesh, parameter.placements, src_data_rank=None)
