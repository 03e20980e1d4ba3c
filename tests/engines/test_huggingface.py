import json
import shutil

import pytest
import torch
from safetensors.torch import load_file
from tiny_model import write_tiny_model

from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.huggingface import HuggingFaceEngine
from mifg_pipeline.errors import MifgError


@pytest.fixture
def engine(model, chat_format):
    return HuggingFaceEngine(model, chat_format, batch_size=8)


@pytest.fixture
def ragged(make_request, make_view):
    """One image, three images, an image in the second turn, none; the first once more, and with another image."""
    first, second, third = make_view("first"), make_view("second", 4, 5), make_view("third", 3, 1)
    other = make_view("other")
    return [
        make_request(0, "Image 1: ", first, "What is it?"),
        make_request(1, first, second, third, "Which image shows the red circle?"),
        make_request(2, "Image 1: ", first, "What is it?", second_turn=["Image 1: ", second]),
        make_request(3, "How many?", max_tokens=5),
        make_request(4, "Image 1: ", first, "What is it?", temperature=0.6),
        make_request(5, "Image 1: ", other, "What is it?"),
    ]


def run(engine, requests):
    for request in requests:
        engine.submit(request)
    return engine.step()


def reported(turn):
    return torch.tensor(turn.logprobs)


def expected(plain, turn):
    return plain.gather(1, torch.tensor(turn.token_ids)[:, None])[:, 0]


def test_reported_log_probabilities_equal_those_of_a_plain_forward_pass(engine, model, ragged, plain_logprobs):
    for request, turn in zip(ragged, run(engine, ragged), strict=True):
        torch.testing.assert_close(
            reported(turn), expected(plain_logprobs(model, request, turn), turn), atol=1e-5, rtol=0
        )


def test_a_turn_is_the_same_alone_and_in_a_batch(engine, ragged):
    for request, turn in zip(ragged, run(engine, ragged), strict=True):
        (alone,) = run(engine, [request])
        assert alone.token_ids == turn.token_ids
        torch.testing.assert_close(reported(alone), reported(turn), atol=1e-5, rtol=0)


def test_equal_seeds_give_equal_turns_and_others_others(engine, make_request):
    requests = [make_request(key, "How many?", seed=seed) for key, seed in enumerate((1, 1, 2))]
    first, again, other = run(engine, requests)
    assert first.token_ids == again.token_ids != other.token_ids


def test_turns_that_have_ended_leave_the_batch(engine, model, make_request):
    rows = []
    model.model.language_model.register_forward_pre_hook(
        lambda module, args, kwargs: rows.append(kwargs["inputs_embeds"].shape[0]), with_kwargs=True
    )
    run(engine, [make_request(key, "How many?", max_tokens=length) for key, length in enumerate((1, 1, 3, 5))])
    assert rows == [1, 2, 2, 1, 1]  # the prompt of all four, then one row for each turn that goes on


def test_banned_ids_are_never_sampled(engine, model, chat_format, ragged):
    def favour(module, args, logits):
        logits[:, list(chat_format.banned_ids)] += 1e4
        return logits

    model.lm_head.register_forward_hook(favour)
    for turn in run(engine, ragged):
        assert not set(turn.token_ids) & set(chat_format.banned_ids)


def test_the_checkpoints_generation_settings_have_no_effect(
    engine, checkpoint, chat_format, load_model, ragged, tmp_path
):
    folder = shutil.copytree(checkpoint, tmp_path / "checkpoint")
    settings = {"do_sample": True, "top_k": 1, "top_p": 0.01, "temperature": 0.01, "repetition_penalty": 10.0}
    (folder / "generation_config.json").write_text(json.dumps(settings))
    other = load_model(folder)
    assert other.generation_config.repetition_penalty == 10.0
    assert run(HuggingFaceEngine(other, chat_format, batch_size=8), ragged) == run(engine, ragged)


def test_positions_left_over_in_the_model_have_no_effect(engine, model, ragged):
    before = run(engine, ragged)
    model.model.rope_deltas = torch.full((1, 1), 1000)
    assert run(engine, ragged) == before


