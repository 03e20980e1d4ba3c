"""The base stage: makes the model that stands for a pretrained one, by likelihood on scripted episodes."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from tiny_model import write_tiny_model
from transformers import AutoTokenizer

from mifg_pipeline.config import EpisodeSettings
from mifg_pipeline.config.train import ModelSettings
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.ledger import TokenKind, Tracks
from mifg_pipeline.engines.vision_inputs import VisionInputs
from mifg_pipeline.train.model import load_policy, save_model
from mifg_pipeline.train.token_batch import token_batch
from model_organism.fragments import fragments
from model_organism.lessons import as_crop, describing, finding, habit, played, reading
from model_organism.scenes import draw_items

HIDDEN, LAYERS = 128, 2
LEARNING_RATE, WARMUP, LAST_SHARE, MAX_GRAD_NORM = 1e-3, 50, 0.1, 1.0
"""The rate rises over the warm-up, and falls to its last share over all steps."""

KINDS = ("reading", "describing", "finding", "habit")
STAGES = ((40, 24, 32, 0), (16, 8, 24, 32))
"""Lessons of each kind in a batch of a stage."""

REPORT_EVERY = 50


class BaseSize(NamedTuple):
    """How much is taught.

    Attributes:
        items: Drawn for it, each a lesson of every kind.
        steps: Of each stage.
    """

    items: int = 4000
    steps: tuple[int, ...] = (600, 200)


def write_base(
    folder: Path, episode: EpisodeSettings, seed: int, size: BaseSize, report: Callable[[str], None]
) -> None:
    """Writes the base model.

    Args:
        folder: Of the checkpoint; beside it, the untrained one is left.
        episode: What its episodes will be like.
        seed: Of weights, lessons and their order.
        size: How much is taught.
        report: Is told of the progress.
    """
    untrained = folder.with_name(f"{folder.name}-untrained")
    write_tiny_model(untrained, hidden=HIDDEN, layers=LAYERS, fragments=fragments(episode), seed=seed)
    chat_format = ChatFormat.load(untrained)
    rng = random.Random(seed)
    lessons = _lessons(untrained, chat_format, episode, size.items, seed, rng)

    settings = ModelSettings(path=str(untrained), train_vision=True, gradient_checkpointing=False)
    policy = load_policy(settings, seed, torch.device("cpu"))
    vision_inputs = VisionInputs(chat_format.image_processor)
    optimizer = torch.optim.AdamW(policy.trainable_parameters(), betas=(0.9, 0.95), weight_decay=0.0)
    stages = [stage for stage, steps in zip(STAGES, size.steps, strict=True) for _ in range(steps)]
    for step, stage in enumerate(stages):
        for group in optimizer.param_groups:
            group["lr"] = _learning_rate(step, len(stages))
        chosen = [track for kind, count in zip(lessons, stage, strict=True) for track in rng.sample(kind, count)]
        batch = token_batch(range(len(chosen)), chosen, _sampled(chosen), vision_inputs, policy.merge_size)
        logprobs = policy(batch, 1.0)
        torch.autograd.backward(-logprobs.mean())
        torch.nn.utils.clip_grad_norm_(policy.trainable_parameters(), MAX_GRAD_NORM)
        optimizer.step()
        optimizer.zero_grad()
        if (step + 1) % REPORT_EVERY == 0:
            report(f"base, step {step + 1} of {len(stages)}: {_losses(logprobs.detach(), batch.scored, stage)}")
    save_model(policy, folder)


def _lessons(
    model: Path, chat_format: ChatFormat, episode: EpisodeSettings, count: int, seed: int, rng: random.Random
) -> list[list[Tracks]]:
    """So many of each kind, in the order of ``KINDS``."""
    tokenizer = AutoTokenizer.from_pretrained(model)
    items = draw_items(count, f"base/{seed}")
    crops = played([reading(item) for item in items], chat_format, tokenizer, as_crop(episode))
    # Played together: the first view of a scene is made once.
    scenes = [describing(item) for item in items] + [finding(item) for item in items]
    scenes += [habit(item, rng, episode.max_turns) for item in items]
    tracks = played(scenes, chat_format, tokenizer, episode)
    return [crops, *(tracks[start : start + count] for start in range(0, len(tracks), count))]


def _losses(logprobs: torch.Tensor, scored: torch.Tensor, stage: Sequence[int]) -> str:
    """Nats a token of each kind in a batch."""
    by_lesson = torch.split(logprobs, scored.sum(1).tolist())
    ends = [sum(stage[: number + 1]) for number in range(len(stage))]
    losses = [
        f"{kind} {-torch.cat(by_lesson[end - count : end]).mean():.3f}"
        for kind, count, end in zip(KINDS, stage, ends, strict=True)
        if count
    ]
    return ", ".join(losses)


def _learning_rate(step: int, steps: int) -> float:
    return LEARNING_RATE * min(1.0, (step + 1) / WARMUP) * (1 - (1 - LAST_SHARE) * step / steps)


def _sampled(tracks: Sequence[Tracks]) -> torch.Tensor:
    """Which tokens the model wrote, (M, T) bool."""
    longest = max(len(track.token_ids) for track in tracks)
    scored = torch.zeros(len(tracks), longest, dtype=torch.bool)
    for row, track in enumerate(tracks):
        scored[row, : len(track.kinds)] = torch.tensor([kind == TokenKind.SAMPLED for kind in track.kinds])
    return scored
