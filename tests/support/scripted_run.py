"""A training run whose one step was played by a script, so that a test knows what each trajectory did."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import torch
from policies import scored_tokens
from transformers import AutoTokenizer

from mifg_pipeline.config import TrainSettings, load_train_settings
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.engine import SamplingRequest
from mifg_pipeline.engines.ledger import TokenKind
from mifg_pipeline.engines.scripted import ScriptedEngine
from mifg_pipeline.engines.vision_inputs import VisionInputs
from mifg_pipeline.imagent.rollout import Attempt, Played, rollout
from mifg_pipeline.imagent.trained_trajectory import TrainedTrajectory
from mifg_pipeline.imagent.trajectory import Trajectory
from mifg_pipeline.train.data import load_questions
from mifg_pipeline.train.folder import TrainFolder
from mifg_pipeline.train.policy import Policy
from mifg_pipeline.train.presets import read_config
from mifg_pipeline.train.replay import load_scorer
from mifg_pipeline.train.reward import reward
from mifg_pipeline.train.token_batch import token_batch

CROP = '<tool_call>{"name": "visual_confirmation", "arguments": {"image": 1, "bbox_2d": [20, 30, 90, 80]}}</tool_call>'
WHOLE = '<tool_call>{"name": "visual_reflection", "arguments": {"image": 2}}</tool_call>'
INVALID = "<tool_call>?</tool_call>"
A, B = "<answer>A</answer>", "<answer>B</answer>"
LONG = "word " * 200
"""More than a turn may have."""

PLAYS = (
    (A,),
    (B,),
    (CROP, A),
    (CROP, B),
    (WHOLE, CROP, B),
    (INVALID, A),
    (CROP, WHOLE, CROP),
    (LONG,),
    ("Well.",),
)
"""Turns of the trajectories of each question."""


def write_scripted_run(
    out: Path, model: Path, dataset: Path, *overrides: str, plays: Sequence[Sequence[str]] = PLAYS
) -> Path:
    """Writes a run of one step, whose log-probabilities are those of the model; returns the file of trajectories."""
    settings = load_train_settings(
        read_config("cpu"),
        [f"model.path={model}", f"data.path={dataset}", f"out={out}", "episode.max_turn_tokens=99", *overrides],
    )
    folder = TrainFolder(out)
    folder.prepare(settings)
    path = folder.trajectories_path(1)
    folder.write_trajectories(path, _lines(settings, plays))
    return path


def _lines(settings: TrainSettings, plays: Sequence[Sequence[str]]) -> list[TrainedTrajectory]:
    policy = load_scorer(settings.model.path, torch.device("cpu"), "auto")
    chat_format = ChatFormat.load(policy.chat_folder)
    questions = list(load_questions(settings.data.path, settings.data.split))
    attempts = [Attempt(question, sample, 0) for question in questions for sample in range(len(plays))]
    played = dict(
        rollout(_engine(plays, chat_format, policy.chat_folder), chat_format, attempts, settings.episode, 1.0)
    )
    lines = []
    for index, attempt in enumerate(attempts):
        trajectory = _scored(played[index], policy, chat_format)
        rewarded = reward(trajectory, attempt.question, settings.reward)
        lines.append(
            TrainedTrajectory(
                step=1,
                draw=index // len(plays),
                trajectory=trajectory,
                accuracy=rewarded.accuracy,
                reward=rewarded.reward,
                advantage=0.0,
            )
        )
    return lines


def _engine(plays: Sequence[Sequence[str]], chat_format: ChatFormat, checkpoint: Path) -> ScriptedEngine:
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    turns: Counter[int] = Counter()

    def reply(request: SamplingRequest) -> list[int]:
        text = plays[request.key % len(plays)][turns[request.key]]
        turns[request.key] += 1
        return [*tokenizer.encode(text), chat_format.end_of_turn_id]

    return ScriptedEngine(
        reply,
        image_token_id=chat_format.image_token_id,
        tokens_of=chat_format.tokens_of,
        end_of_turn_id=chat_format.end_of_turn_id,
    )


def _scored(played: Played, policy: Policy, chat_format: ChatFormat) -> Trajectory:
    """The trajectory with the policy's own log-probabilities as the recorded ones."""
    tracks = played.tracks
    vision_inputs = VisionInputs(chat_format.image_processor)
    batch = token_batch([0], [tracks], scored_tokens([tracks]), vision_inputs, policy.merge_size)
    with torch.no_grad():
        figures = iter(policy(batch, 1.0).tolist())
    logprobs = tuple(next(figures) if kind == TokenKind.SAMPLED else 0.0 for kind in tracks.kinds)
    return played.trajectory.model_copy(
        update={"tracks": played.trajectory.tracks.model_copy(update={"logprobs": logprobs})}
    )
