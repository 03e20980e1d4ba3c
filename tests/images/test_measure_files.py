"""Image files are measured in processes of one thread each."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import os
from mifg_pipeline.images.measure_files import start_worker
start_worker()
import numpy, scipy.fftpack
from mifg_pipeline.images.measure import measure_sharpness
measure_sharpness(numpy.zeros((2000, 2000), numpy.uint8))
print(len(os.listdir("/proc/self/task")))
"""


@pytest.mark.skipif(not Path("/proc/self/task").is_dir() or os.cpu_count() == 1, reason="needs /proc and two cores")
def test_a_worker_keeps_to_one_thread():
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "1"
