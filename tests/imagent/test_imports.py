"""Playing with a model behind a server needs no training stack."""

import subprocess
import sys


def test_imagent_loads_neither_torch_nor_transformers():
    program = (
        "import sys, mifg_pipeline.imagent.rollout, mifg_pipeline.imagent.chat_play;"
        "assert not {'torch', 'transformers', 'datasets', 'openai'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