def test_temperature_0_takes_the_likeliest_token(engine, model, make_request, make_view, plain_logprobs):
    request = make_request(0, make_view("first"), "What is it?", temperature=0.0)
    (turn,) = run(engine, [request])
    assert turn.token_ids == tuple(plain_logprobs(model, request, turn).argmax(-1).tolist())


def test_a_turn_ends_at_its_limit_or_at_the_end_token(engine, model, chat_format, make_request):
    def end_now(module, args, logits):
        logits[1, chat_format.end_of_turn_id] = 1e4
        return logits

    hook = model.lm_head.register_forward_hook(end_now)
    cut, ended = run(engine, [make_request(0, "How many?", max_tokens=1), make_request(1, "How?", max_tokens=1)])
    hook.remove()
    assert (len(cut.token_ids), cut.is_finished) == (1, False)
    assert (ended.token_ids, ended.is_finished) == ((chat_format.end_of_turn_id,), True)


def test_a_view_goes_through_the_vision_tower_once(engine, model, ragged, make_request, make_view):
    patches = []
    model.model.visual.register_forward_pre_hook(lambda module, args: patches.append(args[0].shape[0]))
    run(engine, ragged)
    run(engine, [make_request(9, make_view("second", 4, 5), "What is it?")])
    assert patches == [4 * (2 * 3 + 4 * 5 + 3 * 1 + 2 * 3)]


def test_the_model_keeps_its_mode(engine, model, ragged):
    model.train()
    run(engine, ragged)
    assert model.training


@pytest.mark.parametrize("part", ["visual", "language_model"])
def test_sync_forgets_what_the_old_weights_gave(engine, model, ragged, plain_logprobs, part):
    run(engine, ragged)
    with torch.no_grad():
        for weight in getattr(model.model, part).parameters():
            weight.add_(0.05 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(0)))
    engine.sync(())
    for request, turn in zip(ragged, run(engine, ragged), strict=True):
        torch.testing.assert_close(
            reported(turn), expected(plain_logprobs(model, request, turn), turn), atol=1e-5, rtol=0
        )


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("family", ["qwen2_5_vl", "qwen3_vl"])
def test_sync_takes_the_weights_of_a_checkpoint(family, tied, load_model, tmp_path):
    for seed, name in enumerate(("old", "new")):
        write_tiny_model(tmp_path / name, family=family, tied=tied, seed=seed)
    model, other = load_model(tmp_path / "old"), load_model(tmp_path / "new")
    engine = HuggingFaceEngine(model, ChatFormat.load(tmp_path / "old"), batch_size=1)
    engine.sync(load_file(tmp_path / "new" / "model.safetensors").items())
    for name, weight in other.state_dict().items():
        torch.testing.assert_close(model.state_dict()[name], weight, atol=0, rtol=0)


def test_sync_refuses_a_weight_that_the_model_does_not_have(engine):
    with pytest.raises(KeyError, match="another"):
        engine.sync([("another.weight", torch.zeros(1))])


def test_a_model_that_gives_no_probabilities_fails_the_turn(engine, model, ragged):
    with torch.no_grad():
        model.lm_head.weight.fill_(torch.nan)
    assert ["finite" in turn.failure for turn in run(engine, ragged)] == [True] * len(ragged)


def ask_for_too_much(module, args, logits):
    return torch.empty(2**50)


def report_a_full_device(module, args, logits):
    raise torch.OutOfMemoryError("CUDA out of memory.")


@pytest.mark.parametrize("exhaust", [ask_for_too_much, report_a_full_device])
def test_lack_of_memory_names_the_settings_to_change(engine, model, ragged, exhaust):
    model.lm_head.register_forward_hook(exhaust)
    with pytest.raises(MifgError, match=r"rollout\.batch_size, or episode\.max_tokens"):
        run(engine, ragged)


def test_other_faults_are_not_taken_for_lack_of_memory(engine, model, ragged):
    model.lm_head.register_forward_hook(lambda module, args, logits: logits @ torch.zeros(1, 1))
    with pytest.raises(RuntimeError, match="mat1"):
        run(engine, ragged)
