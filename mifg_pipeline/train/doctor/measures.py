"""Measures engine and trainer: real episodes, an image in the middle, an update, sleep, and a burst of turns."""

import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import torch

from mifg_pipeline.engines.ledger import Tracks
from mifg_pipeline.engines.view import View
from mifg_pipeline.engines.vllm.client import VllmEngine
from mifg_pipeline.imagent.end_reason import EndReason
from mifg_pipeline.imagent.rollout import Played
from mifg_pipeline.imagent.views import view_size
from mifg_pipeline.images.frame import THOUSANDTHS
from mifg_pipeline.train.doctor.figures import BurstFigures, EpisodeFigures, SleepFigures, ToolFigures, UpdateFigures
from mifg_pipeline.train.doctor.subject import Subject, sampled_places
from mifg_pipeline.train.doctor.verdicts import CLEAR_EFFECT
from mifg_pipeline.train.doctor.watched import FirstTurnGiven, WatchedSampler
from mifg_pipeline.train.policy import Policy
from mifg_pipeline.train.probe import Probe

QUESTIONS, SAMPLES = 4, 2
"""Questions, and episodes of each."""

BURST_TOKENS = 32
"""Most tokens of a turn of the burst."""

FIRST_MOVE, MOST_MOVES = 0.1, 6
"""Of the weights, in terms of each tensor's root mean square; each move is twice the one before."""

ZERO_SCALE = 0.02
"""Stands for the root mean square of a tensor of zeros, such as the second half of a new adapter."""


def measure_episodes(subject: Subject, sampler: WatchedSampler) -> tuple[EpisodeFigures, list[Tracks]]:
    """Plays episodes and scores them anew; also gives those that have sampled tokens."""
    temperature = subject.settings.rollout.temperature
    played = subject.play(sampler, QUESTIONS, SAMPLES)
    tracks = [one.tracks for one in played if sampled_places(one.tracks)]
    gaps, scoring = subject.gaps(tracks, temperature)
    raw = subject.gaps(tracks, 1.0)[0].p99 if temperature != 1 else None
    figures = EpisodeFigures(
        episodes=len(played),
        sampled=sum(len(sampled_places(track)) for track in tracks),
        image_tokens=sum(sum(track.image) for track in tracks),
        mismatch=_first_failure(played, EndReason.IMAGE_TOKEN_MISMATCH),
        failure=_first_failure(played, EndReason.INFRA_ERROR),
        gaps=gaps,
        raw=raw,
        scoring=scoring,
    )
    return figures, tracks


def measure_burst(subject: Subject, sampler: WatchedSampler) -> BurstFigures:
    """Samples as many short turns as the engine takes at a time, with the prompts of the episodes so far."""
    rollout = subject.settings.rollout
    at_a_time = rollout.batch_size if rollout.engine == "huggingface" else rollout.vllm.max_running
    turns = min(at_a_time, rollout.groups * rollout.group_size)
    asked = list(sampler.requests)
    if not asked:
        return BurstFigures(0, 0, 0.0, None)
    before, began = sampler.sampled, time.perf_counter()
    for key in range(turns):
        request = asked[key % len(asked)]
        sampler.submit(replace(request, key=key, seed=key, max_tokens=min(BURST_TOKENS, request.max_tokens)))
    ended = 0
    while ended < turns:
        ended += len(sampler.step())
    seconds = time.perf_counter() - began
    cache = subject.engine.figures.cache_tokens if isinstance(subject.engine, VllmEngine) else None
    return BurstFigures(turns, sampler.sampled - before, seconds, cache)


def measure_tool(subject: Subject, sampler: WatchedSampler) -> ToolFigures:
    """Plays an episode that begins with a look at the middle of its first image."""
    given = FirstTurnGiven(sampler, subject.chat_format.encode(_call(subject)), subject.chat_format)
    (played,) = subject.play(given, questions=1, samples=1)
    tracks = [played.tracks] if sampled_places(played.tracks) else []
    gaps, _ = subject.gaps(tracks, subject.settings.rollout.temperature, first_turn=1)
    return ToolFigures(played.trajectory.end, played.trajectory.failure, gaps)


