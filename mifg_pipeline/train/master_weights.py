"""Float32 copies of trained weights of a narrower type: small steps would be rounded away in those."""

from collections.abc import Iterable
from functools import partial

import torch
from torch import nn


class MasterWeights:
    """What the optimiser moves.

    A bfloat16 weight keeps 8 significant bits, so that a step of less than 1/512 of it changes nothing. Its master
    does take the step (Micikevicius et al., arXiv:1710.03740, section 3.1). Gradients are moved to the masters as soon
    as the backward pass has them, and summed there in float32. A float32 weight is its own master.

    Args:
        weights: Trained parameters, sharded already if they are to be.
    """

    def __init__(self, weights: Iterable[nn.Parameter]) -> None:
        self.parameters: list[nn.Parameter] = []
        self._narrow: list[tuple[nn.Parameter, nn.Parameter]] = []
        for weight in weights:
            master = weight
            if weight.dtype != torch.float32:
                master = nn.Parameter(weight.detach().to(torch.float32))
                self._narrow.append((weight, master))
                move = partial(_move_gradient, master=master)
                weight.register_post_accumulate_grad_hook(move)  # type: ignore[no-untyped-call]
            self.parameters.append(master)

    def master_of(self, weight: nn.Parameter) -> nn.Parameter:
        """The float32 truth of a weight; the weight itself where it has no master."""
        return next((master for narrow, master in self._narrow if narrow is weight), weight)

    @torch.no_grad()
    def publish(self) -> None:
        """Rounds the masters into the weights; call it after each step of the optimiser."""
        for weight, master in self._narrow:
            weight.copy_(master)


def _move_gradient(weight: torch.Tensor, *, master: nn.Parameter) -> None:
    if weight.grad is None:
        return
    gradient = weight.grad.to(torch.float32)
    master.grad = gradient if master.grad is None else master.grad + gradient
    weight.grad = None
