"""Examines a run from its settings: opens what it would train and sample with, and goes from check to check."""

from collections.abc import Callable, Iterator
from pathlib import Path

import torch

from mifg_pipeline.config import TrainSettings
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.ledger import Tracks
from mifg_pipeline.errors import MifgError
from mifg_pipeline.train.data import load_questions
from mifg_pipeline.train.doctor import verdicts
from mifg_pipeline.train.doctor.check import Check, failed, is_healthy, passed, skipped
from mifg_pipeline.train.doctor.measures import (
    measure_burst,
    measure_episodes,
    measure_sleep,
    measure_tool,
    measure_update,
)
from mifg_pipeline.train.doctor.subject import Subject
from mifg_pipeline.train.doctor.watched import WatchedSampler
from mifg_pipeline.train.engine import open_engine
from mifg_pipeline.train.memory import check_memory
from mifg_pipeline.train.model import check_context, load_config, load_policy
from mifg_pipeline.train.probe import Probe

MEMORY = "memory"


def examine(settings: TrainSettings, log: Path) -> Iterator[Check]:
    """Yields what was found, check by check; a run that would not fit into memory is not begun.

    Args:
        settings: Of the run; its folder is left alone.
        log: What a process of vLLM writes goes to this file.

    Raises:
        MifgError: If model or data cannot be read, or the engine cannot be opened.
    """
    questions = load_questions(settings.data.path, settings.data.split)
    questions.require_playable(settings.episode.max_images)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    memory = memory_check(settings, device)
    yield memory
    if memory.status == "failed":
        return
    policy = load_policy(settings.model, settings.seed, device)
    chat_format = ChatFormat.load(policy.chat_folder)
    engine = open_engine(policy, chat_format, settings, log)
    try:
        yield from examine_engine(Subject(policy, engine, chat_format, questions, settings))
    finally:
        engine.close()


def memory_check(settings: TrainSettings, device: torch.device) -> Check:
    """Whether the run fits into the memory of one device, by the trainer's own estimate.

    Raises:
        MifgError: If the model cannot be read, or reads less than an episode.
    """
    config = load_config(settings.model.path)
    check_context(config, settings.episode.max_tokens)
    try:
        found = check_memory(settings, config, device)
    except MifgError as error:
        return failed(MEMORY, error.problem, error.remedy)
    return passed(
        MEMORY,
        f"About {found.peak / 1e9:.1f} GB: {found.sampling / 1e9:.1f} sampling, {found.update / 1e9:.1f} updating.",
        sampling=found.sampling,
        update=found.update,
    )


def examine_engine(subject: Subject) -> Iterator[Check]:
    """Yields what was found of an engine; what only a sound one can be asked is skipped for another.

    Raises:
        MifgError: If it refuses the policy's weights, or cannot be kept running.
    """
    subject.sync()
    sampler = WatchedSampler(subject.engine, subject.chat_format.banned_ids)
    probe = Probe(subject.policy, subject.engine, subject.chat_format, subject.settings)
    episodes, tracks = measure_episodes(subject, sampler)
    burst = measure_burst(subject, sampler)
    ids = [verdicts.expansion_verdict(episodes), verdicts.banned_verdict(sampler.sampled, sampler.banned)]
    yield from ids
    logprobs = verdicts.logprobs_verdict(episodes, probe.limit) if is_healthy(ids) else _untold(verdicts.LOGPROBS)
    yield logprobs
    if logprobs.status == "passed":
        yield _tool_check(subject, sampler, probe.limit)
        yield from _update_and_sleep(subject, probe, tracks[0])
    else:
        yield from map(_untold, (verdicts.TOOL_IMAGE, verdicts.WEIGHTS, verdicts.SLEEP))
    yield verdicts.throughput_verdict(burst, episodes, subject.settings)


def _tool_check(subject: Subject, sampler: WatchedSampler, limit: float) -> Check:
    if not subject.settings.episode.tools:
        return skipped(verdicts.TOOL_IMAGE, "The episodes have no tools.")
    return verdicts.tool_verdict(measure_tool(subject, sampler), limit)


def _update_and_sleep(subject: Subject, probe: Probe, track: Tracks) -> Iterator[Check]:
    update = _examined(
        verdicts.WEIGHTS, lambda: verdicts.update_verdicts(measure_update(subject, probe, track), probe.limit)
    )
    yield from update
    if is_healthy(update):
        yield from _examined(
            verdicts.SLEEP, lambda: [verdicts.sleep_verdict(measure_sleep(subject, probe), probe.limit)]
        )
    else:
        yield _untold(verdicts.SLEEP)


def _untold(name: str) -> Check:
    return skipped(name, "Not to be told apart from what failed above.")


def _examined(name: str, examine: Callable[[], list[Check]]) -> list[Check]:
    """What an examination finds, be it that the engine refuses it."""
    try:
        return examine()
    except MifgError as error:
        return [failed(name, error.problem, error.remedy)]
