"""`mifg --help` is quick, and loads nothing heavy."""

import json
import subprocess
import sys

HEAVY = ("torch", "transformers", "datasets", "langgraph", "cv2", "scipy", "sklearn", "pyarrow", "rapidocr")

REPORT_IMPORTS = """
import sys, time, json
sys.argv = ["mifg", "--help"]
from mifg_pipeline.cli import main
try:
    main()
except SystemExit as end:
    assert end.code == 0
print(json.dumps({"cpu": time.process_time(), "modules": sorted(sys.modules)}), file=sys.stderr)
"""


def help_in_fresh_process() -> dict:
    done = subprocess.run([sys.executable, "-c", REPORT_IMPORTS], capture_output=True, text=True, check=True)
    assert "generate" in done.stdout
    return json.loads(done.stderr.splitlines()[-1])


def test_help_loads_none_of_the_heavy_packages():
    modules = help_in_fresh_process()["modules"]
    assert [name for name in HEAVY if name in modules] == []


def test_help_takes_less_than_half_a_second_of_cpu():
    # The best of three: what the machine does besides must not count.
    assert min(help_in_fresh_process()["cpu"] for _ in range(3)) < 0.5
