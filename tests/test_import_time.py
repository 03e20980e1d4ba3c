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
IMPORT_WHOLE_PACKAGES = """
import importlib, pkgutil, sys
for name in sys.argv[1:]:
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, f"{name}."):
        importlib.import_module(module.name)
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


def test_the_help_of_training_loads_none_of_the_heavy_packages():
    report = in_fresh_process(RUN_COMMAND, "train", "--help")
    assert "--print-config" in report["printed"]
    assert loaded(report, *HEAVY) == []


def test_the_settings_of_a_preset_are_printed_without_the_heavy_packages():
    paths = ("--set", "out=o", "--set", "model.path=m", "--set", "data.path=d")
    report = in_fresh_process(RUN_COMMAND, "train", "cpu", *paths, "--print-config")
    assert "group_size" in report["printed"]
    assert loaded(report, *HEAVY) == []


def test_the_package_loads_none_of_the_heavy_packages():
    assert loaded(in_fresh_process("import mifg_pipeline"), *HEAVY, *ARRAYS_AND_IMAGES) == []


def test_imagent_and_what_an_engine_is_load_no_training_stack():
    """So that a model behind a server plays IMAgent where neither torch nor transformers is installed."""
    engine = ("engine", "view", "ledger", "scripted")
    program = IMPORT_WHOLE_PACKAGES + "".join(f"import mifg_pipeline.engines.{name}\n" for name in engine)
    report = in_fresh_process(program, "mifg_pipeline.imagent")
    assert "mifg_pipeline.imagent.protocol" in report["modules"]
    assert loaded(report, "torch", "transformers", "peft", "accelerate") == []


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
