"""Reads annotations in COCO's format: ``instances_*.json`` in the corpus folder or its ``annotations``."""

import json
import posixpath
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeGuard

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

_Id = int | str


class CocoSource:
    """The ``instances_SPLIT.json`` files of a folder.

    An image may lie anywhere in the folder; where several files end in its ``file_name``, the one below a folder
    named SPLIT is meant. ``iscrowd`` and ``area`` become attributes.

    Args:
        root: The corpus folder.
        listing: What lies in it.
    """

    def __init__(self, root: Path, listing: Listing) -> None:
        self._root = root
        self._files = [file.path for file in listing.coco]
        self._by_name: dict[str, list[str]] = defaultdict(list)
        for file in listing.images if self._files else ():
            self._by_name[file.path.rpartition("/")[2]].append(file.path)

    def annotated_images(self, problems: list[Problem]) -> Iterator[AnnotatedImage]:
        """See ``ImageSource``."""
        for file in self._files:
            try:
                value = json.loads((self._root / file).read_text("utf-8-sig"), object_hook=_lean)
                document = _Document(value, file, problems)
            except InvalidAnnotationError as error:
                problems.append(Problem(file, "", str(error)))
            except OSError as error:
                problems.append(Problem(file, "", f"unreadable: {error.strerror}"))
            except (ValueError, RecursionError) as error:
                problems.append(Problem(file, "", f"not JSON: {error}"))
            else:
                yield from self._images_of(document, file)

    def _images_of(self, document: "_Document", file: str) -> Iterator[AnnotatedImage]:
        split = file.rpartition("/")[2].removeprefix("instances_").removesuffix(".json")
        for image in document.images:
            place = f"image {_printable(image.get('id'))}"
            try:
                path = self._locate(image, split)
                annotation = document.annotation_of(image, place)
            except InvalidAnnotationError as error:
                document.complain(place, str(error))
            else:
                yield AnnotatedImage(path, annotation, file, place)

    def _locate(self, image: Mapping[str, Any], split: str) -> str:
        name = checked_text(image.get("file_name"), "file_name")
        if not name:
            raise InvalidAnnotationError("no file_name")
        candidates = [
            path for path in self._by_name.get(posixpath.basename(name), ()) if f"/{path}".endswith(f"/{name}")
        ]
        if len(candidates) > 1:
            candidates = [path for path in candidates if split in path.split("/")[:-1]] or candidates
        if not candidates:
            raise InvalidAnnotationError(f"no such image: {name}")
        if len(candidates) > 1:
            raise InvalidAnnotationError(f"ambiguous file_name: {name} is any of {', '.join(candidates)}")
        return candidates[0]


class _Document:
    """One parsed file, with its annotations by image."""

    def __init__(self, value: object, file: str, problems: list[Problem]) -> None:
        if not isinstance(value, dict):
            raise InvalidAnnotationError("not COCO: no JSON object")
        self._file = file
        self._problems = problems
        self.images = _mappings(value, "images")
        self._licenses = _by_id(_mappings(value, "licenses"))
        self._categories = _by_id(_mappings(value, "categories"))
        self._annotations: dict[_Id, list[Mapping[str, Any]]] = {image_id: [] for image_id in _by_id(self.images)}
        for entry in _mappings(value, "annotations"):
            image_id = entry.get("image_id")
            if _is_id(image_id) and image_id in self._annotations:
                self._annotations[image_id].append(entry)
            else:
                self.complain(_place_of(entry), f"no such image_id: {_printable(image_id)}")

    def complain(self, place: str, reason: str) -> None:
        """Lists something of this file that is left out."""
        self._problems.append(Problem(self._file, place, reason))

    def annotation_of(self, image: Mapping[str, Any], place: str) -> Annotation:
        """What the file says of an image.

        Raises:
            InvalidAnnotationError: If the image has no id.
        """
        image_id = image.get("id")
        if not _is_id(image_id):
            raise InvalidAnnotationError("image without id")
        complain = partial(self.complain, place)
        objects = self._objects_of(image_id)
        return Annotation(
            license=self._license_of(image, complain),
            source=text_field(image, "flickr_url", complain) or text_field(image, "coco_url", complain),
            categories=tuple(sorted({thing.category for thing in objects})),
            objects=objects,
            size=_declared_size(image),
        )

    def _license_of(self, image: Mapping[str, Any], complain: Complain) -> str:
        license_id = image.get("license")
        if license_id is None:
            return UNKNOWN_LICENSE
        entry = self._licenses.get(license_id) if _is_id(license_id) else None
        if entry is None:
            complain(f"no such license: {_printable(license_id)}")
            return UNKNOWN_LICENSE
        return text_field(entry, "name", complain) or text_field(entry, "url", complain) or UNKNOWN_LICENSE

    def _objects_of(self, image_id: _Id) -> tuple[DeclaredObject, ...]:
        """All objects, or none of them after a complaint: counts over a list with a hole would be wrong."""
        entries = self._annotations[image_id]
        objects: list[DeclaredObject] = []
        for entry in entries:
            try:
                objects.append(self._object_of(entry))
            except InvalidAnnotationError as error:
                self.complain(_place_of(entry), str(error))
        return tuple(objects) if len(objects) == len(entries) else ()

    def _object_of(self, entry: Mapping[str, Any]) -> DeclaredObject:
        category_id = entry.get("category_id")
        category = self._categories.get(category_id) if _is_id(category_id) else None
        if category is None:
            raise InvalidAnnotationError(f"no such category_id: {_printable(category_id)}")
        attributes = {name: entry.get(name) for name in ("iscrowd", "area")}
        return declare_object(entry.get("bbox"), category.get("name"), None, attributes)


def _lean(entry: dict[str, Any]) -> dict[str, Any]:
    """Drops outlines while the file is parsed: they are most of it."""
    entry.pop("segmentation", None)
    return entry


def _mappings(document: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    value = document.get(name, [] if name == "licenses" else None)
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise InvalidAnnotationError(f"not COCO: {name} is not a list of objects")
    return value


def _by_id(entries: list[dict[str, Any]]) -> dict[_Id, dict[str, Any]]:
    return {entry["id"]: entry for entry in entries if _is_id(entry.get("id"))}


def _declared_size(image: Mapping[str, Any]) -> tuple[int, int] | None:
    width, height = image.get("width"), image.get("height")
    return (width, height) if isinstance(width, int) and isinstance(height, int) else None


def _is_id(value: object) -> TypeGuard[_Id]:
    return isinstance(value, int | str)


def _place_of(entry: Mapping[str, Any]) -> str:
    return f"annotation {_printable(entry.get('id'))}"


def _printable(value: object) -> str:
    return ascii(value)[:80]
