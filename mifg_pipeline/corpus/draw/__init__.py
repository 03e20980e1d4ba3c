"""Drawn scenes: a corpus of synthetic images with exact annotations, made from a seed."""

from mifg_pipeline.corpus.draw.folder import DrawSummary, draw_corpus
from mifg_pipeline.corpus.draw.scene import Scene, draw_scene

__all__ = ["DrawSummary", "Scene", "draw_corpus", "draw_scene"]
