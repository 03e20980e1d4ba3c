"""GRPO with the two-level mask, from top to bottom.

A step draws questions, lets IMAgent play each of them several times, compares the rewards within each group, and moves
the policy towards what did better:

1. ``_sample``   groups of trajectories, by the engine, with the weights of now;
2. ``step_batch`` rewards, advantages, and the mask: which token is trained, and how much it counts;
3. ``_update``   log-probabilities of those tokens, loss, gradient, AdamW;
4. ``_sync``     the engine takes the new weights, and a short probe shows whether it has;
5. ``_record``   trajectories, metrics, alarms; and the checkpoint, where one is due.

Simple on purpose: sampling and update take turns on the same device, there is no reference model and no KL term, no
value function, and the learning rate only warms up. What is random comes from seeds of run, draw, trajectory and turn,
so that a run that is stopped goes on as if it had not been.

The formulas are in ``masks.py``, ``advantages.py`` and ``loss.py``; the docs derive them.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from statistics import fmean
from typing import Any, NoReturn

import torch
from rich.console import Console
from torch import Tensor

from mifg_pipeline.config import TrainSettings
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.engine import Engine
from mifg_pipeline.engines.out_of_memory import naming_the_setting
from mifg_pipeline.engines.vision_inputs import VisionInputs
from mifg_pipeline.errors import MifgError
from mifg_pipeline.imagent.rollout import Played
from mifg_pipeline.imagent.trained_trajectory import TrainedTrajectory
from mifg_pipeline.train.alarms import Alarm, raised_alarms
from mifg_pipeline.train.board import Board
from mifg_pipeline.train.checkpoints import (
    MODEL,
    TrainState,
    latest_checkpoint,
    naming_what_is_unwritable,
    restore,
    save_checkpoint,
)
from mifg_pipeline.train.data import load_questions
from mifg_pipeline.train.engine import check_engine, has_own_weights, open_engine, weights_to_sync
from mifg_pipeline.train.folder import TrainFolder, settings_digest
from mifg_pipeline.train.live import LiveView
from mifg_pipeline.train.memory import check_memory
from mifg_pipeline.train.model import check_context, load_config, load_policy, save_model
from mifg_pipeline.train.optimizer import adamw, clip_gradients, learning_rate
from mifg_pipeline.train.probe import Probe
from mifg_pipeline.train.ranks import Ranks
from mifg_pipeline.train.sampling import Group, GroupSampler, seed_of, with_replacements
from mifg_pipeline.train.sharding import shard
from mifg_pipeline.train.step_batch import (
    MicroBatch,
    StepBatch,
    groups_with_signal,
    padding_micro_batch,
    step_batch,
    verdicts_of,
)
from mifg_pipeline.train.step_figures import conduct, step_figures
from mifg_pipeline.train.stopwatch import Stopwatch
from mifg_pipeline.train.trained_trajectory import TRAJECTORIES, trained_trajectories
from mifg_pipeline.train.update_figures import UpdateFigures
from mifg_pipeline.train.weights import weights_digest

MICRO_BATCH = "optimizer.micro_batch_tokens"
"""The setting to lower where an update needs too much memory."""


def train(settings: TrainSettings, console: Console) -> None:
    """Trains, or goes on where the run in ``settings.out`` stopped.

    Raises:
        MifgError: If settings, model, data or machine do not allow it; what was done so far is kept.
    """
    with Ranks() as ranks:
        folder = TrainFolder(settings.out)
        if not ranks.is_first:
            Trainer(settings, folder, ranks, Console(quiet=True)).run()
            return
        with folder.locked():
            folder.prepare(settings)
            Trainer(settings, folder, ranks, console).run()


class Trainer:
    """A training run.

    Args:
        settings: Of the run.
        folder: Where it is kept, prepared for these settings.
        ranks: The processes that share the work.
        console: Where its progress is shown.
    """

    def __init__(self, settings: TrainSettings, folder: TrainFolder, ranks: Ranks, console: Console) -> None:
        self.settings = settings
        self.folder = folder
        self.ranks = ranks
        self.console = console
        self.watch = Stopwatch()
        self.questions = load_questions(settings.data.path, settings.data.split)
        self.questions.require_playable(settings.episode.max_images)
        config = load_config(settings.model.path)
        check_context(config, settings.episode.max_tokens)
        check_engine(settings, ranks.size)
        check_memory(settings, config, ranks.device, ranks.size)
        self.policy = load_policy(settings.model, settings.seed, ranks.device)
        shard(self.policy, ranks.size, with_copy=settings.rollout.engine == "huggingface")
        self.chat_format = ChatFormat.load(self.policy.chat_folder)
        self.vision_inputs = VisionInputs(self.chat_format.image_processor)
        self.optimizer = adamw(self.policy.trainable_parameters(), settings.optimizer)

    def run(self) -> None:
        """Steps until the last one is done."""
        state = self._restored()
        steps = self.settings.steps
        if state.step >= steps:
            self.console.print(f"All {steps} steps are done; a larger number of steps asks for more.", highlight=False)
            return
        self.rows = self.folder.metrics.rows_until(state.step)
        self.board = Board(self.folder.board, state.step) if self.settings.log.tensorboard else None
        with LiveView(self.console, steps, self.rows) as self.view, closing(self._open_engine()) as self.engine:
            self.sampler = GroupSampler(self.engine, self.chat_format, self.questions, self.settings)
            self.probe = Probe(self.policy, self.engine, self.chat_format, self.settings)
            self.engine.sync(weights_to_sync(self.policy, self.settings))
            self._probe(state.step)
            while state.step < steps:
                state = self._step(state)

    def _restored(self) -> TrainState:
        """The state to go on from: that of the newest checkpoint, whose later metrics and trajectories are dropped."""
        path = latest_checkpoint(self.folder.checkpoints)
        state = TrainState(
            step=0,
            drawn=0,
            settings=settings_digest(self.settings),
            questions=self.questions.digest,
            base=weights_digest(self.policy.chat_folder) if self.policy.has_adapters else "",
        )
        if path is None:
            torch.manual_seed(seed_of(self.settings.seed, "torch", self.ranks.rank))  # for the dropout of adapters
        else:
            state = self._same_materials(restore(path, self.policy, self.optimizer, self.ranks), state)
            self.console.print(f"Resuming after step {state.step}.", highlight=False)
        if self.ranks.is_first:
            self.folder.cut(state.step)
        self.ranks.wait()
        return state

    def _same_materials(self, saved: TrainState, now: TrainState) -> TrainState:
        """The saved state, if its questions and the base of its adapters are still those of the settings.

        Raises:
            MifgError: If they are not.
        """
        for was, here, path in (
            (saved.questions, now.questions, self.settings.data.path),
            (saved.base, now.base, self.settings.model.path),
        ):
            if was not in ("", here):
                raise MifgError(
                    f"{path} is not what the run was trained on until step {saved.step}: it has changed since.",
                    "Restore it, or start in a new folder.",
                )
        return saved.model_copy(update={"questions": now.questions, "base": now.base})

    def _open_engine(self) -> Engine:
        with self.watch("engine"):
            return open_engine(self.policy, self.chat_format, self.settings, self.folder.engine_log(self.ranks.rank))

    def _step(self, state: TrainState) -> TrainState:
        step = state.step + 1
        self.lost, self.restarts = 0, self.engine.restarts
        groups, drawn = self._sample(step, state.drawn)
        self.cached = self.engine.cached_share
        batch = step_batch(groups, self.chat_format.banned_ids, self.settings, self.ranks)
        if all(self.ranks.gather(batch.is_all_faults)):
            self._save_failed(step, batch, f"In step {step} every episode was ended by a fault: {batch.first_failure}")
        with self.watch("sleep"):
            self.engine.sleep()
        figures = self._update(step, batch)
        gap = self._sync(step)
        state = state.model_copy(update={"step": step, "drawn": drawn})
        self._record(state, batch, figures, gap)
        return state

    def _sample(self, step: int, drawn: int) -> tuple[list[Group], int]:
        """This rank's groups, and how many questions were drawn by then.

        Groups without signal are replaced by those of further draws, up to ``rollout.refills`` of all ranks.
        """
        rollout, ranks = self.settings.rollout, self.ranks
        self.view.begin(step, rollout.groups * rollout.group_size)
        groups = self._groups_of(range(drawn + ranks.rank, drawn + rollout.groups, ranks.size))
        drawn += rollout.groups
        spare = rollout.refills
        while spare:
            useful = groups_with_signal(verdicts_of(groups, self.settings), self.settings)
            lacking = ranks.gather(len(groups) - len(useful))
            refills = min(spare, sum(lacking))
            if not refills:
                break
            first = min(sum(lacking[: ranks.rank]), refills)
            last = min(first + lacking[ranks.rank], refills)
            groups = with_replacements(groups, useful, self._groups_of(range(drawn + first, drawn + last)))
            drawn, spare = drawn + refills, spare - refills
        self._check_length(groups)
        return groups, drawn

    def _groups_of(self, draws: range) -> list[Group]:
        with self.watch("episodes"):
            return self.sampler.sample(draws, on_played=self._count)

    def _count(self, played: Played) -> None:
        self.lost += played.trajectory.end.is_fault
        self.view.advance()

    def _check_length(self, groups: Sequence[Group]) -> None:
        """Names the questions that are longer than an episode may be.

        Raises:
            MifgError: If no other is left in the step.
        """
        began = [not group.never_began for group in groups]
        for group, has_begun in zip(groups, began, strict=True):
            if not has_begun:
                self.console.print(f"Question {group.question.key} alone exceeds the limits of an episode.")
        if not any(self.ranks.gather_rows(began)):
            raise MifgError(
                "Every question of this step is longer than an episode may be.",
                "Raise episode.max_tokens and episode.max_images, or lower episode.max_pixels.",
            )

    def _update(self, step: int, batch: StepBatch) -> UpdateFigures:
        """Moves the policy along the gradient of the step's loss, ``updates_per_batch`` times.

        The ratio starts from the log-probabilities of before the first update; with one update those are its own.
        """
        settings = self.settings.optimizer
        shares = batch.micro_batches(settings.micro_batch_tokens)
        count = max(self.ranks.gather(len(shares)))
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(step, settings)
        old = self._old_logprobs(batch, shares, count) if settings.updates_per_batch > 1 else None
        for _ in range(settings.updates_per_batch):
            figures = UpdateFigures(batch)
            for index, part in enumerate(self._parts(batch, shares, count)):
                self.view.turn_to(f"step {step}: update, {index + 1} of {count} micro-batches")
                with self.watch("forward"), naming_the_setting(MICRO_BATCH):
                    new = self.policy(part.tokens, self.settings.rollout.temperature)
                outputs = part.loss(new, new.detach() if old is None else old[index], self.settings.loss)
                with self.watch("backward"), naming_the_setting(MICRO_BATCH):
                    torch.autograd.backward(outputs.loss * self.ranks.size)  # FSDP2 takes the mean over ranks
                figures.add(part, outputs)
            if not all(self.ranks.gather(figures.is_finite)):
                self._save_failed(step, batch, f"The loss of step {step} is no number")
            if count:
                self._descend(step, batch, figures)
        return figures

    def _parts(self, batch: StepBatch, shares: list[tuple[int, ...]], count: int) -> Iterator[MicroBatch]:
        """This rank's micro-batches, filled up to ``count``: every rank has to make as many passes as the others."""
        for rows in shares:
            with self.watch("images"):
                part = batch.micro_batch(rows, self.vision_inputs, self.policy)
            yield part
        for _ in range(count - len(shares)):
            yield padding_micro_batch(self.policy)

    @torch.no_grad()
    def _old_logprobs(self, batch: StepBatch, shares: list[tuple[int, ...]], count: int) -> list[Tensor]:
        with self.watch("forward"), naming_the_setting(MICRO_BATCH):
            temperature = self.settings.rollout.temperature
            return [self.policy(part.tokens, temperature) for part in self._parts(batch, shares, count)]

    def _descend(self, step: int, batch: StepBatch, figures: UpdateFigures) -> None:
        """One optimiser step along the gradient, scaled down to ``max_grad_norm``."""
        with self.watch("optimizer"):
            parameters = self.policy.trainable_parameters()
            figures.grad_norm = clip_gradients(parameters, self.settings.optimizer.max_grad_norm)
            if not math.isfinite(figures.grad_norm):
                self._save_failed(step, batch, f"The gradient of step {step} is no number")
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.policy.master_weights.publish()

    def _sync(self, step: int) -> float | None:
        """Gives the engine the weights of after the step; the gap to it, where it holds weights of its own."""
        with self.watch("sync"):
            self.engine.wake()
            self.engine.sync(weights_to_sync(self.policy, self.settings))
        return self._probe(step) if has_own_weights(self.policy, self.settings) else None

    def _probe(self, step: int) -> float:
        """Largest difference between engine and policy in the log-probabilities of a short turn, of all ranks.

        Raises:
            MifgError: If it is above ``rollout.max_gap``.
        """
        with self.watch("probe"):
            return max(self.ranks.gather(self.probe.check(seed_of(self.settings.seed, "probe", step))))

    def _save_failed(self, step: int, batch: StepBatch, problem: str) -> NoReturn:
        """Keeps the step and the weights that it was sampled with, and stops the run."""
        folder = self.folder.failed(step)
        self._write(folder / TRAJECTORIES, trained_trajectories(step, batch, None))
        with naming_what_is_unwritable(folder):
            save_model(self.policy, folder / MODEL)
        raise MifgError(
            f"{problem.rstrip('.')}. Its trajectories and weights are in {folder}.",
            f"`mifg replay {folder / TRAJECTORIES}` shows where; a lower optimizer.learning_rate or "
            "model.dtype=float32 may mend it.",
        )

    def _record(self, state: TrainState, batch: StepBatch, figures: UpdateFigures, gap: float | None) -> None:
        """Writes trajectories, metrics and, where one is due, the checkpoint, in the order that resuming relies on."""
        settings, step = self.settings, state.step
        pairs = zip(batch.played, batch.verdicts, strict=True)
        conducts = self.ranks.gather_rows([conduct(played.trajectory, verdict.rewarded) for played, verdict in pairs])
        row: dict[str, Any] = {
            "step": step,
            "drawn": state.drawn,
            **step_figures(conducts),
            "lost": sum(self.ranks.gather(self.lost)),
            "engine_restarts": sum(self.ranks.gather(self.engine.restarts - self.restarts)),
            "cached_share": _mean(self.ranks.gather(self.cached)),
            "probe_gap": gap,
            "groups_without_signal": sum(self.ranks.gather(batch.groups_without_signal)),
            "groups_ordered_by_gain": batch.ordered_by_gain_alone,
            **figures.row(self.ranks),
            **figures.account(settings.mask, self.ranks).figures(),
            "learning_rate": learning_rate(step, settings.optimizer),
        }
        if settings.log.trajectories:
            lines = trained_trajectories(step, batch, figures.buckets(settings.mask))
            self._write(self.folder.trajectories_path(step), lines)
        alarms = self._publish(row) if self.ranks.is_first else []
        (alarms, *_) = self.ranks.gather(alarms)
        must_pause = bool(alarms) and settings.alarms.action == "pause"
        if must_pause or step == settings.steps or step % settings.checkpoint.every == 0:
            self._checkpoint(state)
        if must_pause:
            raise MifgError(
                f"Training paused after step {step}: {alarms[0].message}",
                "To go on all the same, run the same command with --set alarms.action=warn.",
            )

    def _publish(self, row: dict[str, Any]) -> list[Alarm]:
        """Writes and shows a row of metrics; the alarms that it raises."""
        row["time"] = self.watch.split()
        self.folder.metrics.append(row)
        self.rows.append(row)
        alarms = raised_alarms(self.rows, self.settings.alarms)
        self.view.count(row, alarms)
        if self.board is not None:
            self.board.write(row)
        return alarms

    def _checkpoint(self, state: TrainState) -> None:
        keep = self.settings.checkpoint.keep
        with self.watch("checkpoint"):
            save_checkpoint(self.folder.checkpoints, state, self.policy, self.optimizer, keep, self.ranks)

    def _write(self, path: Path, lines: Sequence[TrainedTrajectory]) -> None:
        with self.watch("trajectories"):
            shared = self.ranks.gather_rows(lines)
            if self.ranks.is_first:
                self.folder.write_trajectories(path, shared)


def _mean(figures: Sequence[float | None]) -> float | None:
    """Of those that there are."""
    there = [figure for figure in figures if figure is not None]
    return fmean(there) if there else None
