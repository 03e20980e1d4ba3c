"""A folder of images as a corpus: hashed, grouped by near-duplicates, split into pools, with its annotations."""

from mifg_pipeline.corpus.corpus import Corpus, RejectedFile
from mifg_pipeline.corpus.index import index_corpus
from mifg_pipeline.corpus.pixels import cached_upright, load_upright
from mifg_pipeline.corpus.problems import Problem
from mifg_pipeline.corpus.run_images import RunImages
from mifg_pipeline.corpus.summary import IndexSummary

__all__ = [
    "Corpus",
    "IndexSummary",
    "Problem",
    "RejectedFile",
    "RunImages",
    "cached_upright",
    "index_corpus",
    "load_upright",
]
