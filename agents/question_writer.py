"""Question writer: turns a plan into a draft by running its program, and again with other randomness on revision."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import imagehash
from PIL import Image

from mifg_pipeline.agents.state import Plan
from mifg_pipeline.agents.workers import Timed, WorkerPool
from mifg_pipeline.corpus import Corpus
from mifg_pipeline.corpus.pixels import cached_upright
from mifg_pipeline.images.decoding import decode_upright
from mifg_pipeline.items import UNKNOWN_LICENSE, Claim, CorpusImage, Draft, ImageRef
from mifg_pipeline.programs import Derived, Picture, Proposal, program_named
from mifg_pipeline.store.files import unwritable

JPEG_QUALITY = 92


@dataclass(frozen=True)
class WritingJob:
    """Everything that a worker needs to write one draft.

    Attributes:
        plan: Program and images.
        images: The plan's images with annotations.
        paths: Where they lie.
        random_key: Seeds the program's randomness.
        staging: Folder for the images that the program derives.
    """

    plan: Plan
    images: tuple[CorpusImage, ...]
    paths: tuple[Path, ...]
    random_key: str
    staging: Path


class QuestionWriter:
    """Writes drafts with programs.

    Args:
        corpus: Where the images are.
        staging: Folder under which each attempt keeps its derived images.
        seed: Of the run.
        workers: Run the programs.
    """

    def __init__(self, corpus: Corpus, staging: Path, seed: int, workers: WorkerPool) -> None:
        self._images = {image.sha256: image for image in corpus.images}
        self._corpus = corpus
        self._staging = staging
        self._seed = seed
        self._workers = workers

    async def write(self, plan: Plan, attempt: int, revision: int) -> Timed[Draft | None]:
        """A draft, or None where the images do not afford the program's question.

        Raises:
            ImageError: If a corpus image can no longer be read.
        """
        images = tuple(self._images[digest] for digest in plan.images)
        job = WritingJob(
            plan=plan,
            images=images,
            paths=tuple(self._corpus.path_of(image) for image in images),
            random_key=f"{self._seed}/{attempt}/{revision}",
            staging=self._staging / str(attempt),
        )
        return await self._workers.run(write_draft, job)


def write_draft(job: WritingJob) -> Draft | None:
    """Runs the program and stores the images it derived."""
    pictures = [
        Picture(image, partial(cached_upright, path, image.sha256))
        for image, path in zip(job.images, job.paths, strict=True)
    ]
    program = program_named(job.plan.program)
    proposal = program.propose(pictures, random.Random(job.random_key))
    if proposal is None:
        return None
    return Draft(
        images=tuple(_image_ref(image, job) for image in proposal.images),
        question=proposal.question,
        options=proposal.options,
        answer=proposal.answer,
        roles=proposal.roles,
        evidence=proposal.evidence,
        skills=proposal.skills,
        pool=job.plan.pool,
        writer=program.name,
        claim=_claim(program.family, program.form, proposal),
    )


def _claim(family: str, form: str, proposal: Proposal) -> Claim:
    return Claim(family=family, form=form, terms=proposal.terms)


def _image_ref(image: int | Derived, job: WritingJob) -> ImageRef:
    if isinstance(image, int):
        return job.images[image].ref()
    return store_derived(image, [job.images[index] for index in image.parents], job.staging)


def store_derived(derived: Derived, parents: Sequence[ImageRef], folder: Path) -> ImageRef:
    """Encodes a derived image into ``folder``, named by its content, and describes it.

    Licence, attribution and source are those of its parents; several differing ones are joined.

    Raises:
        MifgError: If the file cannot be written.
    """
    pixels = Image.fromarray(derived.pixels)
    buffer = BytesIO()
    pixels.save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    content = buffer.getvalue()
    digest = sha256(content).hexdigest()
    path = folder / f"{digest}.jpg"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise unwritable(path, error) from error
    return ImageRef(
        sha256=digest,
        path=f"images/{path.name}",
        width=pixels.width,
        height=pixels.height,
        phash=str(imagehash.phash(decode_upright(content).convert("L"))),  # of the file: JPEG changes pixels
        license=_inherited_license([parent.license for parent in parents]),
        attribution="; ".join(dict.fromkeys(parent.attribution for parent in parents if parent.attribution)),
        source="; ".join(dict.fromkeys(parent.source for parent in parents if parent.source)),
        derived_from=tuple(parent.sha256 for parent in parents),
    )


def _inherited_license(licenses: Sequence[str]) -> str:
    """One licence if the parents agree, all of them if not, unknown as soon as one is."""
    return UNKNOWN_LICENSE if UNKNOWN_LICENSE in licenses else " AND ".join(sorted(set(licenses)))
