"""The other pipelines and the bare SDK: what each arm runs, and environments for those that need one of their own."""

import json
import subprocess
import sys
import venv
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement

ENVIRONMENTS = Path(__file__).parents[2] / ".venv-peers"

ARMS = Path(__file__).parent / "arms"

_LIST_REQUIREMENTS = """
import importlib.metadata, json, sys
print(json.dumps([each for name in sys.argv[1:] for each in importlib.metadata.requires(name) or []]))
"""


class Peer(NamedTuple):
    """An arm that is not ours.

    Attributes:
        script: In ``arms``.
        packages: What its environment needs, without what these need themselves; none: it runs in this environment.
        loosened: Packages that they need in versions which not every index has, and which do not matter here: any
            version is taken.
    """

    script: str
    packages: tuple[str, ...] = ()
    loosened: tuple[str, ...] = ()


PEERS = {
    "bare SDK": Peer("bare_sdk.py"),
    "curator": Peer("run_curator.py", ("bespokelabs-curator==0.1.31",)),
    "data-designer": Peer(
        "run_data_designer.py",
        ("data-designer==0.9.7", "data-designer-config==0.9.7", "data-designer-engine==0.9.7"),
        loosened=("certifi",),
    ),
    "distilabel": Peer("run_distilabel.py", ("distilabel==1.5.3", "openai==3.54.0", "requests", "pillow")),
}


def interpreter(name: str) -> Path:
    """The interpreter of an arm; makes its environment first where it has one that is not there yet.

    Raises:
        CalledProcessError: If its packages cannot be installed.
    """
    peer = PEERS.get(name)
    if peer is None or not peer.packages:
        return Path(sys.executable)
    folder = ENVIRONMENTS / name
    python, installed = folder / "bin" / "python", folder / ".installed"
    if not installed.exists():
        sys.stdout.write(f"Making {folder} …\n")
        venv.create(folder, with_pip=True, clear=True)
        _install(python, peer)
        installed.touch()
    return python


def _install(python: Path, peer: Peer) -> None:
    pip = [str(python), "-m", "pip", "install", "--quiet"]
    if not peer.loosened:
        subprocess.run([*pip, *peer.packages], check=True)
        return
    subprocess.run([*pip, "--no-deps", *peer.packages], check=True)
    own = [Requirement(package).name for package in peer.packages]
    listed = subprocess.run([python, "-c", _LIST_REQUIREMENTS, *own], check=True, capture_output=True, text=True)
    needed = [need for each in json.loads(listed.stdout) if (need := Requirement(each)).name not in own]
    plain = [need for need in needed if need.marker is None or need.marker.evaluate({"extra": ""})]
    subprocess.run([*pip, *(need.name if need.name in peer.loosened else str(need) for need in plain)], check=True)
