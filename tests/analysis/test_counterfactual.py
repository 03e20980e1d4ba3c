"""The mask counterfactual: what a plan does to gradient and advantages."""

import math
from dataclasses import replace

import pytest
import torch
from scripted_run import PLAYS, write_scripted_run
from tiny_model import write_tiny_model

from mifg_pipeline.analysis.counterfactual import compare_plans, gradient, stored_step, trained_policy
from mifg_pipeline.analysis.plans import OWN
from mifg_pipeline.analysis.source import open_source
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.vision_inputs import VisionInputs
from mifg_pipeline.train.model import save_model
from mifg_pipeline.train.replay import Weights

pytestmark = pytest.mark.slow

CPU = torch.device("cpu")
MASKED = ("mask.action=both", "mask.trajectory=true", "mask.baseline=finished")
UNMASKED = ("mask.action='off'", "mask.trajectory=false", "mask.baseline=all")


@pytest.fixture(scope="session", name="checkpoint")
def _checkpoint(tmp_path_factory):
    """Of one family: what differs between them is the trainer's business."""
    folder = tmp_path_factory.mktemp("model")
    write_tiny_model(folder)
    return folder


@pytest.fixture(scope="session", name="comparisons")
def _comparisons(source):
    return compared(source)


def compared(source):
    return {one.plan: one for one in compare_plans(source, trained_policy(source.weights, source.settings, CPU), list)}


@pytest.fixture(name="plays_of")
def _plays_of(checkpoint, tiny_dataset, tmp_path):
    """A run of other plays or settings."""

    def build(*overrides, plays=PLAYS):
        path = write_scripted_run(tmp_path / "run", checkpoint, tiny_dataset, *overrides, plays=plays)
        return open_source(path, None, None)

    return build


def test_the_plan_of_the_run_is_like_itself(comparisons):
    own = comparisons[OWN]
    assert own.gradient_norm > 0
    assert own.cosine == pytest.approx(1)
    assert (own.norm_ratio, own.advantage_difference, own.turned) == (1, 0, 0)


def test_every_other_mask_makes_another_step(plays_of):
    for name, one in compared(plays_of(*MASKED)).items():
        if name != OWN:
            assert one.cosine < 0.999, name
            assert one.advantage_difference > 0, name


def test_a_run_without_masks_is_the_plan_that_masks_observations_alone(plays_of):
    found = compared(plays_of(*UNMASKED))
    plain = found["observations only"]
    assert plain.cosine == pytest.approx(1)
    assert (plain.norm_ratio, plain.advantage_difference) == (pytest.approx(1), 0)
    assert plain.in_loss == found[OWN].in_loss == 2 * len(PLAYS)


def test_where_nothing_goes_wrong_all_plans_are_one(plays_of):
    found = compared(plays_of(plays=PLAYS[:5]))
    for one in found.values():
        assert one.cosine == pytest.approx(1)
        assert one.advantage_difference == 0


def test_where_nothing_is_trained_there_is_no_angle(plays_of):
    for one in compared(plays_of(plays=PLAYS[6:])).values():
        assert (one.gradient_norm, one.cosine, one.norm_ratio) == (0, None, None)


def test_a_gradient_is_that_of_the_loss(source):
    """Along the gradient the loss changes by its squared length."""
    policy = trained_policy(source.weights, source.settings, CPU)
    chat_format = ChatFormat.load(policy.chat_folder)
    vision_inputs = VisionInputs(chat_format.image_processor)
    batch = stored_step(source, chat_format)
    moved = gradient(policy, batch, vision_inputs, source.settings)
    squared = math.fsum(float(part.double().square().sum()) for part in moved)
    before = objective(policy, batch, vision_inputs)
    with torch.no_grad():
        for parameter, part in zip(policy.trainable_parameters(), moved, strict=True):
            parameter += 1e-3 * part
    after = objective(policy, batch, vision_inputs)
    assert (before - after) / 1e-3 == pytest.approx(squared, rel=0.02)


def objective(policy, batch, vision_inputs):
    """Sum of coefficient * A * log p: on-policy, minus the loss has its gradient."""
    total = 0.0
    for rows in batch.micro_batches(4096):
        part = batch.micro_batch(rows, vision_inputs, policy)
        with torch.no_grad():
            total += float((part.coefficients * part.advantages * policy(part.tokens, 1.0)).double().sum())
    return total


def test_a_gradient_leaves_nothing_behind(source):
    policy = trained_policy(source.weights, source.settings, CPU)
    chat_format = ChatFormat.load(policy.chat_folder)
    vision_inputs = VisionInputs(chat_format.image_processor)
    batch = stored_step(source, chat_format)
    first = gradient(policy, batch, vision_inputs, source.settings)
    second = gradient(policy, batch, vision_inputs, source.settings)
    assert all(torch.equal(one, other) for one, other in zip(first, second, strict=True))


def test_adapters_alone_have_a_gradient_where_adapters_are_trained(source, tmp_path):
    lora = source.settings.model.lora.model_copy(update={"rank": 4, "dropout": 0.5})
    settings = source.settings.model_copy(update={"model": source.settings.model.model_copy(update={"lora": lora})})
    save_model(trained_policy(source.weights, settings, CPU), tmp_path / "adapter")
    adapted = replace(source, settings=settings, weights=Weights(str(tmp_path / "adapter"), "saved"))
    policy = trained_policy(adapted.weights, settings, CPU)
    assert {name.rpartition(".lora_")[1] for name in policy.trained_weights()} == {".lora_"}
    chat_format = ChatFormat.load(policy.chat_folder)
    moved = gradient(policy, stored_step(adapted, chat_format), VisionInputs(chat_format.image_processor), settings)
    # The second matrices of new adapters are zero, so that the first ones have no gradient yet.
    assert {bool(part.any()) for part in moved} == {True, False}
