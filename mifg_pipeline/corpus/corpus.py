"""An indexed corpus: the images that can be used, and what cannot, with the reasons."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

from pydantic import TypeAdapter, ValidationError

from mifg_pipeline.corpus.index_file import IndexSettings, damaged, read_index
from mifg_pipeline.corpus.problems import Problem
from mifg_pipeline.errors import MifgError
from mifg_pipeline.items import CorpusImage, ImageRef, ObjectAnnotation, canonical_json

OBJECTS = TypeAdapter(tuple[ObjectAnnotation, ...])
"""Reads and writes the column ``objects`` of the index."""


class RejectedFile(NamedTuple):
    """An image file that is not used.

    Attributes:
        path: Relative to the corpus.
        reason: As ``kind: detail``.
        status: Whether the file gives no usable image, repeats another byte for byte, or would join two pools.
    """

    path: str
    reason: str
    status: Literal["rejected", "duplicate", "withheld"] = "rejected"


@dataclass(frozen=True)
class Corpus:
    """A folder of images and its index.

    Attributes:
        root: The folder.
        settings: What the index was made with.
        images: The usable images, sorted by path.
        rejects: All other image files, sorted by path.
        problems: What is said of images but cannot be used.
    """

    root: Path
    settings: IndexSettings
    images: tuple[CorpusImage, ...]
    rejects: tuple[RejectedFile, ...]
    problems: tuple[Problem, ...]

    @classmethod
    def open(cls, root: Path) -> Self:
        """Opens an indexed folder.

        Raises:
            MifgError: If there is no such folder, or its index is missing, damaged or of another schema version.
        """
        if not root.is_dir():
            raise MifgError(f"There is no folder {root}.", "Check the path of the corpus.")
        stored = read_index(root)
        if stored is None:
            raise MifgError(f"The folder {root} is not indexed.", f"Run `mifg corpus index {root}`.")
        images: list[CorpusImage] = []
        rejects: list[RejectedFile] = []
        problems: list[Problem] = []
        for row in stored.rows():
            match row["status"]:
                case "image":
                    images.append(_image_of(root, row))
                case "problem":
                    problems.append(Problem(row["path"], row["place"], row["reason"]))
                case status:
                    rejects.append(RejectedFile(row["path"], row["reason"], status))
        return cls(root, stored.header.settings, tuple(images), tuple(sorted(rejects)), tuple(problems))

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the records of all images: changes with content, names, annotations, licences and pools.

        It does not depend on where the folder lies, nor on file times.
        """
        digest = hashlib.sha256()
        for image in self.images:
            digest.update(canonical_json(image.model_dump(mode="json")).encode() + b"\n")
        return digest.hexdigest()

    def path_of(self, ref: ImageRef) -> Path:
        """The file of one of the corpus's images."""
        return self.root / ref.path


def _image_of(root: Path, row: dict[str, Any]) -> CorpusImage:
    values = {name: row[name] for name in CorpusImage.model_fields if name in row}
    try:
        return CorpusImage(**values | {"objects": OBJECTS.validate_json(row["objects"] or "[]")})
    except ValidationError as error:
        raise damaged(root) from error
