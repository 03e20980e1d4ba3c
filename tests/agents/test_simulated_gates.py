"""Where it is known which candidates have which defect, the gates stop those and let the others pass.

A short form of ``benchmarks/simulated_gates.py``, which draws the candidates in thousands.
"""

import shutil
from importlib.resources import files

import pytest
from gate_trial import put_through
from planted_candidates import DEFECTS, good_candidates, with_defect
from simulated_solver import Accuracies

from mifg_pipeline.corpus import Corpus, index_corpus


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    scenes = tmp_path_factory.mktemp("drawn") / "scenes"
    shutil.copytree(str(files("mifg_pipeline") / "data" / "scenes"), scenes)
    index_corpus(scenes)
    return good_candidates(Corpus.open(scenes).images, 80, seed=1)


def test_good_candidates_pass_at_few_calls(good):
    tally = put_through(good, Accuracies(), seed=1)
    assert tally.share_stopped <= 0.03
    assert tally.ratio <= 0.7


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_is_stopped_at_few_calls(good, defect):
    asked_before = [candidate.key for candidate in good] if defect == "duplicate" else ()
    tally = put_through(with_defect(good, defect, 50, seed=1), Accuracies(), seed=1, asked_before=asked_before)
    assert tally.share_stopped >= 0.98
    assert tally.ratio <= 0.7


def test_the_same_candidates_have_the_same_fate(good):
    assert put_through(good[:5], Accuracies(), seed=1) == put_through(good[:5], Accuracies(), seed=1)
