"""The learning proof in short, over a real vLLM engine: it learns what it learns with the engine of Transformers."""

import importlib
import io
import sys
from pathlib import Path
from statistics import fmean

import pytest
import torch
from over_vllm import OVER_VLLM
from rich.console import Console

sys.path.append(str(Path(__file__).parents[2] / "examples"))
base = importlib.import_module("model_organism.base")
proof = importlib.import_module("model_organism.proof")

SETTINGS = (*OVER_VLLM, "rollout.vllm.max_running=128")
# Which turns share a batch decides the rounding, and so how soon the learning sets in: it has time for that.
SHORT = proof.ProofSize(base.BaseSize(3000, (550, 120)), train=400, test=100, samples=2, steps=100)
FIRST, LAST = 4, 10
"""Steps at the beginning and at the end whose accuracy is compared."""

NUMERICAL = 1e-4
"""Two passes over the same weights differ by less, in nats a token."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]  # minutes, on a busy machine many


@pytest.fixture(scope="module", name="proved")
def _proved(tmp_path_factory):
    """A short proof: what it found, and the metrics of its training."""
    torch.set_num_threads(1)
    out = tmp_path_factory.mktemp("proof")
    found = proof.prove(out, 0, SHORT, Console(file=io.StringIO()), SETTINGS)
    return found, proof.rows_of(proof.training_settings(out, 0, SHORT.steps, SETTINGS))


def test_training_over_vllm_raises_the_accuracy(proved):
    _, rows = proved
    accuracy = [row["accuracy"] for row in rows]
    assert fmean(accuracy[-LAST:]) > fmean(accuracy[:FIRST]) + 0.15


def test_held_out_questions_are_answered_better_by_looking(proved):
    found, _ = proved
    assert found.gap.lower > 0
    assert found.trained.looked > found.base.looked


def test_engine_and_trainer_stay_one_model_throughout(proved):
    _, rows = proved
    assert max(max(row["gap_max"], row["probe_gap"]) for row in rows) < NUMERICAL
