"""The commands in the README and the docs work, one after another, as a reader would type them."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.ocr]

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", ROOT / "docs" / "review.md", ROOT / "docs" / "dataset.md")
FENCE = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
PROGRAMS = {
    "mifg": (sys.executable, "-c", "from mifg_pipeline.cli import main; main()"),
    "python": (sys.executable,),
}
PLACEHOLDERS = {"RUN": "runs/first", "DIR": "dataset"}


def commands_of(page):
    """The `mifg` commands in the code blocks of a page, and those that run an example, without comments."""
    lines = (line for block in FENCE.findall(page.read_text()) for line in block.splitlines())
    for line in lines:
        if line.startswith(("mifg ", "python examples/")):
            yield [PLACEHOLDERS.get(word, word) for word in shlex.split(line, comments=True)]


def test_there_are_commands_in_every_page():
    assert all(list(commands_of(page)) for page in PAGES)


def test_the_commands_work_in_order(tmp_path):
    shutil.copytree(str(files("mifg_pipeline") / "data" / "photos"), tmp_path / "photos")
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    for page in PAGES:
        for words in commands_of(page):
            if words[1:3] == ["review", "submit"]:
                accept_all(tmp_path / words[-1])
            done = subprocess.run([*PROGRAMS[words[0]], *words[1:]], cwd=tmp_path, capture_output=True, text=True)
            assert done.returncode == 0, f"{page.name}: {shlex.join(words)}\n{done.stdout}\n{done.stderr}"
    assert (tmp_path / "dataset" / "README.md").is_file()


def accept_all(path):
    """Plays the annotator."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps({**line, "decision": "accept"}) + "\n" for line in lines))
