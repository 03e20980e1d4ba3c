"""``mifg export`` as people type it."""

import pytest
import typer
from typer.testing import CliRunner

from mifg_pipeline.cli.export import export
from mifg_pipeline.errors import MifgError


@pytest.fixture
def mifg_export(made, tmp_path):
    app = typer.Typer()
    app.command()(export)

    def run(*arguments):
        return CliRunner().invoke(app, [str(made.run.root), "--out", str(tmp_path / "out"), *arguments])

    return run


def test_it_writes_the_dataset_and_says_what_is_in_it(mifg_export, tmp_path):
    result = mifg_export("--status", "candidate", "--format", "hf")
    assert result.exit_code == 0
    assert "train: 6 rows" in result.stdout
    assert (tmp_path / "out" / "README.md").is_file()


def test_verified_items_are_the_default(mifg_export):
    assert isinstance(mifg_export().exception, MifgError)


def test_check_writes_nothing(mifg_export, tmp_path):
    result = mifg_export("--status", "candidate", "--check")
    assert result.exit_code == 0
    assert "0 problems; nothing was written" in result.stdout
    assert not (tmp_path / "out").exists()


def test_check_fails_where_an_export_would(mifg_export, made):
    made.file_of(made.items[0].images[0]).unlink()
    result = mifg_export("--status", "candidate", "--check")
    assert result.exit_code == 1
    assert "problem: Item " in result.stdout


def test_an_unknown_format_is_a_usage_error(mifg_export):
    assert mifg_export("--format", "tfrecord").exit_code == 2


def test_formats_lie_beside_the_dataset(mifg_export, tmp_path):
    assert mifg_export("--status", "candidate", "--format", "hf,trl, verl").exit_code == 0
    assert {path.name for path in (tmp_path / "out").iterdir() if path.is_dir()} == {"data", "samples", "trl", "verl"}


def test_items_that_are_left_out_are_named(mifg_export, made):
    made.file_of(made.items[0].images[0]).unlink()
    result = mifg_export("--status", "candidate", "--skip")
    assert result.exit_code == 0
    item = made.items[0]
    assert f"left out: Item {item.id}: Image {made.file_of(item.images[0])} cannot be read" in result.stdout


def test_many_items_that_are_left_out_are_counted(mifg_export, made):
    for item in made.items:
        made.file_of(item.images[1]).unlink(missing_ok=True)
    made.rewrite(made.items)
    result = mifg_export("--status", "candidate", "--skip", "--check")
    assert result.exit_code == 1
    assert "All 18 items" in result.stdout
