"""A small benchmark."""

import pytest
from asked_model import write_vstar

from mifg_pipeline.evaluate.benchmarks import Benchmark, open_benchmark


@pytest.fixture(scope="session")
def vstar(tmp_path_factory) -> Benchmark:
    """Eight questions."""
    return open_benchmark("vstar", write_vstar(tmp_path_factory.mktemp("vstar"), 8))
