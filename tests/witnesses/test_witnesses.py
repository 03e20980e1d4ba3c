"""What the package promises as a whole."""

import subprocess
import sys

from mifg_pipeline.witnesses import READERS, WITNESSES


def test_every_family_has_its_witness() -> None:
    assert sorted(WITNESSES) == ["count-across", "find-detail", "read-across", "spot-change"]
    assert all(witness.family == family for family, witness in WITNESSES.items())


def test_every_witness_asks_for_known_readers() -> None:
    assert {reader for witness in WITNESSES.values() for reader in witness.readers} <= set(READERS)


def test_importing_the_witnesses_loads_no_vision_library() -> None:
    code = (
        "import sys, mifg_pipeline.witnesses as w; w.ocr_available();"
        "print(sorted({'cv2', 'onnxruntime', 'rapidocr', 'scipy'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
