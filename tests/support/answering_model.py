"""A tiny model that has learned to write what IMAgent writes: answers and calls, at random, whatever it is shown.

Unlike noise it gives groups with signal, so that the trainer has something to train.
"""

import random
from collections.abc import Sequence
from pathlib import Path

import torch
from tiny_model import write_tiny_model
from transformers import AutoTokenizer

from mifg_pipeline.config import EpisodeSettings
from mifg_pipeline.config.train import ModelSettings
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.engine import SamplingRequest
from mifg_pipeline.engines.ledger import TokenKind, Tracks
from mifg_pipeline.engines.scripted import ScriptedEngine
from mifg_pipeline.engines.vision_inputs import VisionInputs
from mifg_pipeline.imagent.messages import system_text
from mifg_pipeline.imagent.rollout import Attempt, rollout
from mifg_pipeline.train.data import load_questions
from mifg_pipeline.train.model import load_policy, save_model
from mifg_pipeline.train.token_batch import token_batch

REPLIES = (
    "<answer>A</answer>",
    "<answer>B</answer>",
    '<tool_call>{"name": "visual_reflection", "arguments": {"image": 1}}</tool_call>',
    "<tool_call>?</tool_call>",
)
WEIGHTS = (4, 4, 2, 1)
"""How often it writes each of them."""
STEPS, BATCH = 60, 4


def write_answering_model(
    folder: Path, dataset: Path, episode: EpisodeSettings, weights: Sequence[int] = WEIGHTS, *, tied: bool = False
) -> None:
    """Writes a tiny Qwen2.5-VL checkpoint, trained by likelihood on episodes of random replies over the dataset."""
    untrained = folder.with_name(folder.name + "-untrained")
    # A line of the instructions is one token, so that an episode is read in no time.
    lines = {line for line in system_text(episode, "pixels").splitlines() if line}
    write_tiny_model(untrained, fragments=sorted(lines, key=len, reverse=True), tied=tied)
    torch.manual_seed(0)
    policy = load_policy(ModelSettings(path=str(untrained), gradient_checkpointing=False), 0, torch.device("cpu"))
    chat_format = ChatFormat.load(untrained)
    vision_inputs = VisionInputs(chat_format.image_processor)
    tracks = _episodes(untrained, dataset, episode, weights)
    optimizer = torch.optim.AdamW(policy.trainable_parameters(), lr=5e-3, betas=(0.9, 0.95))
    rng = random.Random(0)
    for _ in range(STEPS):
        chosen = rng.sample(tracks, BATCH)
        longest = max(len(track.token_ids) for track in chosen)
        scored = torch.zeros(BATCH, longest, dtype=torch.bool)
        for row, track in enumerate(chosen):
            scored[row, : len(track.kinds)] = torch.tensor([kind == TokenKind.SAMPLED for kind in track.kinds])
        batch = token_batch(range(BATCH), chosen, scored, vision_inputs, policy.merge_size)
        (-policy(batch, 1.0).mean()).backward()
        optimizer.step()
        optimizer.zero_grad()
    save_model(policy, folder)


def _episodes(model: Path, dataset: Path, episode: EpisodeSettings, weights: Sequence[int]) -> list[Tracks]:
    tokenizer = AutoTokenizer.from_pretrained(model)
    chat_format = ChatFormat.load(model)
    rng = random.Random(0)

    def reply(request: SamplingRequest) -> list[int]:
        text = rng.choices(REPLIES, weights=weights)[0]
        return [*tokenizer.encode(text), chat_format.end_of_turn_id]

    engine = ScriptedEngine(
        reply,
        image_token_id=chat_format.image_token_id,
        tokens_of=chat_format.tokens_of,
        end_of_turn_id=chat_format.end_of_turn_id,
    )
    attempts = [Attempt(question, sample, 0) for question in load_questions(dataset, "train") for sample in range(4)]
    return [played.tracks for _, played in rollout(engine, chat_format, attempts, episode, 1.0)]
