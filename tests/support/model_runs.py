"""Settings of runs in which the simulated world plays roles, and what their ledgers hold."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

ALL_ROLES = {"image_curator": "seer", "question_writer": {"seer": 1}, "judge": "seer", "solvers": ["seer"]}


def settings_file(
    path: Path, url: str | None, agents: Mapping[str, Any] = ALL_ROLES, server: Mapping[str, Any] = {}, **others: Any
) -> Path:
    """Writes settings with one model, ``seer``, and gives the path back.

    Args:
        path: Of the file.
        url: Base URL of the model's server.
        agents: Who plays which role.
        server: Further settings of the server.
        others: Further settings by their sections.
    """
    models = {"seer": {"model": "stub", "server": {"base_url": url, **server}}}
    path.write_text(json.dumps({"models": models, "agents": agents, **others}))
    return path


def lines_of(path: Path) -> list[dict[str, Any]]:
    """The records of a file with one JSON object a line."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def finished_calls(run: Path) -> int:
    """Calls whose reply is in the ledger of a run; 0 where there is no ledger yet."""
    try:
        with closing(sqlite3.connect(f"file:{run / 'ledger.sqlite'}?mode=ro", uri=True)) as ledger:
            return int(ledger.execute("SELECT count(*) FROM call").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def forget_outcomes(run: Path) -> None:
    """Leaves of a ledger nothing but the finished calls."""
    with closing(sqlite3.connect(run / "ledger.sqlite")) as ledger, ledger:
        ledger.execute("DELETE FROM outcome")
