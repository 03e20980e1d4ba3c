"""The learning proof in short: training makes a clumsy model better, and what would be wrong with it shows."""

import copy
import importlib
import io
import json
import sys
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import pytest
import torch
from rich.console import Console

from mifg_pipeline.analysis.counterfactual import stored_step
from mifg_pipeline.analysis.source import open_source
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.ledger import TokenKind
from mifg_pipeline.engines.vision_inputs import VisionInputs
from mifg_pipeline.errors import MifgError
from mifg_pipeline.train import loop, step_batch
from mifg_pipeline.train.folder import TrainFolder
from mifg_pipeline.train.model import load_policy
from mifg_pipeline.train.policy import Policy
from mifg_pipeline.train.ranks import Ranks

sys.path.append(str(Path(__file__).parents[2] / "examples"))
base = importlib.import_module("model_organism.base")
proof = importlib.import_module("model_organism.proof")

SHORT = proof.ProofSize(base.BaseSize(3000, (550, 120)), train=400, test=100, samples=2, steps=30)
FEW = 4
"""Steps after which a run that is compared with the short proof ends."""

EVERY_MASK = ("mask.action=both", "mask.trajectory=true", "mask.baseline=finished")

NUMERICAL = 1e-4
"""Two passes over the same weights differ by less, in nats a token."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", name="out")
def _out(tmp_path_factory):
    """The folder of a short proof."""
    torch.set_num_threads(1)
    return tmp_path_factory.mktemp("proof")


@pytest.fixture(scope="module", name="found")
def _found(out):
    return proof.prove(out, 0, SHORT, quiet())


@pytest.fixture(name="rows")
def _rows(out, found):
    """The metrics of its training."""
    return proof.rows_of(proof.training_settings(out, 0, SHORT.steps))


def quiet() -> Console:
    return Console(file=io.StringIO())


def run_again(out: Path, name: str, steps: int, trainer=loop.Trainer, *overrides: str):
    """Trains the base of the short proof once more, by a trainer; the metrics."""
    settings = proof.training_settings(out, 0, steps, (f"out={out / name}", *overrides))
    folder = TrainFolder(settings.out)
    folder.prepare(settings)
    with Ranks() as ranks:
        trainer(settings, folder, ranks, quiet()).run()
    return proof.rows_of(settings)


def learns(rows) -> bool:
    """Whether accuracy is clearly higher in the last third of a training than in its first steps."""
    accuracy = [row["accuracy"] for row in rows]
    return fmean(accuracy[-len(rows) // 3 :]) > fmean(accuracy[:FEW]) + 0.15


def test_training_raises_the_accuracy(rows):
    assert learns(rows)


def test_held_out_questions_are_answered_better_by_looking(found):
    assert found.gap.lower > 0
    assert found.trained.looked > found.base.looked


def test_the_clumsy_base_makes_invalid_calls_and_runs_into_limits(rows):
    first = rows[:FEW]
    assert any(row["valid_calls"] < 1 for row in first)
    assert any(row["ends.over_turn"] + row["ends.turn_truncated"] > 0 for row in first)


def test_the_same_seed_gives_the_same_curve(out, rows):
    again = run_again(out, "again", FEW)
    assert [{**row, "time": None} for row in again] == [{**row, "time": None} for row in rows[:FEW]]


def test_advantages_of_the_wrong_sign_show_in_the_curve(out, found, monkeypatch):
    right_way = step_batch.group_advantages

    def wrong_way(**arguments):
        made = right_way(**arguments)
        return type(made)(-made.values, made.has_signal, made.ordered_by_gain_alone)

    monkeypatch.setattr(step_batch, "group_advantages", wrong_way)
    assert not learns(run_again(out, "wrong sign", SHORT.steps // 2))


class SamplesACopy(loop.Trainer):
    """A trainer whose engine has weights of its own, as one in another process has."""

    def __init__(self, settings, folder, ranks, console):
        super().__init__(settings, folder, ranks, console)
        self.policy.sample_with(copy.deepcopy(self.policy.model).requires_grad_(False))


def largest_gap(rows) -> float:
    """Between the log-probabilities of sampler and trainer, over all steps."""
    return max(row["gap_max"] for row in rows)


def test_a_copy_that_is_kept_up_to_date_samples_as_the_trainer_scores(out, found):
    assert largest_gap(run_again(out, "copy", FEW, SamplesACopy)) < NUMERICAL


def test_stale_weights_show_in_the_gap(out, found, monkeypatch):
    monkeypatch.setattr(Policy, "synced_weights", lambda policy: ())
    rows = run_again(out, "stale", FEW, SamplesACopy, "rollout.max_gap=100")
    assert rows[0]["gap_max"] < NUMERICAL < largest_gap(rows)
    assert all(row["probe_gap"] > NUMERICAL for row in rows)


def test_stale_weights_stop_the_run_after_the_first_update(out, found, monkeypatch):
    monkeypatch.setattr(Policy, "synced_weights", lambda policy: ())
    with pytest.raises(MifgError, match="Engine and trainer differ"):
        run_again(out, "stopped", FEW, SamplesACopy)


def trained_though_masked(out: Path, step: int) -> int:
    """Tokens of a stored step whose loss has a gradient with both levels of the mask on, though the record of turns and
    ends says that they are masked."""
    settings = proof.training_settings(out, 0, SHORT.steps, EVERY_MASK)
    path = settings.out / "trajectories" / f"step-{step:06d}.jsonl"
    source = replace(open_source(path, None, None), settings=settings)
    chat_format = ChatFormat.load(Path(settings.model.path))
    policy = load_policy(settings.model, 0, torch.device("cpu"))
    batch = stored_step(source, chat_format)
    count = 0
    for rows in batch.micro_batches(settings.optimizer.micro_batch_tokens):
        part = batch.micro_batch(rows, VisionInputs(chat_format.image_processor), policy)
        new = part.sampler.clone().requires_grad_()
        torch.autograd.backward(part.loss(new, part.sampler, settings.loss).loss)
        for row, gradient in part.by_row(new.grad):
            played = batch.played[row]
            scored = batch.scored[row].nonzero().flatten().tolist()
            for token, moved in zip(scored, gradient.tolist(), strict=True):
                turn = played.trajectory.turns[played.tracks.turns[token]]
                is_given = played.tracks.kinds[token] != TokenKind.SAMPLED
                count += moved != 0 and (is_given or not turn.is_valid or played.trajectory.end.is_over_limit)
    return count


@pytest.fixture(scope="module", name="evaluated")
def _evaluated(out, found, mifg):
    """Folders of the evaluations of base and trained model on the held-out questions, with and without tools."""
    trained = proof.newest_model(proof.training_settings(out, 0, SHORT.steps))
    given = ("--data", out / "dataset", "--tools", "both", "--episode-of", out / "run" / "settings.yaml")
    given += ("--temperature", 1, "--samples", SHORT.samples)  # as it was trained: the likeliest tokens are less clumsy
    folders = {"base": out / "base-evaluated", "trained": out / "trained-evaluated"}
    for name, model in (("base", out / "base"), ("trained", trained)):
        mifg("eval", "--model", model, *given, "--set", "batch_size=128", "--out", folders[name])
    return folders


def test_the_trained_model_is_better_with_its_tools_than_without(evaluated):
    figures = json.loads((evaluated["trained"] / "evaluation.json").read_text())
    assert figures["items"] == SHORT.test
    tools = figures["tools"]
    assert tools["difference"]["low"] > 0.2
    assert tools["p"] < 0.001
    assert figures["modes"]["on"]["behaviour"]["looks"]["visual_confirmation"] > 0.5
    assert figures["modes"]["off"]["behaviour"]["looks"] == {}


def test_the_trained_model_is_better_than_its_base_on_the_same_questions(evaluated, mifg):
    compared = json.loads(mifg("compare", evaluated["base"], evaluated["trained"], "--json").stdout)
    assert compared["second"] == f"step-{SHORT.steps:06d}"
    assert compared["modes"]["on"]["difference"]["low"] > 0


def test_what_is_masked_has_no_gradient(out, found):
    assert trained_though_masked(out, 1) == 0


def test_ignored_masks_show_in_the_gradient(out, found, monkeypatch):
    monkeypatch.setattr(step_batch, "token_weights", lambda kinds, *_: (kinds == TokenKind.SAMPLED).float())
    assert trained_though_masked(out, 1) > 0
