"""`mifg ask --engine vllm`: the same words as Transformers says, of a full checkpoint and of an adapter."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest
from over_vllm import PYTHON
from policies import load
from tiny_model import write_tiny_model

from mifg_pipeline.train.model import save_model

MIFG = Path(sys.executable).parent / "mifg"
PAGE = (Path(__file__).parents[2] / "docs" / "ask.md").read_text(encoding="utf-8")
SMALL = ("--set", "max_turn_tokens=24", "--set", "max_turns=2", "--set", "max_tokens=4096", "--set", "max_pixels=12544")
VLLM = (
    "--engine",
    "vllm",
    "--set",
    f"vllm.python={PYTHON}",
    "--set",
    "vllm.eager=true",
    "--set",
    "vllm.cache_gigabytes=1",
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", name="folder")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photographs, a tiny model, and an adapter of it that changes what it says."""
    folder = tmp_path_factory.mktemp("ask")
    shutil.copytree(str(files("mifg_pipeline") / "data" / "photos"), folder / "photos")
    write_tiny_model(folder / "tiny")
    policy = load(folder / "tiny", lora={"rank": 4})
    for name, weight in policy.trained_weights().items():
        if "lora_B" in name:
            weight.data.fill_(0.1)
    save_model(policy, folder / "adapter")
    return folder


def words(folder: Path, model: str, *arguments: str) -> list[str]:
    """What a model says to a question about two photographs, turn by turn."""
    images = [folder / "photos" / name for name in ("coffee.jpg", "chelsea.jpg")]
    question = ("--question", "In which image is a spoon?", "--out", folder / "out")
    command = [MIFG, "ask", *images, "--model", folder / model, *question, *SMALL, *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [turn["text"] for turn in json.loads((folder / "out" / "trajectory.json").read_text())["turns"]]


@pytest.mark.parametrize("model", ["tiny", "adapter"])
def test_vllm_says_what_transformers_says(folder: Path, model: str) -> None:
    assert words(folder, model, *VLLM) == words(folder, model)


def test_the_adapter_changes_what_is_said(folder: Path) -> None:
    assert words(folder, "adapter") != words(folder, "tiny")


def test_the_command_of_the_page_works(folder: Path) -> None:
    (command,) = re.findall(r"^mifg (ask .*--engine vllm.*)$", PAGE, re.MULTILINE)
    done = subprocess.run(
        [MIFG, *shlex.split(command.replace(".venv-vllm/bin/python", str(PYTHON)))],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "end: " in done.stdout
