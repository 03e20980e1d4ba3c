"""The review server: the queue of a run over HTTP, for one annotator or several."""

from mifg_pipeline.review.server.serve import serve
from mifg_pipeline.review.server.tokens import add_token

__all__ = ["add_token", "serve"]
