"""`mifg eval` over real vLLM: the same episodes as with Transformers, and a server of vLLM as any other."""

import asyncio
import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from asked_model import write_vstar
from over_vllm import PYTHON

from mifg_pipeline.models.server import served

MIFG = Path(sys.executable).parent / "mifg"
SMALL = (
    "episode.max_turn_tokens=12",
    "episode.max_turns=2",
    "episode.max_tokens=4096",
    "episode.max_images=4",
    "episode.max_pixels=12544",
)
VLLM = (f"vllm.python={PYTHON}", "vllm.eager=true", "vllm.cache_gigabytes=1")
ITEMS = 6

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", name="data")
def _data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_vstar(tmp_path_factory.mktemp("vstar"), ITEMS)


def evaluate(model: object, data: Path, out: Path, *arguments: object, settings: tuple[str, ...] = SMALL) -> str:
    """Standard error of a `mifg eval` of both modes."""
    sets = [word for setting in settings for word in ("--set", setting)]
    command = [MIFG, "eval", "--model", model, "--data", data, "--benchmark", "vstar", "--tools", "both", "--out", out]
    done = subprocess.run([*map(str, [*command, *arguments]), *sets], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stderr


def said(out: Path) -> dict[tuple[str, str], list[str]]:
    """What the model wrote, turn by turn, by mode and item."""
    with sqlite3.connect(out / "ledger.sqlite") as database:
        rows = database.execute("SELECT mode, item, record FROM episode").fetchall()
    return {(mode, item): [t["text"] for t in json.loads(r)["trajectory"]["turns"]] for mode, item, r in rows}


def test_episodes_over_vllm_are_those_over_transformers(checkpoint: Path, data: Path, tmp_path: Path) -> None:
    evaluate(checkpoint, data, tmp_path / "transformers")
    evaluate(checkpoint, data, tmp_path / "vllm", "--engine", "vllm", settings=SMALL + VLLM)
    texts = said(tmp_path / "vllm")
    assert texts == said(tmp_path / "transformers")
    assert len(texts) == 2 * ITEMS
    outcomes = [(tmp_path / name / "outcomes.jsonl").read_bytes() for name in ("transformers", "vllm")]
    assert outcomes[0] == outcomes[1]


def test_a_server_of_vllm_is_asked_once_for_each_turn(settings_to_serve, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "served"

    async def ask_twice() -> list[str]:
        async with served(settings_to_serve(), tmp_path / "server.log") as serving:
            model = serving.models["served"]
            given = (model.server.base_url, data, out, "--name", model.model)
            return [await asyncio.to_thread(evaluate, *given) for _ in range(2)]

    _, again = asyncio.run(ask_twice())
    assert f"{2 * ITEMS} of {2 * ITEMS} episodes are there already" in again
    figures = json.loads((out / "evaluation.json").read_text())
    for mode in figures["modes"].values():
        assert mode["behaviour"]["failed"] == 0
        assert mode["behaviour"]["prompt_tokens"] > 0
        assert 0 < mode["behaviour"]["completion_tokens"] <= 24
