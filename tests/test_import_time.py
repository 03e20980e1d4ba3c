"""Commands and worker processes load what they use and nothing heavy besides."""

import json
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

HEAVY = ("torch", "transformers", "datasets", "langgraph", "cv2", "scipy", "sklearn", "pyarrow", "rapidocr", "openai")
ARRAYS_AND_IMAGES = ("numpy", "PIL", "imagehash", "pandas")

RUN_COMMAND = """
import sys
from mifg_pipeline.cli import main
sys.argv = ["mifg", *sys.argv[1:]]
try:
    main()
except SystemExit as end:
    assert end.code == 0
"""
START_WORKER = """
import mifg_pipeline.cli  # by the script that started the command
import mifg_pipeline.images.measure_files
"""
MEASURE = """
import sys
from pathlib import Path
from mifg_pipeline.images.measure import measure_file
print(measure_file(Path(sys.argv[1])).sha256)
"""
REPORT = """
import json, sys, time
print(json.dumps({"cpu": time.process_time(), "modules": sorted(sys.modules)}), file=sys.stderr)
"""


def in_fresh_process(program: str, *arguments: object) -> dict:
    """CPU seconds of the program, what it loaded, and what it printed."""
    command = [sys.executable, "-c", program + REPORT, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {**json.loads(done.stderr.splitlines()[-1]), "printed": done.stdout}


def loaded(report: dict, *names: str) -> list[str]:
    return [name for name in names if name in report["modules"]]


def test_help_loads_none_of_the_heavy_packages():
    report = in_fresh_process(RUN_COMMAND, "--help")
    assert "generate" in report["printed"]
    assert loaded(report, *HEAVY) == []


def test_help_takes_less_than_half_a_second_of_cpu():
    # The best of three: what the machine does besides must not count.
    assert min(in_fresh_process(RUN_COMMAND, "--help")["cpu"] for _ in range(3)) < 0.5


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A photograph in a folder of its own."""
    source = next(Path(str(files("mifg_pipeline") / "data" / "photos")).glob("*.jpg"))
    return Path(shutil.copy(source, tmp_path))


def test_index_of_an_unchanged_folder_loads_none_of_the_heavy_packages(photo):
    assert "1 files read" in in_fresh_process(RUN_COMMAND, "corpus", "index", photo.parent)["printed"]
    again = in_fresh_process(RUN_COMMAND, "corpus", "index", photo.parent)
    assert "0 files read, 1 unchanged" in again["printed"]
    assert loaded(again, *HEAVY, *ARRAYS_AND_IMAGES) == []


def test_a_process_that_measures_images_loads_nothing_before_it_is_set_up():
    assert loaded(in_fresh_process(START_WORKER), *HEAVY, *ARRAYS_AND_IMAGES, "pydantic", "typer") == []


def test_measuring_an_image_loads_only_what_it_takes(photo):
    report = in_fresh_process(MEASURE, photo)
    assert len(report["printed"].strip()) == 64
    assert loaded(report, *HEAVY, "pandas", "pydantic", "typer") == ["cv2", "scipy"]
