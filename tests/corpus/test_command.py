"""The commands of `mifg corpus`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from mifg_pipeline.cli.corpus import app
from mifg_pipeline.corpus import Corpus
from mifg_pipeline.errors import MifgError


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_index_prints_the_figures_and_keeps_progress_apart(folder: Path) -> None:
    (folder / "broken.jpg").write_bytes(b"x")

    result = run("index", folder)

    assert result.exit_code == 0
    assert "3 images in 3 clusters" in result.stdout
    assert "4 files read, 0 unchanged, 0 gone" in result.stdout
    assert "Rejected: undecodable 1" in result.stdout
    assert result.stderr.splitlines()[-1] == "4 of 4 images read"


def test_index_for_machines_is_json_alone(folder: Path) -> None:
    figures = json.loads(run("index", folder, "--shares", "0,0,1", "--workers", 1, "--json").stdout)

    assert figures["pools"] == {"train": 0, "validation": 0, "test": 3}


def test_index_tells_that_pools_stay(folder: Path) -> None:
    run("index", folder)

    assert "keep the pools drawn with seed 0" in run("index", folder, "--seed", 1).stdout


@pytest.mark.parametrize("shares", ["0.8,0.2", "a,b,c", ""])
def test_shares_that_are_no_three_numbers_are_wrong_usage(folder: Path, shares: str) -> None:
    assert run("index", folder, "--shares", shares).exit_code == 2


def test_index_of_an_empty_folder_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    result = run("index", tmp_path)

    assert isinstance(result.exception, MifgError)


def test_show_lists_near_duplicates_rejects_and_problems(folder: Path, write_lines: Callable[..., Path]) -> None:
    Image.open(folder / "a.png").save(folder / "again.jpg", quality=90)
    (folder / "broken.jpg").write_bytes(b"x")
    write_lines(folder / "metadata.jsonl", ["{", {"file_name": "b.png", "license": "CC0-1.0"}])
    run("index", folder)

    shown = run("show", folder).stdout

    assert "4 images in 3 clusters of near-duplicates" in shown
    assert "Licences: unknown 3, CC0-1.0 1" in shown
    assert "Near-duplicates (1):\n  a.png, again.jpg\n" in shown
    assert "Not used (1):\n  broken.jpg: undecodable: not an image in a supported format\n" in shown
    assert "Annotation problems (1):\n  metadata.jsonl, line 1: not JSON" in shown


def test_show_for_machines_gives_the_fingerprint(folder: Path) -> None:
    run("index", folder)

    content = json.loads(run("show", folder, "--json").stdout)

    assert content["fingerprint"] == Corpus.open(folder).fingerprint
    assert sum(content["pools"].values()) == 3


def test_drawn_folder_can_be_indexed(tmp_path: Path) -> None:
    drawn = run("draw", "--count", 2, "--seed", 1, "--out", tmp_path / "scenes", "--workers", 1)

    assert drawn.stdout.startswith("2 scenes drawn")
    assert json.loads(run("index", tmp_path / "scenes", "--json").stdout)["annotated"] == 2
