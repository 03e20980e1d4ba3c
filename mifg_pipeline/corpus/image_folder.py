"""Reads annotations in the Hugging Face imagefolder convention: ``metadata.jsonl`` files beside the images."""

import json
import posixpath
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mifg_pipeline.corpus.annotations import (
    Annotation,
    Complain,
    DeclaredObject,
    InvalidAnnotationError,
    checked_text,
    declare_object,
    text_field,
)
from mifg_pipeline.corpus.folder import Listing
from mifg_pipeline.corpus.problems import Problem
from mifg_pipeline.corpus.sources import AnnotatedImage
from mifg_pipeline.items import UNKNOWN_LICENSE


class ImageFolderSource:
    """Every ``metadata.jsonl`` of a folder: one JSON object a line, ``file_name`` relative to the file's own folder.

    Optional fields are ``license``, ``attribution``, ``source``, ``caption``, ``categories`` and ``objects``, a
    mapping of lists that are aligned: ``bbox`` (``[x, y, width, height]``), ``category``, ``text``, ``attributes``.

    Args:
        root: The corpus folder.
        listing: What lies in it.
    """

    def __init__(self, root: Path, listing: Listing) -> None:
        self._root = root
        self._files = [file.path for file in listing.metadata]
        self._images = {file.path for file in listing.images}

    def annotated_images(self, problems: list[Problem]) -> Iterator[AnnotatedImage]:
        """See ``ImageSource``."""
        for file in self._files:
            try:
                with (self._root / file).open("rb") as lines:
                    for number, line in enumerate(lines, start=1):
                        yield from self._read_line(line, file, f"line {number}", problems)
            except OSError as error:
                problems.append(Problem(file, "", f"unreadable: {error.strerror}"))

    def _read_line(self, line: bytes, file: str, place: str, problems: list[Problem]) -> Iterator[AnnotatedImage]:
        def complain(reason: str) -> None:
            problems.append(Problem(file, place, reason))

        if not line.strip():
            return
        try:
            record = _parse(line)
            path = self._locate(file, record)
        except InvalidAnnotationError as error:
            complain(str(error))
            return
        yield AnnotatedImage(path, _annotation_of(record, complain), file, place)

    def _locate(self, file: str, record: Mapping[str, Any]) -> str:
        name = checked_text(record.get("file_name"), "file_name")
        if not name:
            raise InvalidAnnotationError("no file_name")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(file), name))
        if path not in self._images:
            raise InvalidAnnotationError(f"no such image: {name}")
        return path


def _parse(line: bytes) -> Mapping[str, Any]:
    try:
        record = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InvalidAnnotationError("not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise InvalidAnnotationError(f"not JSON: {error}") from error
    if not isinstance(record, dict):
        raise InvalidAnnotationError(f"not a JSON object: {type(record).__name__}")
    return record


def _annotation_of(record: Mapping[str, Any], complain: Complain) -> Annotation:
    return Annotation(
        license=text_field(record, "license", complain) or UNKNOWN_LICENSE,
        attribution=text_field(record, "attribution", complain),
        source=text_field(record, "source", complain),
        caption=text_field(record, "caption", complain),
        categories=_categories(record.get("categories"), complain),
        objects=_objects(record.get("objects"), complain),
    )


def _categories(value: object, complain: Complain) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        complain(f"categories are not a list: {type(value).__name__}")
        return ()
    try:
        return tuple(checked_text(category, "category") for category in value)
    except InvalidAnnotationError as error:
        complain(str(error))
        return ()


def _objects(value: object, complain: Complain) -> tuple[DeclaredObject, ...]:
    """All objects, or none of them after a complaint: counts over a list with a hole would be wrong."""
    if value is None:
        return ()
    try:
        rows = _aligned(value)
    except InvalidAnnotationError as error:
        complain(str(error))
        return ()
    objects: list[DeclaredObject] = []
    for row in rows:
        try:
            objects.append(declare_object(*row))
        except InvalidAnnotationError as error:
            complain(str(error))
    return tuple(objects) if len(objects) == len(rows) else ()


def _aligned(value: object) -> list[tuple[Any, ...]]:
    """Rows of bbox, category, text and attributes; the last two may be absent."""
    if not isinstance(value, dict):
        raise InvalidAnnotationError(f"objects are not a mapping of lists: {type(value).__name__}")
    boxes = value.get("bbox")
    columns = [boxes, value.get("category"), value.get("text"), value.get("attributes")]
    if not isinstance(boxes, list) or not isinstance(columns[1], list):
        raise InvalidAnnotationError("objects lack a list of bbox or category")
    for name, column in zip(("category", "text", "attributes"), columns[1:], strict=True):
        if column is not None and (not isinstance(column, list) or len(column) != len(boxes)):
            raise InvalidAnnotationError(f"objects are not aligned: {name} is no list as long as bbox ({len(boxes)})")
    return list(zip(*(column if column is not None else [None] * len(boxes) for column in columns), strict=True))
