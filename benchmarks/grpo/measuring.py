"""Time and memory of a stretch of a process; standard library alone, for it runs in both environments."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass
class Measured:
    """What an arm did and took.

    Attributes:
        loss: Of the last update.
        grad_norm: Of the last update, before clipping.
        trained: Tokens in the loss of one update.
        tokens: That are read in one pass, padding not among them.
        micro_batches: Of one update.
        wall: Seconds.
        cpu: Seconds of all threads.
        parts: Wall seconds by what was done.
        memory: Peak of the resident set, above that after the model was loaded; bytes.
    """

    loss: float = 0.0
    grad_norm: float = 0.0
    trained: int = 0
    tokens: int = 0
    micro_batches: int = 0
    wall: float = 0.0
    cpu: float = 0.0
    parts: dict[str, float] = field(default_factory=dict)
    memory: int = 0

    @classmethod
    def read(cls, path: Path) -> "Measured":
        """What ``write`` wrote."""
        return cls(**json.loads(path.read_text()))

    def write(self, path: Path) -> None:
        """As JSON."""
        path.write_text(json.dumps(asdict(self)))

    @contextmanager
    def measuring(self, loaded: int) -> Iterator[None]:
        """Takes time and peak memory of the block.

        Args:
            loaded: Resident bytes after the model was loaded.
        """
        Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.wall, self.cpu = time.perf_counter() - wall, time.process_time() - cpu
        self.memory = _status("VmHWM") - loaded


def resident() -> int:
    """Bytes of this process that are in memory."""
    return _status("VmRSS")


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
