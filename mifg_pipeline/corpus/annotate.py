"""Joins what all sources say of the images of a folder: one annotation an image, fitted to its size."""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from mifg_pipeline.corpus.annotations import Annotation, fit_objects
from mifg_pipeline.corpus.coco import CocoSource
from mifg_pipeline.corpus.folder import Listing
from mifg_pipeline.corpus.image_folder import ImageFolderSource
from mifg_pipeline.corpus.problems import Problem
from mifg_pipeline.corpus.sources import ImageSource
from mifg_pipeline.items import ObjectAnnotation


def annotate(
    root: Path, listing: Listing, sizes: Mapping[str, tuple[int, int]], problems: list[Problem]
) -> Iterator[tuple[str, Annotation, tuple[ObjectAnnotation, ...]]]:
    """Yields path, annotation and fitted objects of each image that any source speaks of, once.

    The first to speak of an image is heard; what others say of it is listed as a problem.

    Args:
        root: The corpus folder.
        listing: What lies in it.
        sizes: Width and height of each upright image that is used; others are passed over.
        problems: Gets what is left out.
    """
    sources: tuple[ImageSource, ...] = (ImageFolderSource(root, listing), CocoSource(root, listing))
    heard: dict[str, str] = {}
    for source in sources:
        for said in source.annotated_images(problems):
            complain = partial(_list_problem, problems, said.file, said.place)
            if said.path in heard:
                complain(f"annotated twice: {said.path} is in {heard[said.path]} already")
                continue
            heard[said.path] = f"{said.file}, {said.place}"
            if said.path in sizes:
                yield said.path, said.annotation, fit_objects(said.annotation, *sizes[said.path], complain)


def _list_problem(problems: list[Problem], file: str, place: str, reason: str) -> None:
    problems.append(Problem(file, place, reason))
