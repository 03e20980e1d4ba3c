"""From a folder of images to a model that is asked and evaluated: every file is as the command before left it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

TINY_MODEL = Path(__file__).parents[2] / "examples" / "tiny_model.py"


def test_images_become_a_dataset_and_the_dataset_a_model_that_answers_and_is_evaluated(mifg, scenes, tmp_path):
    run, review, dataset = tmp_path / "run", tmp_path / "alice.jsonl", tmp_path / "dataset"
    mifg("generate", "--corpus", scenes, "--out", run, "--items", 12, "--seed", 3)
    mifg("review", "pack", run, "--annotator", "alice", "--out", review)
    lines = [json.loads(line) | {"decision": "accept"} for line in review.read_text().splitlines()]
    review.write_text("".join(json.dumps(line) + "\n" for line in lines))
    mifg("review", "submit", run, review)
    mifg("export", run, "--out", dataset, "--format", "hf")

    model, training = tmp_path / "model", tmp_path / "training"
    subprocess.run([sys.executable, TINY_MODEL, model], check=True)
    places = (f"model.path={model}", f"data.path={dataset}", f"out={training}", "steps=3")
    mifg("train", "cpu", *(word for place in places for word in ("--set", place)))
    rows = [json.loads(line) for line in (training / "metrics.jsonl").open()]
    assert [row["step"] for row in rows] == [1, 2, 3]

    trained = training / "checkpoints" / "step-000003" / "model"
    pictures = sorted(scenes.glob("*.jpg"))[:2]
    looks = tmp_path / "looks"
    shown = mifg("ask", "--model", trained, *pictures, "--question", "Which is brighter?", "--out", looks)
    trajectory = json.loads((looks / "trajectory.json").read_text())
    assert trajectory["turns"]
    assert str(looks) in shown.stdout

    settings = training / "settings.yaml"
    given = ("--data", dataset, "--split", "train", "--limit", 3, "--tools", "both", "--episode-of", settings)
    evaluations = tmp_path / "untrained", tmp_path / "trained"
    for evaluated, out in zip((model, trained), evaluations, strict=True):
        mifg("eval", "--model", evaluated, *given, "--out", out)
    figures = json.loads((evaluations[1] / "evaluation.json").read_text())
    assert figures["plan"]["model"] == "step-000003"
    assert {mode["accuracy"]["count"] for mode in figures["modes"].values()} == {3}
    assert "second less first" in mifg("compare", *evaluations).stdout
