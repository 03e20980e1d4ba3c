"""An engine's server as a child process: started, watched, and ended with all that it has started."""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from mifg_pipeline.engines.vllm.arguments import SamplerOptions
from mifg_pipeline.engines.vllm.connecting import KEY_VARIABLE
from mifg_pipeline.errors import MifgError
from mifg_pipeline.processes import keeper
from mifg_pipeline.store.files import unwritable

SERVER = "mifg_pipeline.engines.vllm.server"
TORCHRUN = ("RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "GROUP_RANK", "GROUP_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
"""What torchrun says to its processes, and is not meant for an engine of one of them."""


class Child:
    """A running server.

    Args:
        python: Interpreter that has vLLM.
        options: Of the server.
        log: Takes its output, after what it holds.

    Raises:
        MifgError: If the log cannot be written.

    Attributes:
        socket: Where it listens, as soon as it does.
        key: What it asks for.
    """

    def __init__(self, python: str, options: SamplerOptions, log: Path) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="mifg-engine-")
        self.socket = str(Path(self._folder.name) / "socket")
        self.key = secrets.token_hex(32).encode()
        self._group: int | None = None
        command = [python, "-m", SERVER, self.socket, msgspec.json.encode(options).decode()]
        try:
            log.parent.mkdir(parents=True, exist_ok=True)
            output = log.open("ab")
        except OSError as error:
            raise unwritable(log, error) from error
        with output:
            self._keeper = subprocess.Popen(
                [sys.executable, "-I", keeper.__file__, *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that Ctrl-C in the terminal reaches this process alone
                env={**environment(os.environ), KEY_VARIABLE: self.key.decode()},
            )

    @property
    def status(self) -> int | None:
        """What it has ended with; None while it runs."""
        return self._keeper.poll()

    def is_led_by(self, pid: int) -> None:
        """Takes note of the process id of the server, which leads the group of all that it starts."""
        self._group = pid

    def kill(self) -> None:
        """Ends it at once, with all that it has started."""
        if self._group is not None and self.status is None:
            with suppress(ProcessLookupError):
                os.killpg(self._group, signal.SIGKILL)
        self.end()

    def end(self) -> None:
        """Waits for its end, which is near: it has been let go of."""
        assert self._keeper.stdin is not None
        self._keeper.stdin.close()
        self._keeper.wait()
        self._folder.cleanup()


def check_interpreter(python: str) -> None:
    """Makes sure that an interpreter can run a server.

    Raises:
        MifgError: It is no program, or lacks vLLM or mifg.
    """
    if shutil.which(python) is None:
        raise MifgError(
            f"rollout.vllm.python: {python} is not a program that can be run.",
            "Name the Python interpreter of an environment with vLLM: --set rollout.vllm.python=PATH.",
        )
    search = "import importlib.util as u, sys; sys.exit(any(u.find_spec(name) is None for name in sys.argv[1:]))"
    command = [python, "-c", search, "vllm", "mifg_pipeline"]
    if subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True).returncode != 0:
        raise MifgError(
            f"{python} lacks vLLM or mifg.",
            "Install vLLM and mifg there, or name the interpreter of an environment that has both: "
            "--set rollout.vllm.python=PATH.",
        )


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """Returns what a server is given of this process's environment: under torchrun the GPU of its rank alone."""
    given = {
        name: value
        for name, value in own.items()
        if name not in TORCHRUN and not name.startswith(("TORCHELASTIC_", "ROLE_"))
    }
    rank = given.pop("LOCAL_RANK", None)
    if rank is not None:
        visible = own.get("CUDA_VISIBLE_DEVICES")
        given["CUDA_VISIBLE_DEVICES"] = visible.split(",")[int(rank)] if visible else rank
    return given
