"""Learning rate, weight decay and clipping."""

import pytest
import torch
from torch import nn

from mifg_pipeline.config.train import OptimizerSettings
from mifg_pipeline.train.optimizer import adamw, clip_gradients, learning_rate


def test_the_learning_rate_rises_over_the_warm_up_and_stays():
    settings = OptimizerSettings(learning_rate=1.0, warmup_steps=4)
    assert [learning_rate(step, settings) for step in (1, 2, 4, 9)] == [0.25, 0.5, 1.0, 1.0]
    assert learning_rate(1, OptimizerSettings(learning_rate=1.0, warmup_steps=0)) == 1.0


def test_weight_decay_leaves_vectors_alone():
    layer = nn.Linear(3, 3)
    optimizer = adamw(layer.parameters(), OptimizerSettings(weight_decay=0.1))
    decay = {id(p): group["weight_decay"] for group in optimizer.param_groups for p in group["params"]}
    assert decay == {id(layer.weight): 0.1, id(layer.bias): 0.0}


def test_gradients_are_scaled_down_to_the_norm_and_never_up():
    vector = nn.Parameter(torch.zeros(2))
    vector.grad = torch.tensor([3.0, 4.0])
    assert clip_gradients([vector], 1.0) == pytest.approx(5.0)
    assert vector.grad.norm().item() == pytest.approx(1.0, abs=1e-5)
    assert clip_gradients([vector], 10.0) == pytest.approx(1.0, abs=1e-5)
    assert vector.grad.norm().item() == pytest.approx(1.0, abs=1e-5)
