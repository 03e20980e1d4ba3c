"""The probe passes an engine of the policy's weights, and refuses one of any others."""

import faulty_engines as faulty
import pytest
import torch

from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.engine import SampledTurn
from mifg_pipeline.engines.huggingface import HuggingFaceEngine
from mifg_pipeline.engines.view import View
from mifg_pipeline.errors import MifgError
from mifg_pipeline.train.model import load_policy
from mifg_pipeline.train.probe import TURN_TOKENS, Probe


@pytest.fixture
def make_probe(small_run):
    """A probe of an engine of a class, on a model of its own; gives policy, engine and probe."""

    def make(engine_class, *overrides):
        settings = small_run(*overrides)
        policy = load_policy(settings.model, 0, torch.device("cpu"))
        policy.sample_with(load_policy(settings.model, 0, torch.device("cpu")).model)
        chat_format = ChatFormat.load(policy.chat_folder)
        engine = engine_class(policy.sampling_module, chat_format, 4)
        return policy, engine, Probe(policy, engine, chat_format, settings)

    return make


def move(policy):
    with torch.no_grad():
        policy.model.lm_head.weight.add_(torch.randn_like(policy.model.lm_head.weight), alpha=0.05)


def test_equal_weights_pass_at_any_temperature(make_probe):
    for temperature in (0.5, 1.0):
        _, _, probe = make_probe(HuggingFaceEngine, f"rollout.temperature={temperature}")
        assert probe.check(seed=3) < 1e-5


def test_weights_that_the_engine_has_not_taken_are_refused(make_probe):
    policy, engine, probe = make_probe(HuggingFaceEngine)
    move(policy)
    with pytest.raises(MifgError, match=r"differ by .* nats .* `mifg doctor`"):
        probe.check(seed=0)
    engine.sync(policy.synced_weights())
    assert probe.check(seed=0) < 1e-5


def test_features_of_images_that_were_seen_before_an_update_are_refused(make_probe):
    policy, engine, probe = make_probe(faulty.KeepsImageFeatures, "model.train_vision=true")
    probe.check(seed=0)
    with torch.no_grad():
        for weight in policy.model.model.visual.parameters():
            weight.mul_(1.5)
    engine.sync(policy.synced_weights())
    with pytest.raises(MifgError, match="differ by"):
        probe.check(seed=1)


@pytest.mark.parametrize(
    ("engine_class", "said"),
    [
        (faulty.ReadsImagesAnotherWay, "read different prompts"),
        (faulty.SamplesPads, "sampled ids that stand for images"),
        (faulty.Crashes, "the engine has crashed"),
    ],
)
def test_what_an_engine_must_not_do_is_refused(make_probe, engine_class, said):
    with pytest.raises(MifgError, match=said):
        make_probe(engine_class)[2].check(seed=0)


class FailsOnce(HuggingFaceEngine):
    """Loses its first turn."""

    has_failed = False

    def step(self):
        turns = super().step()
        if self.has_failed:
            return turns
        self.has_failed = True
        return [SampledTurn(turn.key, (), (), (), is_finished=False, failure="lost") for turn in turns]


def test_a_lost_turn_is_asked_for_again_as_often_as_a_trajectory(make_probe):
    assert make_probe(FailsOnce, "rollout.retries=1")[2].check(seed=0) < 1e-5
    with pytest.raises(MifgError, match="lost"):
        make_probe(FailsOnce, "rollout.retries=0")[2].check(seed=0)


def test_the_largest_gap_is_a_setting(make_probe):
    policy, _, probe = make_probe(HuggingFaceEngine, "rollout.max_gap=100")
    move(policy)
    assert 1e-4 < probe.check(seed=0) < 100


@pytest.mark.parametrize(("dtype", "limit"), [("float32", 1e-4), ("bfloat16", 0.5)])
def test_the_limit_follows_the_type_of_the_weights(make_probe, dtype, limit):
    assert make_probe(HuggingFaceEngine, f"model.dtype={dtype}")[2].limit == limit


def test_no_weight_that_is_not_a_number_passes(make_probe):
    policy, _, probe = make_probe(HuggingFaceEngine)
    with torch.no_grad():
        policy.model.lm_head.weight.fill_(torch.nan)
    with pytest.raises(MifgError, match="differ by inf nats"):
        probe.check(seed=0)


@pytest.mark.parametrize(
    ("overrides", "sizes"),
    [
        ((), [(84, 56), (56, 84)]),
        (("episode.max_images=1",), [(84, 56)]),
        (("episode.max_pixels=784", "episode.min_pixels=784"), [(28, 28), (28, 28)]),
    ],
)
def test_its_images_keep_the_episode_s_limits(make_probe, overrides, sizes):
    parts = make_probe(HuggingFaceEngine, *overrides)[2].parts
    assert [(part.width, part.height) for part in parts if isinstance(part, View)] == sizes


def test_its_turn_is_short(make_probe):
    lengths = []

    class Counting(HuggingFaceEngine):
        def submit(self, request):
            lengths.append(request.max_tokens)
            super().submit(request)

    make_probe(Counting, "episode.max_turn_tokens=999")[2].check(seed=0)
    make_probe(Counting, "episode.max_turn_tokens=3")[2].check(seed=0)
    assert lengths == [TURN_TOKENS, 3]
