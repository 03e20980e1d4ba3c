"""Memory of an export does not grow with the number of items."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from mifg_pipeline.corpus import Corpus, index_corpus
from mifg_pipeline.items import POOLS
from mifg_pipeline.store import CorpusLocation

ROWS = 400

SCRIPT = """
import json, resource, sys
from pathlib import Path
from mifg_pipeline.export import Selection, export_dataset
peaks = []
def note(rows):
    peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
export_dataset(Selection.open(Path(sys.argv[1]), "candidate"), Path(sys.argv[2]), on_row=note)
print(json.dumps(peaks))
"""


@pytest.fixture
def large_run(made, make_item, tmp_path):
    """``ROWS`` items of 1 MB of images each."""
    root = tmp_path / "large"
    root.mkdir()
    for index in range(24):
        noise = np.random.default_rng(index).integers(0, 256, (420, 420, 3), np.uint8)
        Image.fromarray(noise).save(root / f"{index}.png", compress_level=1)
    index_corpus(root, min_side=32, workers=1, shares=dict.fromkeys(POOLS, 1 / 3))
    corpus = Corpus.open(root)
    members = [[image.ref() for image in corpus.images if image.pool == pool][:2] for pool in POOLS]
    made.rewrite(
        make_item(members[index % 3], POOLS[index % 3], attempt=index, question=f"Question {index}?")
        for index in range(ROWS)
    )
    location = CorpusLocation(path="../../large", fingerprint=corpus.fingerprint)
    made.run.write_manifest(made.run.read_manifest().model_copy(update={"corpus": location}))
    return made.run.root


@pytest.mark.slow
def test_memory_does_not_grow_with_the_rows(large_run, tmp_path):
    command = [sys.executable, "-c", SCRIPT, str(large_run), str(tmp_path / "out")]
    peaks = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert len(peaks) == ROWS
    assert peaks[-1] - peaks[ROWS // 2] < 40
    assert peaks[-1] - peaks[0] < 400
