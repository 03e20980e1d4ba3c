"""What the log of a process that failed says of why."""

import re
from pathlib import Path

LINES_SHOWN = 5
TAIL_BYTES = 65_536
ERROR = re.compile(r"\b[\w.]*(?:Error|Exception|error): .+")


def last_words(log: Path) -> str:
    """Returns a log's last errors, each once, for vLLM repeats them in a noise of tracebacks; else its last lines."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - TAIL_BYTES))
        tail = file.read().decode("utf-8", "replace")
    lines = list(dict.fromkeys(ERROR.findall(tail))) or tail.splitlines()
    return "\n".join(lines[-LINES_SHOWN:])
