"""The tiny checkpoint of the examples, for tests."""

import importlib.util
from pathlib import Path

_PATH = Path(__file__).parents[2] / "examples" / "tiny_model.py"
_spec = importlib.util.spec_from_file_location("examples_tiny_model", _PATH)
assert _spec is not None
assert _spec.loader is not None
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)

write_tiny_model = _module.write_tiny_model
