"""Before the first attempt: settles the settings, opens the corpus and makes sure that a run folder fits both."""

import os
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from mifg_pipeline.agents.image_curator import ImageCurator
from mifg_pipeline.agents.prompts import prompts
from mifg_pipeline.config import GenerateSettings
from mifg_pipeline.corpus import Corpus
from mifg_pipeline.errors import MifgError
from mifg_pipeline.store import CorpusLocation, RunFolder, RunManifest
from mifg_pipeline.witnesses import WITNESSES, ocr_available

LIBRARIES = ("mifg-pipeline", "imagehash", "numpy", "opencv-python-headless", "pillow", "rapidocr", "scipy")
"""Distributions whose versions decide the bytes of a run."""

NO_OCR = "text is not read without OCR; install it with: pip install 'mifg-pipeline[ocr]'"


@dataclass(frozen=True)
class Prepared:
    """A run that can start.

    Attributes:
        manifest: What ``run.yaml`` holds or will hold.
        corpus: Opened.
        curator: Knows which program families are on.
    """

    manifest: RunManifest
    corpus: Corpus
    curator: ImageCurator


def prepare(corpus_root: Path, run: RunFolder, settings: GenerateSettings) -> Prepared:
    """Checks everything that can be checked before the first attempt; writes nothing.

    Raises:
        MifgError: If the corpus, the settings and the run folder do not go together.
    """
    corpus = Corpus.open(corpus_root)
    manifest = new_manifest(corpus, run, settings)
    settings = manifest.settings
    unavailable = {} if settings.ocr else {name: NO_OCR for name, w in WITNESSES.items() if "text" in w.readers}
    curator = ImageCurator(corpus.images, settings, unavailable)
    found = {"families_off": curator.families_off, "images_set_aside": dict(sorted(curator.set_aside.items()))}
    manifest = manifest.model_copy(update=found)
    if run.manifest_path.exists():
        _check_same_run(run, manifest)
    elif run.root.exists() and any(run.root.iterdir()):
        raise MifgError(
            f"{run.root} holds files but no run.yaml.", "Choose an empty or new folder for the run with --out."
        )
    return Prepared(manifest, corpus, curator)


def new_manifest(corpus: Corpus, run: RunFolder, settings: GenerateSettings) -> RunManifest:
    """What ``run.yaml`` says of a run on a corpus before anything is known of what can be asked about its images."""
    settings = settings.model_copy(update={"ocr": settings.ocr and ocr_available()})
    return RunManifest(
        corpus=CorpusLocation(path=_relative(corpus.root, run.root), fingerprint=corpus.fingerprint),
        settings=settings,
        versions=library_versions(),
        prompts=prompts().checked_digests() if settings.agents.models else {},
    )


def changed_versions(run: RunFolder, manifest: RunManifest) -> dict[str, tuple[str, str]]:
    """Libraries whose version differs from the one that the run was started with: name to (then, now)."""
    then = run.read_manifest().versions
    return {
        name: (then.get(name, "none"), manifest.versions.get(name, "none"))
        for name in sorted(then.keys() | manifest.versions.keys())
        if then.get(name) != manifest.versions.get(name)
    }


def library_versions() -> dict[str, str]:
    """Installed versions of ``LIBRARIES``."""
    versions = {}
    for name in LIBRARIES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions


def _relative(corpus_root: Path, run_root: Path) -> str:
    return Path(os.path.relpath(corpus_root.resolve(), run_root.resolve())).as_posix()


def _check_same_run(run: RunFolder, manifest: RunManifest) -> None:
    stored = run.read_manifest()
    if stored.run_id == manifest.run_id:
        return
    if stored.corpus.fingerprint != manifest.corpus.fingerprint:
        raise MifgError(
            f"{run.root} was made from another state of the corpus (files, annotations, licences or pools changed).",
            "Restore the corpus to resume, or start a new run folder.",
        )
    rewritten = [name for name, digest in manifest.prompts.items() if stored.prompts.get(name) != digest]
    if stored.prompts and rewritten:
        raise MifgError(
            f"{run.root} was made with other prompts: {', '.join(rewritten)}.",
            "Restore them to resume, or start a new run folder.",
        )
    then, now = stored.settings.identity(), manifest.settings.identity()
    changes = "; ".join(f"{key} was {then[key]}, is {now[key]}" for key in then if then[key] != now[key])
    raise MifgError(
        f"{run.root} was made with other settings: {changes}.",
        "Give the settings of run.yaml to resume, or start a new run folder.",
    )
