"""`mifg stub` in a process of its own, and what it has seen."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

MIFG = (sys.executable, "-c", "from mifg_pipeline.cli import main; main()")


@dataclass(frozen=True)
class Stub:
    """A running stub server.

    Attributes:
        url: Base URL.
    """

    url: str

    @property
    def stats(self) -> dict[str, Any]:
        """What it has seen so far, see ``mifg_pipeline.stub.stats``."""
        with urllib.request.urlopen(f"{self.url.removesuffix('/v1')}/stub/stats") as response:
            return json.load(response)

    @property
    def requests(self) -> int:
        """Completions that were asked for so far."""
        return self.stats["requests"]


@contextmanager
def running_stub(*arguments: object) -> Iterator[Stub]:
    """A stub server with these flags, as long as the context lasts."""
    with subprocess.Popen([*MIFG, "stub", *map(str, arguments)], stdout=subprocess.PIPE, text=True) as process:
        try:
            url = process.stdout.readline().strip() if process.stdout else ""
            assert url, f"the stub ended with status {process.wait()}"
            yield Stub(url)
        finally:
            process.terminate()
