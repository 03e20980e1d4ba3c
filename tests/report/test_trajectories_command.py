"""`mifg trajectories`: which steps it shows, where the page goes, and what it says where it cannot be made."""

import json
import re
import shutil
from pathlib import Path

import pytest
from drawn_trajectories import write_drawn_run
from tiny_dataset import write_tiny_dataset
from typer.testing import CliRunner

from mifg_pipeline.cli.app import app
from mifg_pipeline.errors import MifgError


@pytest.fixture(scope="module", name="drawn")
def _drawn(tmp_path_factory) -> Path:
    """A run of three steps, two groups of two each."""
    folder = tmp_path_factory.mktemp("drawn")
    write_tiny_dataset(folder / "data")
    write_drawn_run(folder / "data", folder / "run", steps=3, groups=2, size=2)
    return folder / "run"


@pytest.fixture(name="run")
def _run(drawn, tmp_path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(drawn, tmp_path / "copy"))


def write_page(run: Path, *options: object) -> str:
    """Runs the command; what it says."""
    done = CliRunner().invoke(app, ["trajectories", str(run), *map(str, options)], catch_exceptions=False)
    return done.output


def shown(page: Path) -> dict:
    """What the page holds."""
    return json.loads(re.search(r'type="application/json">(.*?)</script>', page.read_text(), re.DOTALL)[1])


def steps_of(page: Path) -> list[int]:
    return [group["step"] for group in shown(page)["groups"]]


def test_the_whole_run_is_shown_in_its_folder(run):
    said = write_page(run)
    assert steps_of(run / "trajectories.html") == [1, 1, 2, 2, 3, 3]
    assert "12 of 12 trajectories, 6 groups" in said


@pytest.mark.parametrize(
    ("options", "steps"),
    [
        (("--step", 2), [2, 2]),
        (("--from", 2), [2, 2, 3, 3]),
        (("--to", 2), [1, 1, 2, 2]),
        (("--from", 2, "--to", 2), [2, 2]),
        (("--most", 6), [1, 2, 3]),
    ],
)
def test_options_say_which_steps_are_shown(drawn, tmp_path, options, steps):
    write_page(drawn, *options, "--out", tmp_path / "page.html")
    assert steps_of(tmp_path / "page.html") == steps
    assert not (drawn / "trajectories.html").exists()


def test_the_page_says_how_many_it_was_chosen_from(drawn, tmp_path):
    write_page(drawn, "--most", 4, "--out", tmp_path / "page.html")
    page = shown(tmp_path / "page.html")
    assert (len(page["trajectories"]), page["stored"]) == (4, 12)


def test_a_step_that_failed_is_shown(run):
    failed = run / "failed" / "step-000004"
    failed.mkdir(parents=True)
    lines = [json.loads(line) for line in (run / "trajectories" / "step-000003.jsonl").open()]
    (failed / "trajectories.jsonl").write_text(
        "".join(json.dumps({**line, "step": 4, "buckets": []}) + "\n" for line in lines)
    )
    write_page(run, "--step", 4)
    page = shown(run / "trajectories.html")
    runs = [run for one in page["trajectories"] for turn in one["turns"] for run in turn["runs"]]
    assert {bucket for kind, bucket, *_ in runs if kind == 1} == {0}


def test_the_tokenizer_of_the_newest_checkpoint_is_taken(run):
    model = run / "checkpoints" / "step-000002" / "model"
    model.mkdir(parents=True)
    (model / "tokenizer.json").write_text("{")
    with pytest.raises(MifgError, match=f"tokenizer of {model} cannot be read"):
        write_page(run)


def test_a_dataset_that_has_moved_is_named(run, drawn, tmp_path):
    moved = shutil.copytree(drawn.parent / "data", tmp_path / "moved")
    settings = run / "settings.yaml"
    settings.write_text(settings.read_text().replace(str(drawn.parent / "data"), str(tmp_path / "gone")))
    with pytest.raises(MifgError, match="gone"):
        write_page(run)
    write_page(run, "--data", moved)
    assert steps_of(run / "trajectories.html")


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--step", 2, "--to", 3), "--step names one step"),
        (("--step", 9), "no trajectories of these steps. It has those of 1 to 3"),
    ],
)
def test_steps_that_cannot_be_shown_are_refused(run, options, problem):
    with pytest.raises(MifgError, match=re.escape(problem)):
        write_page(run, *options)


def test_a_run_that_kept_no_trajectories_is_named(run):
    shutil.rmtree(run / "trajectories")
    with pytest.raises(MifgError, match=re.escape("has no trajectories. Train with log.trajectories=true.")):
        write_page(run)


def test_a_folder_that_is_no_run_is_named(tmp_path):
    with pytest.raises(MifgError, match="is not the folder of a training run"):
        write_page(tmp_path)
