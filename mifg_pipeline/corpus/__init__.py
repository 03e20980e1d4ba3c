"""A folder of images as a corpus: hashed, grouped by near-duplicates, split into pools, with its annotations.

Importing this package loads neither numpy nor pyarrow nor pillow, so that an unchanged folder is soon found unchanged.
Pixels are in the module ``pixels``.
"""

from mifg_pipeline.corpus.corpus import Corpus, RejectedFile
from mifg_pipeline.corpus.index import index_corpus
from mifg_pipeline.corpus.problems import Problem
from mifg_pipeline.corpus.run_images import RunImages
from mifg_pipeline.corpus.summary import IndexSummary

__all__ = [
    "Corpus",
    "IndexSummary",
    "Problem",
    "RejectedFile",
    "RunImages",
    "index_corpus",
]
