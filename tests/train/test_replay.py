"""Replay: what the sampler recorded is what the trainer computes, and what is not is found."""

import json
import math
import shutil

import pytest
import torch
import typer
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from tiny_dataset import write_tiny_dataset
from tiny_model import write_tiny_model
from transformers import AutoTokenizer
from typer.testing import CliRunner

from mifg_pipeline.cli.replay import replay as replay_command
from mifg_pipeline.config import load_train_settings
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.ledger import TokenKind
from mifg_pipeline.engines.scripted import ScriptedEngine
from mifg_pipeline.engines.vision_inputs import VisionInputs
from mifg_pipeline.errors import MifgError
from mifg_pipeline.imagent.end_reason import EndReason
from mifg_pipeline.imagent.rollout import Attempt, rollout
from mifg_pipeline.imagent.trained_trajectory import TrainedTrajectory
from mifg_pipeline.imagent.trajectory import TokenTracks, Trajectory
from mifg_pipeline.train.data import load_questions
from mifg_pipeline.train.folder import TrainFolder
from mifg_pipeline.train.loop import train
from mifg_pipeline.train.presets import read_config
from mifg_pipeline.train.replay import compare, load_scorer, read_trajectories, run_of, weights_for
from mifg_pipeline.train.token_batch import token_batch

AGREEMENT = 1e-4
"""Nats by which two orders of the same float32 sums may differ."""

REPLIES = (
    '<tool_call>{"name": "visual_confirmation", "arguments": {"image": 1, "bbox_2d": [20, 30, 90, 80]}}</tool_call>',
    '<tool_call>{"name": "visual_reflection", "arguments": {"image": 2}}</tool_call>',
    "<answer>A</answer>",
)


@pytest.fixture(scope="module", name="trained")
def _trained(tiny_model, tiny_dataset, tmp_path_factory):
    """A run of three steps; its checkpoints are those after steps 2 and 3."""
    places = (f"model.path={tiny_model}", f"data.path={tiny_dataset}")
    out = tmp_path_factory.mktemp("replay") / "run"
    settings = load_train_settings(read_config("cpu"), [*places, f"out={out}", "steps=3", "rollout.groups=2"])
    train(settings, Console(quiet=True))
    return settings


@pytest.fixture
def run(trained, tmp_path):
    """A copy that a test may spoil."""
    return TrainFolder(shutil.copytree(trained.out, tmp_path / "run"))


@pytest.fixture
def looking(trained, run):
    """Trajectories that look again at a part and at the whole, scored while their views are at hand."""
    policy = load_scorer(trained.model.path, torch.device("cpu"), "auto")
    chat_format = ChatFormat.load(policy.chat_folder)
    tokenizer = AutoTokenizer.from_pretrained(policy.chat_folder)
    ids = [[*tokenizer.encode(reply), chat_format.end_of_turn_id] for reply in REPLIES]
    engine = ScriptedEngine(
        lambda request: ids[len(request.views) - 2],
        image_token_id=chat_format.image_token_id,
        tokens_of=chat_format.tokens_of,
        end_of_turn_id=chat_format.end_of_turn_id,
    )
    episode = trained.episode.model_copy(update={"max_turn_tokens": 99})
    questions = load_questions(trained.data.path, "train")
    attempts = [Attempt(question, 0, 0) for question in questions]
    played = [one for _, one in rollout(engine, chat_format, attempts, episode, 1.0)]
    lines = [scored(one, policy, VisionInputs(chat_format.image_processor)) for one in played]
    path = run.trajectories_path(1)
    run.write_trajectories(path, lines)
    return path


def scored(played, policy, vision_inputs):
    """The trajectory with the policy's own figures as the recorded ones."""
    kinds = played.tracks.kinds
    sampled = torch.tensor([[kind == TokenKind.SAMPLED for kind in kinds]])
    batch = token_batch([0], [played.tracks], sampled, vision_inputs, policy.merge_size)
    with torch.no_grad():
        figures = iter(policy(batch, 1.0).tolist())
    logprobs = tuple(next(figures) if kind == TokenKind.SAMPLED else 0.0 for kind in kinds)
    tracks = played.trajectory.tracks.model_copy(update={"logprobs": logprobs})
    trajectory = played.trajectory.model_copy(update={"tracks": tracks})
    return TrainedTrajectory(step=1, draw=0, trajectory=trajectory, accuracy=0, reward=0, advantage=0)


@pytest.fixture
def mifg_replay():
    app = typer.Typer()
    app.command()(replay_command)
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


def replayed(mifg_replay, *arguments):
    done = mifg_replay(*arguments, "--json")
    assert done.exit_code == 0, done.exception
    return json.loads(done.stdout)


def differences(content):
    return [one["largest"] for one in content["trajectories"] if one["tokens"]]


@pytest.mark.parametrize("step", [1, 3])
def test_the_weights_of_the_step_give_the_recorded_figures(step, run, mifg_replay):
    content = replayed(mifg_replay, run.trajectories_path(step))
    assert "with which the trajectories were sampled" in content["origin"]
    assert len(content["trajectories"]) == 8
    assert max(differences(content)) < AGREEMENT


def test_images_shown_midway_are_made_again(looking, mifg_replay):
    assert {len(trajectory.views) for trajectory in read_trajectories(looking)} == {4}
    assert max(differences(replayed(mifg_replay, looking))) < AGREEMENT


def test_a_crop_of_another_place_shows(looking, mifg_replay):
    lines = [json.loads(line) for line in looking.read_text().splitlines()]
    lines[0]["trajectory"]["views"][2]["box"] = [0, 0, 10, 10]
    looking.write_text("".join(json.dumps(line) + "\n" for line in lines))
    first, *others = differences(replayed(mifg_replay, looking))
    assert first > AGREEMENT > max(others)


