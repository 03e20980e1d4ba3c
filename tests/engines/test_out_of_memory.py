"""Lack of memory."""

import pytest
import torch

from mifg_pipeline.engines.out_of_memory import naming_the_setting
from mifg_pipeline.errors import MifgError


def test_lack_of_memory_names_the_setting() -> None:
    with (
        pytest.raises(MifgError, match=r"Lower optimizer\.micro_batch_tokens"),
        naming_the_setting("optimizer.micro_batch_tokens"),
    ):
        torch.empty(2**58, dtype=torch.uint8)


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="shape"), naming_the_setting("optimizer.micro_batch_tokens"):
        torch.zeros(2).reshape(3)
