"""The run folder: where a run's files lie, who may write to it, and what made it.

Nothing in it is an absolute path, so it can be copied, moved and resumed elsewhere.
"""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

import yaml
from pydantic import Field, ValidationError

from mifg_pipeline.config import GenerateSettings
from mifg_pipeline.errors import MifgError
from mifg_pipeline.items import SCHEMA_VERSION, Item, Record, Rejection, SchemaVersion, content_digest
from mifg_pipeline.store.files import locked_folder, replaced_file, unwritable

RecordType = TypeVar("RecordType", bound=Record)


class CorpusLocation(Record):
    """Which corpus a run was made from, and where it lay relative to the run folder."""

    path: str
    fingerprint: str


class RunManifest(Record):
    """``run.yaml``: enough to make the run again.

    Attributes:
        corpus: Which corpus, and where.
        settings: Resolved settings.
        versions: Of the libraries whose output the items depend on.
        prompts: Digest of every prompt, where models play roles.
        families_off: Program families that this run cannot use, with the reason.
        images_set_aside: Number of corpus images that are not asked about, by reason.
    """

    schema_version: SchemaVersion = SCHEMA_VERSION
    corpus: CorpusLocation
    settings: GenerateSettings
    versions: dict[str, str]
    prompts: dict[str, str] = Field(default_factory=dict)
    families_off: dict[str, str] = Field(default_factory=dict)
    images_set_aside: dict[str, int] = Field(default_factory=dict)

    @property
    def run_id(self) -> str:
        """Digest of corpus, settings and prompts; where things lie and how many work does not count."""
        return content_digest(
            {"corpus": self.corpus.fingerprint, "settings": self.settings.identity(), "prompts": self.prompts}
        )


@dataclass(frozen=True)
class RunFolder:
    """A run on disk."""

    root: Path

    @property
    def manifest_path(self) -> Path:
        """``run.yaml``."""
        return self.root / "run.yaml"

    @property
    def ledger_path(self) -> Path:
        """``ledger.sqlite``."""
        return self.root / "ledger.sqlite"

    @property
    def candidates_path(self) -> Path:
        """``candidates.jsonl``: one Item a line."""
        return self.root / "candidates.jsonl"

    @property
    def rejected_path(self) -> Path:
        """``rejected.jsonl``: one Rejection a line."""
        return self.root / "rejected.jsonl"

    @property
    def report_path(self) -> Path:
        """``report.html``."""
        return self.root / "report.html"

    @property
    def server_log(self) -> Path:
        """Output of the model server that the run started last, where it starts one."""
        return self.root / "logs" / "server.log"

    @property
    def images(self) -> Path:
        """Derived images of accepted items, named by content."""
        return self.root / "images"

    @property
    def staging(self) -> Path:
        """Derived images of attempts in flight; emptied when a run starts and ends."""
        return self.root / "staging"

    @property
    def review(self) -> Path:
        """Review events, one file per annotator."""
        return self.root / "review"

    @classmethod
    def open(cls, root: Path) -> Self:
        """The run in ``root``.

        Raises:
            MifgError: If there is no run.
        """
        run = cls(root)
        if not run.manifest_path.is_file():
            raise MifgError(
                f"{root} is not a run folder: it has no run.yaml.",
                "Name a folder that `mifg generate --out` made.",
            )
        return run

    def create(self) -> None:
        """Makes the folders of a run where they are missing."""
        try:
            for folder in (self.images, self.staging, self.review):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(self.root, error) from error

    def read_manifest(self) -> RunManifest:
        """Reads ``run.yaml``.

        Raises:
            MifgError: If it is damaged or of another schema version.
        """
        try:
            content = yaml.safe_load(self.manifest_path.read_text(encoding="utf-8"))
            version = content.get("schema_version") if isinstance(content, dict) else None
            if version != SCHEMA_VERSION:
                raise MifgError(
                    f"{self.root} has schema version {version}; this program writes version {SCHEMA_VERSION}.",
                    "Use the version of mifg-pipeline that made it, or start a new run folder.",
                )
            return RunManifest.model_validate(content)
        except (yaml.YAMLError, ValidationError, UnicodeDecodeError) as error:
            raise MifgError(
                f"{self.manifest_path} cannot be read: {error}.",
                "Restore the file from a copy of the run, or start a new run folder.",
            ) from error

    def write_manifest(self, manifest: RunManifest) -> None:
        """Writes ``run.yaml``, without settings that name places on this machine."""
        content = manifest.model_dump(mode="json", exclude={"settings": {"serve": True, "budget": {"prices"}}})
        with replaced_file(self.manifest_path) as file:
            yaml.safe_dump(content, file, sort_keys=False, allow_unicode=True)

    def candidates(self) -> Iterator[Item]:
        """The candidates in order.

        Raises:
            MifgError: If there are none yet, or a line is damaged.
        """
        return self._read_lines(self.candidates_path, Item)

    def rejections(self) -> Iterator[Rejection]:
        """The rejections in order of the attempts."""
        return self._read_lines(self.rejected_path, Rejection)

    def corpus_root(self, moved_to: Path | None = None) -> Path:
        """Where the corpus of the run lies now.

        Raises:
            MifgError: If it is not where ``run.yaml`` says.
        """
        if moved_to is not None:
            return moved_to
        root = Path(os.path.normpath(self.root / self.read_manifest().corpus.path))
        if not root.is_dir():
            raise MifgError(f"The corpus of {self.root} is not at {root}.", "Say where it is now: --corpus DIR.")
        return root

    def locked(self) -> AbstractContextManager[None]:
        """Keeps other processes from writing to the run.

        Raises:
            MifgError: If another process has it.
        """
        return locked_folder(self.root)

    def _read_lines(self, path: Path, record_type: type[RecordType]) -> Iterator[RecordType]:
        if not path.is_file():
            raise MifgError(f"{self.root} has no {path.name} yet.", "Let `mifg generate` finish on it first.")
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                try:
                    yield record_type.model_validate_json(line)
                except ValidationError as error:
                    raise MifgError(
                        f"{path}, line {number}: {error.errors()[0]['msg']}.",
                        "Run `mifg generate` on the same folder again: it writes the file anew from the ledger.",
                    ) from error
