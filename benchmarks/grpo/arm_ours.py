"""Our trainer's update, on trajectories that are there already: ``arm_ours.py FOLDER RESULT [VARIANT]…``.

A variant does one thing as TRL does it, to show what that thing is worth.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from measuring import Measured, resident
from rich.console import Console
from torch import Tensor
from workload import read_groups, read_settings

from mifg_pipeline.train import logprobs
from mifg_pipeline.train.folder import TrainFolder
from mifg_pipeline.train.live import LiveView
from mifg_pipeline.train.loop import Trainer
from mifg_pipeline.train.policy import Policy
from mifg_pipeline.train.ranks import Ranks
from mifg_pipeline.train.step_batch import step_batch
from mifg_pipeline.train.token_batch import TokenBatch


def score_every_position(policy: Policy) -> None:
    """The head reads prompts, images, observations and padding as well."""
    forward = policy.forward

    def scoring(batch: TokenBatch, temperature: float) -> Tensor:
        every = torch.ones_like(batch.scored)
        every[:, 0] = False
        return forward(replace(batch, scored=every), temperature)[batch.scored[every]]

    policy.forward = scoring


def see_every_occurrence(policy: Policy) -> None:
    """Features are computed for each image of each trajectory."""
    forward = policy.forward

    def seeing(batch: TokenBatch, temperature: float) -> Tensor:
        patches = batch.pixel_values.split(batch.image_grid_thw.prod(1).tolist())
        return forward(
            replace(
                batch,
                pixel_values=torch.cat([patches[index] for index in batch.image_index.tolist()]),
                image_grid_thw=batch.image_grid_thw[batch.image_index],
                image_index=torch.arange(len(batch.image_index)),
            ),
            temperature,
        )

    policy.forward = seeing


def hold_all_logits(_: Policy) -> None:
    """The logits of a micro-batch exist at a time."""
    logprobs.CHUNK_BYTES = 2**50


def mask_padding(policy: Policy) -> None:
    """Attention is masked, rather than causal by itself."""
    forward, read = policy.forward, policy.model.model.forward

    def masking(batch: TokenBatch, temperature: float) -> Tensor:
        last = batch.scored.long().cumsum(1).argmax(1)  # a trajectory ends with a token that is trained
        mask = (torch.arange(batch.scored.shape[1]) <= last[:, None]).long()
        policy.model.model.forward = lambda **inputs: read(**inputs, attention_mask=mask)
        return forward(batch, temperature)

    policy.forward = masking


VARIANTS: dict[str, Callable[[Policy], None]] = {
    "positions": score_every_position,
    "images": see_every_occurrence,
    "mask": mask_padding,
    "logits": hold_all_logits,
}


def main(folder: Path, result: Path, *variants: str) -> None:
    """Loads the model, and updates it."""
    settings = read_settings(folder)
    measured = Measured()
    with Ranks() as ranks:
        trainer = Trainer(settings, TrainFolder(settings.out), ranks, Console(quiet=True))
        trainer.view = LiveView(trainer.console, 1, [])
        trainer.policy.ban.zero_()  # TRL bans nothing
        for variant in variants:
            VARIANTS[variant](trainer.policy)
        loaded = resident()
        batch = step_batch(read_groups(folder), (), settings, ranks)
        trainer.watch.split()
        with measured.measuring(loaded):
            figures = trainer._update(1, batch)
        measured.parts = trainer.watch.split()
        row = figures.row(ranks)
    measured.loss, measured.grad_norm = row["loss"], figures.grad_norm
    measured.trained, measured.tokens = batch.totals.tokens, sum(batch.lengths)
    measured.micro_batches = len(batch.micro_batches(settings.optimizer.micro_batch_tokens))
    measured.write(result)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]), *sys.argv[3:])
