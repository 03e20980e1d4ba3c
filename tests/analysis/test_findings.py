"""The commands: a table for people, figures for machines, and a folder with a page and its charts."""

import json
from xml.etree import ElementTree

import pytest
import typer
from scripted_run import CROP, A, write_scripted_run
from tiny_model import write_tiny_model
from typer.testing import CliRunner

from mifg_pipeline.cli.analyze import app
from mifg_pipeline.errors import MifgError

FILES = {
    "attention": {"attention.html", "attention.json", "attention-by-turn.svg", "attention-around-calls.svg"},
    "look-again": {"look-again.html", "look-again.json", "look-again.svg"},
    "masks": {"masks.html", "masks.json", "mask-cosines.svg"},
}


@pytest.fixture(scope="session", name="checkpoint")
def _checkpoint(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    write_tiny_model(folder)
    return folder


@pytest.fixture(scope="session", name="step")
def _step(checkpoint, tiny_dataset, tmp_path_factory):
    """Two trajectories a question: one looks, and the other does not."""
    out = tmp_path_factory.mktemp("short") / "run"
    return write_scripted_run(out, checkpoint, tiny_dataset, plays=((CROP, A), ("<answer>B</answer>",)))


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.mark.parametrize("analysis", FILES)
def test_an_analysis_writes_page_charts_and_figures(analysis, step, tmp_path):
    shown = run(analysis, step, "--out", tmp_path / "out")
    assert shown.exit_code == 0, shown.exception
    assert {path.name for path in (tmp_path / "out").iterdir()} == FILES[analysis]
    for chart in (tmp_path / "out").glob("*.svg"):
        assert ElementTree.parse(chart).getroot().tag == "{http://www.w3.org/2000/svg}svg"
        assert f"{chart.name}" in shown.stdout.replace("\n", "")
    page = (tmp_path / "out" / f"{analysis}.html").read_text()
    assert page.count("<svg") == len(list((tmp_path / "out").glob("*.svg")))
    assert "http" not in page


@pytest.mark.parametrize("analysis", FILES)
def test_figures_for_machines_are_those_of_the_file(analysis, step, tmp_path):
    shown = run(analysis, step, "--json", "--out", tmp_path)
    content = json.loads(shown.stdout)
    assert content == json.loads((tmp_path / f"{analysis}.json").read_text())
    assert "the model that the run started from" in content["origin"]


def test_fewer_trajectories_are_of_many_groups(step):
    content = json.loads(run("attention", step, "--most", 2, "--json").stdout)
    assert [one["question"] for one in content["trajectories"]] == ["train-0", "train-1"]


def test_another_checkpoint_can_be_looked_into(step, tmp_path):
    write_tiny_model(tmp_path / "other", seed=1)
    usual = json.loads(run("attention", step, "--json").stdout)
    other = json.loads(run("attention", step, "--model", tmp_path / "other", "--json").stdout)
    assert other["model"] == str(tmp_path / "other")
    assert other["by_turn"] != usual["by_turn"]


def test_a_checkpoint_that_reads_images_otherwise_is_refused(step, tmp_path):
    write_tiny_model(tmp_path / "other", family="qwen3_vl")
    refused = run("attention", step, "--model", tmp_path / "other")
    assert isinstance(refused.exception, MifgError)
    assert "does not read images by the tokens" in str(refused.exception)


def test_a_step_without_looks_is_said(checkpoint, tiny_dataset, tmp_path):
    path = write_scripted_run(tmp_path / "run", checkpoint, tiny_dataset, plays=((A,), (A,)))
    refused = run("look-again", path)
    assert isinstance(refused.exception, MifgError)
    assert "none looked again and then answered" in str(refused.exception)


def test_the_commands_are_part_of_mifg():
    from mifg_pipeline.cli.app import app as mifg

    assert "analyze" in typer.main.get_command(mifg).commands
