"""The organism of the learning proof: its episodes are real ones, and proof and study go through."""

import importlib
import random
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console
from transformers import AutoTokenizer

from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.imagent.action import Answer, InvalidAction, ToolCall
from mifg_pipeline.imagent.protocol import parse_turn
from mifg_pipeline.train.data import load_questions

sys.path.append(str(Path(__file__).parents[2] / "examples"))
base = importlib.import_module("model_organism.base")
evaluate = importlib.import_module("model_organism.evaluate")
fragments = importlib.import_module("model_organism.fragments")
lessons = importlib.import_module("model_organism.lessons")
proof = importlib.import_module("model_organism.proof")
scenes = importlib.import_module("model_organism.scenes")
study = importlib.import_module("model_organism.study")
write_tiny_model = importlib.import_module("tiny_model").write_tiny_model

SMALL = proof.ProofSize(base.BaseSize(60, (5, 5)), train=20, test=10, samples=2, steps=2)
TEXTS = (
    fragments.call(2, (4, 18, 10, 24)),
    fragments.answer(7),
    fragments.answer([2, 4, 18, 10, 24]),
    "anything else, 3 < 4 <tool_call> \n ö",
)


@pytest.fixture(scope="module", name="episode")
def _episode(tmp_path_factory):
    return proof.training_settings(tmp_path_factory.mktemp("none"), 0, 1).episode


@pytest.fixture(scope="module", name="untrained")
def _untrained(tmp_path_factory, episode):
    folder = tmp_path_factory.mktemp("organism") / "model"
    write_tiny_model(folder, fragments=fragments.fragments(episode))
    return folder


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_survives_the_tokenizer(untrained, text):
    tokenizer = AutoTokenizer.from_pretrained(untrained)
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_a_call_is_a_few_tokens_of_json(untrained):
    tokenizer = AutoTokenizer.from_pretrained(untrained)
    text = fragments.call(2, (4, 18, 10, 24))
    assert len(tokenizer.encode(text)) == 8
    assert parse_turn(text, 2) == ToolCall("visual_confirmation", 1, (4, 18, 10, 24))


def test_an_episode_of_real_prompts_is_some_sixty_tokens_long(untrained, episode):
    item = scenes.draw_items(1, "test")[0]
    look = fragments.call(item.image + 1, (4, 4, 10, 10))
    lesson = lessons.Lesson(item.question("one"), (look, fragments.answer(item.scene.digit)))
    chat_format, tokenizer = ChatFormat.load(untrained), AutoTokenizer.from_pretrained(untrained)
    (tracks,) = lessons.played([lesson], chat_format, tokenizer, episode)
    assert len(tracks.token_ids) < 70
    assert len(tracks.views) == 3


def test_what_the_base_is_taught_holds_calls_answers_and_invalid_actions(episode):
    rng = random.Random(0)
    texts = [
        reply
        for item in scenes.draw_items(60, "habit")
        for reply in lessons.habit(item, rng, episode.max_turns).replies
    ]
    kinds = {type(parse_turn(text, scenes.IMAGES)) for text in texts}
    assert kinds == {ToolCall, Answer, InvalidAction}


def test_the_gap_is_closed_by_the_share_of_the_way():
    low, high = np.zeros(50), np.ones(50)
    assert evaluate.gap_closed(low, high, high) == evaluate.Gap(1.0, 1.0)
    assert evaluate.gap_closed(low, low, high) == evaluate.Gap(0.0, 0.0)


def test_a_ceiling_that_is_no_higher_says_nothing():
    same = np.full(50, 0.5)
    gap = evaluate.gap_closed(same, same, same)
    assert not gap.lower > 0


@pytest.fixture(scope="module", name="walked")
def _walked(tmp_path_factory):
    """A proof that is too small to learn anything: the folder, and what it found."""
    torch.set_num_threads(1)
    out = tmp_path_factory.mktemp("proof")
    return out, proof.prove(out, 0, SMALL, Console(quiet=True))


@pytest.mark.slow
def test_the_ceiling_looks_at_the_true_box_in_every_episode(untrained, episode, tmp_path):
    scenes.write_dataset(tmp_path, {"test": scenes.draw_items(10, "held out")})
    questions = load_questions(tmp_path, "test")
    for trajectory in evaluate.play(untrained, questions, episode, 2, 0, true_box=True):
        (region,) = questions.by_key(trajectory.question).evidence
        first = trajectory.turns[0]
        assert (first.image, first.box) == (region.image, region.bbox)
        assert trajectory.has_looked


@pytest.mark.slow
def test_the_ceiling_of_a_proof_looks_in_every_episode(walked):
    _, found = walked
    assert found.ceiling.looked == 1


@pytest.mark.slow
def test_the_training_is_that_of_mifg_train(walked):
    out, _ = walked
    settings = proof.training_settings(out, 0, SMALL.steps)
    assert [row["step"] for row in proof.rows_of(settings)] == [1, 2]
    assert (proof.newest_model(settings) / "model.safetensors").is_file()


@pytest.mark.slow
def test_a_finished_run_of_the_study_is_not_run_again(tmp_path):
    first = study.run(tmp_path, "action-off", 0, SMALL)
    metrics = study.folder_of(tmp_path, "action-off", 0) / "run" / "metrics.jsonl"
    metrics.unlink()
    assert study.run(tmp_path, "action-off", 0, SMALL) == first
    assert not metrics.exists()


@pytest.mark.slow
def test_a_run_has_the_figures_of_every_step(tmp_path):
    study.run(tmp_path, "default", 0, SMALL)
    rows = study.figures_of(tmp_path, "default", 0, SMALL)
    assert [set(row) for row in rows] == [set(study.FIGURES)] * SMALL.steps
    assert all(0 <= row["masked_out"] <= 1 for row in rows)


@pytest.mark.parametrize("arm", study.ARMS)
def test_every_arm_of_the_study_is_a_change_of_settings(tmp_path, arm):
    plain = proof.training_settings(tmp_path, 0, 1)
    assert (proof.training_settings(tmp_path, 0, 1, study.ARMS[arm]) == plain) == (arm == "default")