def measure_update(subject: Subject, probe: Probe, track: Tracks) -> UpdateFigures:
    """Moves all trained weights, lets the engine follow, and puts them back.

    Args:
        subject: With equal weights in policy and engine; so it is left.
        probe: Of it.
        track: An episode, on which the effect of the move is measured.
    """
    probe.gap(probe.system, probe.parts, seed=1)
    with _moved(subject, track, CLEAR_EFFECT * probe.limit) as effect:
        subject.sync()
        fresh = probe.gap(_new(probe.system), _new_parts(probe), seed=1)
        repeated = probe.gap(probe.system, _new_parts(probe), seed=1)
        shown = probe.gap(_new(probe.system), probe.parts, seed=1)
    subject.sync()
    return UpdateFigures(effect, fresh, repeated, shown, probe.gap(probe.system, probe.parts, seed=1))


def measure_sleep(subject: Subject, probe: Probe) -> SleepFigures:
    """Puts the engine to sleep, wakes it, and gives it its weights, as each step of a training does."""
    device, began = subject.policy.device, time.perf_counter()
    before = _free(device)
    subject.engine.sleep()
    asleep = _free(device)
    subject.engine.wake()
    subject.sync()
    seconds = time.perf_counter() - began
    freed = None if before is None or asleep is None else asleep - before
    return SleepFigures(seconds, freed, probe.gap(probe.system, probe.parts, seed=2))


@contextmanager
def _moved(subject: Subject, track: Tracks, enough: float) -> Iterator[float]:
    """Moves the trained weights further and further, until that shows by enough nats; yields by how many; undoes it."""
    policy, temperature = subject.policy, subject.settings.rollout.temperature
    kept = [weight.detach().cpu().clone() for weight in policy.trainable_parameters()]
    ((before,), _) = subject.rescored([track], temperature)
    effect = 0.0
    try:
        for move in range(MOST_MOVES):
            _move(policy, FIRST_MOVE * 2**move, seed=move)
            ((after,), _) = subject.rescored([track], temperature)
            effect = max(abs(new - old) for new, old in zip(after, before, strict=True))
            if effect >= enough:
                break
        yield effect
    finally:
        _put_back(policy, kept)


@torch.no_grad()
def _move(policy: Policy, scale: float, seed: int) -> None:
    """Adds noise to each trained tensor, as an optimiser would: to its float32 truth, which is then published."""
    generator = torch.Generator(device=policy.device).manual_seed(seed)
    for weight in policy.trainable_parameters():
        size = float(weight.square().mean().sqrt()) or ZERO_SCALE
        weight.add_(torch.randn(weight.shape, generator=generator, device=weight.device), alpha=scale * size)
    policy.master_weights.publish()


@torch.no_grad()
def _put_back(policy: Policy, kept: Sequence[torch.Tensor]) -> None:
    for weight, old in zip(policy.trainable_parameters(), kept, strict=True):
        weight.copy_(old)
    policy.master_weights.publish()


def _new(system: str) -> str:
    """A system message that no engine has read, from its first word on."""
    return f"{secrets.token_hex(4)} {system}"


def _new_parts(probe: Probe) -> list[str | View]:
    """Parts of a message with images that no engine has seen."""
    return probe.question_about_noise(secrets.randbits(63))


def _call(subject: Subject) -> str:
    """A call of ``visual_confirmation`` on the middle of the first image of the first question."""
    settings = subject.settings
    (question,) = subject.first_questions(1)
    height, width = question.images[0].pixels().shape[:2]
    episode, side = settings.episode, subject.chat_format.token_side
    across = down = THOUSANDTHS
    if (episode.coordinates or subject.chat_format.default_coordinates) == "pixels":
        across, down = view_size(width, height, episode.min_pixels, episode.max_pixels, side)
    place = [across // 4, down // 4, across * 3 // 4, down * 3 // 4]
    arguments = f'{{"image": 1, "bbox_2d": {place}}}'
    return f'<tool_call>{{"name": "visual_confirmation", "arguments": {arguments}}}</tool_call>'


def _first_failure(played: Sequence[Played], end: EndReason) -> str | None:
    return next((one.trajectory.failure for one in played if one.trajectory.end is end), None)


def _free(device: torch.device) -> int | None:
    return int(torch.cuda.mem_get_info(device)[0]) if device.type == "cuda" else None
