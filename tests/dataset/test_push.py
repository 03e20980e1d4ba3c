"""``mifg push``: what it would publish, and what a hub gets from it."""

import os
import subprocess
import sys

import pytest
import typer
from app_thread import app_thread
from local_hub import LocalHub
from typer.testing import CliRunner

from mifg_pipeline.cli.push import push
from mifg_pipeline.dataset.check import check_dataset
from mifg_pipeline.errors import MifgError


@pytest.fixture
def dry_run(exported):
    app = typer.Typer()
    app.command()(push)
    return lambda name="ana/rings": CliRunner().invoke(app, [str(exported.root), name, "--dry-run"])


def test_a_dry_run_says_what_would_be_published(dry_run):
    result = dry_run()
    assert result.exit_code == 0
    assert "train: 6 rows" in result.stdout
    assert "README.md" in result.stdout
    assert "nobody has checked 18 of these items" in result.stdout


def test_a_dataset_with_problems_is_not_published(exported, dry_run):
    exported.change(lambda rows: rows.pop())
    assert isinstance(dry_run().exception, MifgError)


def test_a_name_that_the_hub_cannot_have_is_refused(dry_run):
    assert "owner/name" in str(dry_run("ana/rings/red").exception)


@pytest.mark.parametrize("name", ["a/b/c", "a b/c"])
def test_the_hub_s_own_words_end_in_one_full_stop(dry_run, name):
    assert ".." not in str(dry_run(name).exception)


def test_a_name_without_an_owner_is_refused(dry_run):
    assert "does not say whose" in str(dry_run("rings").exception)


@pytest.fixture
def hub(tmp_path):
    (tmp_path / "hub").mkdir()
    return LocalHub(tmp_path / "hub")


@pytest.fixture
def mifg_push(exported, hub, tmp_path):
    """The command in a process of its own: the libraries read the hub's address when they are imported."""

    def run(*options):
        with app_thread(hub.app()) as server:
            environment = {
                **os.environ,
                "HF_ENDPOINT": server.url.removesuffix("/v1"),
                "HF_HOME": str(tmp_path / "home"),
                "HF_TOKEN": "hf_local",
                "HF_HUB_OFFLINE": "0",
                "HF_HUB_DISABLE_XET": "1",  # a protocol of its own, which the local hub does not speak
            }
            command = [sys.executable, "-c", "from mifg_pipeline.cli import main; main()", "push"]
            return subprocess.run(
                [*command, str(exported.root), "ana/rings", *options],
                env=environment,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )

    return run


def test_what_the_hub_gets_passes_the_check(exported, hub, mifg_push):
    result = mifg_push("--private")
    assert result.returncode == 0, result.stderr
    assert "/datasets/ana/rings" in result.stdout
    assert hub.private is True
    report = check_dataset(hub.root)
    assert report.problems == []
    assert report.splits == check_dataset(exported.root).splits


def test_the_card_comes_before_the_rows_and_keeps_its_text(exported, hub, mifg_push):
    mifg_push()
    assert hub.commits == ["Card of the dataset", "Rows of the dataset"]
    text = (exported.root / "README.md").read_text().split("---\n", 2)[2]
    assert (hub.root / "README.md").read_text().endswith(text)


def test_hidden_files_are_nobodys_business(exported, hub, mifg_push):
    (exported.root / ".env").write_text("TOKEN=secret")
    (exported.root / ".git").mkdir()
    (exported.root / ".git" / "config").write_text("mine")
    assert mifg_push().returncode == 0
    assert {path.name for path in hub.root.rglob("*")} & {".env", ".git", "config"} == set()


def test_a_completed_card_and_citation_are_published(exported, hub, mifg_push):
    for name in ("README.md", "CITATION.cff"):
        with (exported.root / name).open("a") as file:
            file.write("\nauthors: me\n")
    assert mifg_push().returncode == 0
    assert all((hub.root / name).read_text().endswith("authors: me\n") for name in ("README.md", "CITATION.cff"))


def test_the_offline_mode_is_named(exported, tmp_path):
    environment = {**os.environ, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-c", "from mifg_pipeline.cli import main; main()", "push", str(exported.root), "a/b"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 1
    assert "HF_HUB_OFFLINE is not set" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_second_push_replaces_the_first(exported, hub, mifg_push):
    mifg_push()
    exported.forget_digests()
    (exported.root / "CITATION.cff").write_text("cff-version: 1.2.0\n")
    assert mifg_push().returncode == 0
    assert check_dataset(hub.root).problems == []
    assert (hub.root / "CITATION.cff").read_text() == "cff-version: 1.2.0\n"


def test_a_hub_that_is_not_there_is_named_without_a_traceback(exported, tmp_path):
    environment = {**os.environ, "HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "0"}
    command = [sys.executable, "-c", "from mifg_pipeline.cli import main; main()", "push", str(exported.root), "a/b"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 1
    assert "The hub at http://127.0.0.1:9 was not reached: [Errno 111] Connection refused. See that" in result.stderr
    assert "Traceback" not in result.stderr
