"""Two ranks train as one does, in real processes that talk over gloo."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tiny_model import write_tiny_model

from mifg_pipeline.train.model import FAMILIES

SUPPORT = Path(__file__).parents[1] / "support"


def update(checkpoint: Path, out: Path, kind: str, ranks: int) -> Path:
    """Runs ``sharded_update.py`` on so many ranks and returns the folder that it wrote."""
    out.mkdir()
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(ranks)]
    command = [*launcher, str(SUPPORT / "sharded_update.py"), str(checkpoint), str(out), kind]
    environment = {**os.environ, "PYTHONPATH": str(SUPPORT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("family", "kind", "tied"),
    [("qwen2_5_vl", "full", False), ("qwen3_vl", "vision", True), ("qwen2_5_vl", "lora", True)],
)
def test_two_ranks_save_what_one_does(tmp_path: Path, family: str, kind: str, tied: bool) -> None:
    checkpoint = tmp_path / "model"
    write_tiny_model(checkpoint, family=family, tied=tied)
    one, two = (update(checkpoint, tmp_path / str(ranks), kind, ranks) for ranks in (1, 2))
    name = "adapter_model.safetensors" if kind == "lora" else "model.safetensors"
    expected, found = load_file(one / "model" / name), load_file(two / "model" / name)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)
    start = load_file(one / "start" / name)
    assert max(float((expected[key] - weight).abs().max()) for key, weight in start.items()) > 1e-3

    engine = torch.load(two / "engine.pt")
    torch.testing.assert_close(engine, torch.load(one / "engine.pt"), rtol=0, atol=1e-6)
    elsewhere = torch.load(two / "checkpoint.pt")
    assert elsewhere
    torch.testing.assert_close(elsewhere, torch.load(one / "checkpoint.pt"), rtol=0, atol=1e-6)
    if kind != "lora":
        loaded = FAMILIES[family].from_pretrained(two / "model").state_dict()
        torch.testing.assert_close(loaded, engine, rtol=0, atol=0)