def test_weights_of_another_step_are_said(run, mifg_replay):
    shutil.rmtree(run.checkpoints / "step-000002")
    content = replayed(mifg_replay, run.trajectories_path(3))
    assert "sampled after step 2, so that differences are of training too" in content["origin"]


def test_other_weights_show(run, mifg_replay, tmp_path):
    write_tiny_model(tmp_path / "other", seed=1)
    content = replayed(mifg_replay, run.trajectories_path(1), "--model", tmp_path / "other")
    assert content["path"] == str(tmp_path / "other")
    assert min(differences(content)) > AGREEMENT


def test_a_recorded_figure_that_is_wrong_is_found(run, mifg_replay):
    path = run.trajectories_path(3)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    tracks = lines[4]["trajectory"]["tracks"]
    places = [place for place, kind in enumerate(tracks["kinds"]) if kind == TokenKind.SAMPLED]
    tracks["logprobs"][places[0]] += 0.5
    tracks["logprobs"][places[1]] = "NaN"
    lines[4]["trajectory"]["tracks"] = json.loads(json.dumps(tracks).replace('"NaN"', "NaN"))
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    content = replayed(mifg_replay, path)
    assert content["trajectories"][4]["largest"] == pytest.approx(0.5, abs=AGREEMENT)
    assert content["trajectories"][4]["not_finite"] == [places[1]]
    assert max(one["largest"] for index, one in enumerate(content["trajectories"]) if index != 4) < AGREEMENT


def test_people_get_a_table_and_the_weights_in_words(run, mifg_replay):
    shown = mifg_replay(run.trajectories_path(3)).stdout
    assert "largest |difference|" in shown
    assert "0 tokens are not finite" in shown
    assert "the checkpoint after step 2" in shown


def test_a_question_that_the_dataset_lacks_is_said(run, mifg_replay):
    path = run.trajectories_path(1)
    path.write_text(path.read_text().replace('"question":"train-', '"question":"another-'))
    refused = mifg_replay(path)
    assert isinstance(refused.exception, MifgError)
    assert "no question another-" in str(refused.exception)


def test_a_dataset_with_other_images_is_said(run, mifg_replay, tmp_path):
    write_tiny_dataset(tmp_path / "other", side=140)
    refused = mifg_replay(run.trajectories_path(1), "--data", tmp_path / "other")
    assert isinstance(refused.exception, MifgError)
    assert "no image with SHA-256" in str(refused.exception)


@pytest.fixture
def empty_run(tmp_path):
    """A run without checkpoints."""
    folder = TrainFolder(tmp_path / "run")
    folder.prepare(load_train_settings(None, ["model.path=base", "data.path=d", "out=o"]))
    return folder


def chosen(folder, path):
    return weights_for(path, folder, folder.read_settings())


def test_the_first_steps_are_those_of_the_base_model(empty_run):
    assert chosen(empty_run, empty_run.trajectories_path(1)).path == "base"
    assert "sampled after step 3" in chosen(empty_run, empty_run.trajectories_path(4)).origin


def test_of_two_checkpoints_that_are_as_near_the_earlier_is_chosen(empty_run):
    for step in (4, 6, 8):
        (empty_run.checkpoints / f"step-{step:06d}").mkdir()
    assert "step-000004" in chosen(empty_run, empty_run.trajectories_path(6)).path
    assert "with which" in chosen(empty_run, empty_run.trajectories_path(7)).origin


def test_a_later_checkpoint_is_chosen_where_it_is_nearer(empty_run):
    (empty_run.checkpoints / "step-000008").mkdir()
    weights = chosen(empty_run, empty_run.trajectories_path(8))
    assert "step-000008" in weights.path
    assert "sampled after step 7" in weights.origin


def test_a_failed_step_has_its_model_beside_it(empty_run):
    path = empty_run.failed(5) / "trajectories.jsonl"
    (path.parent / "model").mkdir(parents=True)
    assert chosen(empty_run, path).path == str(path.parent / "model")


def test_a_file_elsewhere_belongs_to_no_run(tmp_path):
    with pytest.raises(MifgError, match="not lie in the folder of a training run"):
        run_of(tmp_path / "step-000001.jsonl")


@pytest.mark.parametrize("content", [None, b"{}\n", b"no json", b"\xff\xfe"])
def test_a_file_of_something_else_is_said(content, tmp_path):
    path = tmp_path / "lines.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MifgError, match="no file of trajectories"):
        read_trajectories(path)


def trajectory_of(logprobs):
    """A trajectory whose prompt is one token long."""
    count = len(logprobs)
    tracks = TokenTracks(
        token_ids=(5, *[7] * count),
        kinds=(TokenKind.PROMPT, *[TokenKind.SAMPLED] * count),
        turns=(-1, *[0] * count),
        logprobs=(0.0, *logprobs),
    )
    return Trajectory(question="q", sample=0, turns=(), end=EndReason.NO_ANSWER, views=(), tracks=tracks)


figures = st.lists(st.tuples(*[st.one_of(st.floats(-20, 0), st.sampled_from([math.nan, -math.inf]))] * 2), max_size=9)


@given(figures)
def test_every_token_is_compared_or_named_as_not_finite(pairs):
    old, new = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    found = compare(trajectory_of(old), new)
    finite = [abs(b - a) for a, b in pairs if math.isfinite(a) and math.isfinite(b)]
    assert found.largest == (max(finite) if finite else None)
    assert found.tokens == len(pairs) == len(finite) + len(found.not_finite)
    assert all(not (math.isfinite(old[place - 1]) and math.isfinite(new[place - 1])) for place in found.not_finite)


def test_a_trajectory_without_sampled_tokens_has_nothing_to_compare():
    assert compare(trajectory_of([]), []).largest is None
