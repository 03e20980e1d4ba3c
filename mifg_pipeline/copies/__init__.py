"""Copies of images in other datasets: the same, or a crop, a mirror image, recompressed or recoloured."""

from mifg_pipeline.copies.search import Copies, Copy, find_copies

__all__ = ["Copies", "Copy", "find_copies"]
