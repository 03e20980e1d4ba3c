"""What ``docs/learning_proof.md`` says is what the raw figures beside it say."""

from pathlib import Path
from statistics import fmean

import numpy as np
import pyarrow.parquet as pq
import pytest

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "learning_proof.md").read_text(encoding="utf-8")
FOUND = DOCS / "learning_proof"


@pytest.fixture(scope="module", name="runs")
def _runs():
    return pq.read_table(FOUND / "runs.parquet", use_threads=False).to_pylist()


@pytest.fixture(scope="module", name="steps")
def _steps():
    return pq.read_table(FOUND / "steps.parquet", use_threads=False).to_pylist()


@pytest.mark.parametrize("name", ["seeds.md", "arms.md", "machine.txt"])
def test_the_page_has_what_the_study_wrote(name):
    assert (FOUND / name).read_text(encoding="utf-8").strip() in PAGE


@pytest.mark.parametrize("path", sorted(FOUND.glob("*.svg")), ids=lambda path: path.name)
def test_every_picture_is_shown(path):
    assert f"](learning_proof/{path.name})" in PAGE


def test_at_least_four_of_five_seeds_close_most_of_the_gap(runs):
    default = [run for run in runs if run["arm"] == "default"]
    assert len(default) == 5
    assert sum(run["gap"] >= 0.7 and run["lower"] > 0 for run in default) >= 4


@pytest.mark.parametrize("figure", ["calls_per_trajectory", "valid_calls"])
def test_by_default_calls_neither_collapse_nor_drift_in_the_second_half(steps, figure):
    for seed in range(5):
        values = [row[figure] for row in steps if (row["arm"], row["seed"]) == ("default", seed)]
        middle, last = np.mean(values[60:90]), np.mean(values[90:])
        assert abs(last - middle) < 0.1
        assert last > 0.8


def test_the_default_is_among_the_best_arms_of_the_mask(runs):
    names = {run["arm"] for run in runs if {"action", "trajectory", "baseline"} & set(run["arm"].split("-")[:1])}
    accuracy = {
        arm: fmean(run["accuracy"] for run in runs if run["arm"] == arm)
        for arm in (*names, "default")
        if "fixed-n" not in arm and "tight" not in arm
    }
    assert len(accuracy) == 12
    assert accuracy["default"] > max(accuracy.values()) - 0.03


def test_the_study_finished_every_run_within_five_minutes(runs):
    assert max(run["minutes"] for run in runs) < 5


@pytest.mark.parametrize(
    ("sound", "changed", "trajectories", "says"),
    [
        (
            ("",),
            ("baseline-finished",),
            ("", "trajectory-on"),
            "gives 0.15 more accuracy on average, and more in 24 of 30 pairs",
        ),
        (("",), ("trajectory-on",), ("",), "gives 0.14 more than masking it, and more in 12 of 15 pairs"),
    ],
)
def test_what_the_page_says_of_pairs_is_what_the_runs_say(runs, sound, changed, trajectories, says):
    accuracy = {(run["arm"], run["seed"]): run["accuracy"] for run in runs}
    gains = [
        accuracy[arm(action, level, *sound), seed] - accuracy[arm(action, level, *changed), seed]
        for action in ("", "action-both", "action-off")
        for level in trajectories
        for seed in range(5)
    ]
    found = f"{fmean(gains):.2f} more", f"more in {sum(gain > 0 for gain in gains)} of {len(gains)} pairs"
    assert all(part in says for part in found)
    assert says in PAGE.replace("\n", " ")


def arm(*parts):
    return " ".join(filter(None, parts)) or "default"
