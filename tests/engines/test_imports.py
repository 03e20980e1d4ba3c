import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["engine", "view", "ledger", "scripted", "positions"])
def test_what_needs_no_model_loads_no_torch(module):
    program = f"import sys, mifg_pipeline.engines.{module}; assert not {{'torch', 'transformers'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
