"""What a user is told where the memory does not suffice."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from mifg_pipeline.errors import MifgError


@contextmanager
def naming_the_setting(setting: str) -> Iterator[None]:
    """Turns a lack of memory into an error that names the setting to lower.

    Raises:
        MifgError: Where torch finds no memory, on a GPU or, by its allocator's message, on a CPU.
    """
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        out_of_memory = isinstance(error, torch.OutOfMemoryError | MemoryError) or "DefaultCPUAllocator" in str(error)
        if not out_of_memory:
            raise
        raise MifgError(f"The memory did not suffice: {str(error).partition('.')[0]}.", f"Lower {setting}.") from error
