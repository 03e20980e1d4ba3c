"""The commands of the page about training work, one after another, as a reader would type them."""

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "train.md").read_text()
FENCE = re.compile(r"^```\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINES = [line for block in FENCE.findall(PAGE) for line in block.splitlines()]
COMMANDS = [line for line in LINES if re.match("(mifg|python|torchrun) ", line) and "vllm" not in line]


@pytest.fixture(scope="module", name="walked")
def _walked(tmp_path_factory):
    """Where a reader went through the page: the outputs of the commands, and the folder."""
    folder = tmp_path_factory.mktemp("walk")
    shutil.copytree(str(files("mifg_pipeline") / "data" / "photos"), folder / "photos")
    (folder / "examples").symlink_to(ROOT / "examples")
    programs = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    said = []
    for command in COMMANDS:
        environment = {**os.environ, "PATH": programs, "OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, shell=True, cwd=folder, capture_output=True, text=True, env=environment)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        said.append(done.stdout + done.stderr)
    return folder, said


def test_every_kind_of_command_is_tried(walked):
    words = {" ".join(command.split()[:2]) for command in COMMANDS}
    assert words >= {"mifg train", "mifg replay", "mifg ask", "mifg export", "python examples/tiny_model.py"}
    assert any(command.startswith("torchrun") for command in COMMANDS)


def test_the_run_that_was_resumed_has_all_steps(walked):
    folder, _ = walked
    rows = [json.loads(line) for line in (folder / "runs" / "trained" / "metrics.jsonl").open()]
    assert [row["step"] for row in rows] == list(range(1, 9))


def test_the_table_of_metrics_has_every_name_of_a_row(walked):
    folder, _ = walked
    table = PAGE.split("## Metrics")[1].split("## ")[0]
    first_column = " ".join(line.split("|")[1] for line in table.splitlines() if line.startswith("| "))
    documented = set(re.findall(r"`([a-z_.…]+)`", first_column))
    for line in (folder / "runs" / "trained" / "metrics.jsonl").open():
        for name in json.loads(line):
            assert name in documented or f"{name.split('.')[0]}.…" in documented, name


def test_the_table_of_files_has_every_file_of_a_run(walked):
    folder, _ = walked
    table = PAGE.split("## What the run folder holds")[1].split("## ")[0]
    for path in (folder / "runs" / "trained").iterdir():
        assert f"`{path.name}" in table or path.name.startswith("."), path.name


def test_the_run_shares_its_work_among_processes(walked):
    folder, _ = walked
    assert (folder / "runs" / "shared" / "checkpoints" / "step-000002" / "model" / "model.safetensors").is_file()
