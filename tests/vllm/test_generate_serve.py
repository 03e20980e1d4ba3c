"""`mifg generate --serve` with a real vLLM server. Its weights are random: what counts is that a run gets through."""

import json
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

MIFG = (sys.executable, "-c", "from mifg_pipeline.cli import main; main()")
SOLVED_BUT_NOT_JUDGED = (
    "agents.image_curator=program",
    "agents.question_writer={program: 1}",
    "agents.judge=null",
    "probes.focus=null",
    "probes.consistency=null",
    "mix={find-detail: 1}",
)


@pytest.fixture(scope="module")
def generate(checkpoint, serve_overrides, tmp_path_factory):
    """Starts `mifg generate --serve` on the shipped corpus; takes a run folder, items and settings."""
    corpus = tmp_path_factory.mktemp("shipped") / "corpus"
    shipped = Path(str(files("mifg_pipeline") / "data"))
    shutil.copytree(shipped, corpus, ignore=shutil.ignore_patterns("corpus.parquet"))

    def run(folder, items, *overrides):
        arguments = ["--corpus", corpus, "--out", folder, "--items", items, "--seed", 1, "--serve", checkpoint]
        for override in (*serve_overrides, "ocr=false", *overrides):
            arguments += ["--set", override]
        return subprocess.run([*MIFG, "generate", *map(str, arguments)], capture_output=True, text=True)

    return run


def test_the_served_model_probes_what_programs_write(generate, tmp_path):
    done = generate(tmp_path / "run", 2, *SOLVED_BUT_NOT_JUDGED)
    assert done.returncode == 0, done.stderr
    candidates = [json.loads(line) for line in (tmp_path / "run" / "candidates.jsonl").read_text().splitlines()]
    for candidate in candidates:
        kinds = {probe["kind"] for probe in candidate["probes"]}
        assert {"blind", "necessity", "difficulty"} <= kinds
        assert {name for probe in candidate["probes"] for name in probe["solver"]} == {"tiny-qwen"}
    assert "POST /v1/chat/completions" in (tmp_path / "run" / "logs" / "server.log").read_text()


def test_a_model_that_plays_every_role_and_writes_nonsense_ends_in_a_report_of_why(generate, tmp_path):
    done = generate(tmp_path / "run", 1, "attempts=4")
    assert done.returncode == 1
    assert "Only 0 of 1 items after 4 attempts; rejected by: " in done.stderr
    assert "Traceback" not in done.stderr
    rejected = [json.loads(line) for line in (tmp_path / "run" / "rejected.jsonl").read_text().splitlines()]
    assert len(rejected) == 4
