"""An engine that is updated again and again does not grow."""

from contextlib import closing
from pathlib import Path

import pytest
from engine_processes import newest_server
from safetensors.torch import load_file

CYCLES, SETTLED = 200, 40
"""Updates, and after how many of them the memory is looked at first."""


def resident_bytes(pid):
    """Of the process itself, without what it maps from files."""
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(lines["RssAnon"].split()[0]) * 1024


@pytest.mark.slow
def test_the_memory_of_an_engine_is_flat_over_updates(start_engine, checkpoint, make_request, make_view):
    weights = load_file(checkpoint / "model.safetensors")
    with closing(start_engine(checkpoint)) as engine:
        _, server = newest_server()
        measured = []
        for cycle in range(CYCLES):
            engine.sync((name, weight * (1 + cycle % 2 / 10)) for name, weight in weights.items())
            for key in range(4):
                engine.submit(make_request(key, make_view(f"{cycle}"), "What is it?", make_view("same"), max_tokens=6))
            while engine.step():
                pass
            if cycle >= SETTLED:
                measured.append(resident_bytes(server))
    assert max(measured) <= 1.05 * measured[0]
