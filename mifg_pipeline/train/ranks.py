"""The processes of a run: one alone, or those that ``torchrun`` started."""

import os
import time
from collections.abc import Sequence
from typing import Final, TypeVar

import torch
import torch.distributed as dist

_Value = TypeVar("_Value")

GRACE: Final = 0.5
"""Seconds in which gloo's threads let go of the tensors of their last work. They need the interpreter for it: where it
ends before, they abort a process that has done all that it should (https://github.com/pytorch/pytorch/pull/179291)."""


class Ranks:
    """This process among those of the run; use it as a context manager.

    ``torchrun`` says by environment variables how many there are. GPUs talk over NCCL, CPUs over gloo.
    """

    def __init__(self) -> None:
        self.size = int(os.environ.get("WORLD_SIZE", "1"))
        self.rank = int(os.environ.get("RANK", "0"))
        self.device = torch.device("cpu")
        if torch.cuda.is_available():
            self.device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))

    def __enter__(self) -> "Ranks":
        if self.device.type == "cuda":
            torch.cuda.set_device(self.device)
        if self.size > 1:
            dist.init_process_group("nccl" if self.device.type == "cuda" else "gloo")
        return self

    def __exit__(self, *_: object) -> None:
        if self.size > 1:
            dist.destroy_process_group()
            if self.device.type == "cpu":
                time.sleep(GRACE)

    @property
    def is_first(self) -> bool:
        """Whether this process is the one that writes and talks."""
        return self.rank == 0

    def gather(self, value: _Value) -> list[_Value]:
        """The value of every rank, in their order; it is pickled."""
        if self.size == 1:
            return [value]
        values: list[_Value | None] = [None] * self.size
        dist.all_gather_object(values, value)
        return values  # type: ignore[return-value]

    def gather_rows(self, rows: Sequence[_Value]) -> list[_Value]:
        """The rows of every rank, one rank after the other."""
        return [row for part in self.gather(list(rows)) for row in part]

    def wait(self) -> None:
        """Until every rank has come here."""
        if self.size > 1:
            dist.barrier()
