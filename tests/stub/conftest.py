"""The shipped corpus, in whose drawn scenes the simulated world lives."""

import pytest
from simulated_world import indexed_copy_of_shipped_corpus

from mifg_pipeline.corpus import Corpus


@pytest.fixture(scope="session")
def corpus(tmp_path_factory) -> Corpus:
    """Photographs without annotations, and scenes with."""
    return indexed_copy_of_shipped_corpus(tmp_path_factory.mktemp("shipped") / "corpus")
