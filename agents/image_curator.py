"""Image curator: chooses which program or model asks about which images.

Image sets lie within one pool, hold no near-duplicates, and are of one kind where the corpus has kinds (the images of a
set share a category), so that a question cannot be answered by telling a drawing from a photograph.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from mifg_pipeline.agents.shares import family_weights, writer_shares
from mifg_pipeline.agents.state import MODEL_FAMILY, Plan
from mifg_pipeline.config import PROGRAM, GenerateSettings
from mifg_pipeline.errors import MifgError
from mifg_pipeline.items import POOLS, UNKNOWN_LICENSE, CorpusImage, Pool
from mifg_pipeline.programs import Program, all_programs

NO_CATEGORY = ""

Pick = Callable[[Sequence[int]], int]
"""Picks one of several numbers of images."""

_FEWEST_FOR_MODELS = 2
_MOST_FOR_MODELS = 4
"""Images of a model-written question where no model picks them."""


@dataclass(frozen=True)
class Shelf:
    """The images of one pool that one program accepts.

    Attributes:
        images: In order of the corpus.
        by_category: The same by category; images without one share the empty category.
    """

    images: tuple[CorpusImage, ...]
    by_category: dict[str, tuple[CorpusImage, ...]]

    @classmethod
    def of(cls, images: Iterable[CorpusImage]) -> "Shelf":
        """Sorts images into a shelf."""
        images = tuple(images)
        by_category: dict[str, list[CorpusImage]] = defaultdict(list)
        for image in images:
            for category in image.categories or (NO_CATEGORY,):
                by_category[category].append(image)
        return cls(images, {name: tuple(members) for name, members in by_category.items()})


class ImageCurator:
    """Plans attempts over the usable images of a corpus.

    Args:
        images: The corpus.
        settings: Of the run.
        unavailable: Families that cannot run here, with the reason.

    Attributes:
        set_aside: Number of images that are not used, by reason.
        families_off: Program families that no attempt can use, with the reason.

    Raises:
        MifgError: If no program can ask about any image.
    """

    def __init__(
        self, images: Sequence[CorpusImage], settings: GenerateSettings, unavailable: dict[str, str] | None = None
    ) -> None:
        self._seed = settings.seed
        self._near_duplicate_distance = settings.gates.near_duplicate_distance
        self._images = {image.sha256: image for image in images}
        self.set_aside: Counter[str] = Counter()
        usable = [image for image in images if self._is_usable(image, settings)]
        self._shelves: dict[str, dict[Pool, Shelf]] = {}
        self.families_off: dict[str, str] = {}
        self._forms: dict[str, list[Program]] = {}
        self._weights: dict[str, float] = {}
        self._writers = writer_shares(settings)
        self._candidates = None if settings.agents.image_curator == PROGRAM else settings.agents.candidates
        if PROGRAM in self._writers:
            for family, weight in family_weights(settings).items():
                self._open_family(family, weight, usable, unavailable or {})
        if self._writers.keys() - {PROGRAM}:
            self._shelves[MODEL_FAMILY] = _shelves(usable, _FEWEST_FOR_MODELS)
        self._require_something_to_ask(len(usable))

    def image(self, sha256: str) -> CorpusImage:
        """The corpus image with that digest."""
        return self._images[sha256]

    @property
    def families_on(self) -> tuple[str, ...]:
        """Families of the writers that attempts use: those of programs, and ``model`` where models write."""
        return (*self._weights, *([MODEL_FAMILY] if MODEL_FAMILY in self._shelves else []))

    def pool_sizes(self, family: str) -> dict[Pool, int]:
        """Per pool, how many images some program of the family accepts, or models are shown."""
        names = [family] if family == MODEL_FAMILY else [program.name for program in self._forms.get(family, [])]
        shelves = [self._shelves[name] for name in names if name in self._shelves]
        return {pool: max((len(s[pool].images) for s in shelves if pool in s), default=0) for pool in POOLS}

    def plan(self, attempt: int) -> Plan | None:
        """Draws a writer and a set of images for an attempt, or None where the set did not come together.

        Where a model picks images, the set of a model-written question is what it picks from. The plan depends on
        nothing but the corpus, the settings and the index of the attempt.
        """
        writer = self._draw_writer(attempt)
        rng = random.Random(f"{self._seed}/{attempt}/plan")
        if writer == PROGRAM:
            family = rng.choices(list(self._weights), weights=list(self._weights.values()))[0]
            program = rng.choice(self._forms[family])
            return self._draw_plan(program.name, self._shelves[program.name], program.picture_counts, rng, rng.choice)
        counts = range(_FEWEST_FOR_MODELS, (self._candidates or _MOST_FOR_MODELS) + 1)
        pick = rng.choice if self._candidates is None else max
        return self._draw_plan(f"{MODEL_FAMILY}/{writer}", self._shelves[MODEL_FAMILY], counts, rng, pick)

    def _draw_writer(self, attempt: int) -> str:
        """Draws by itself, so that an attempt that falls to programs is the same whatever share models have."""
        rng = random.Random(f"{self._seed}/{attempt}/writer")
        return rng.choices(list(self._writers), weights=list(self._writers.values()))[0]

    def _draw_plan(
        self, writer: str, shelves: dict[Pool, Shelf], counts: range, rng: random.Random, pick: Pick
    ) -> Plan | None:
        pool = rng.choices(list(shelves), weights=[len(shelf.images) for shelf in shelves.values()])[0]
        chosen = self._draw_set(shelves[pool], counts, rng, pick)
        if chosen is None:
            return None
        return Plan(program=writer, images=tuple(image.sha256 for image in chosen), pool=pool)

    def _is_usable(self, image: CorpusImage, settings: GenerateSettings) -> bool:
        reason = (
            "too small"
            if min(image.width, image.height) < settings.gates.min_image_side
            else "blurred"
            if image.sharpness < settings.min_sharpness
            else "unknown licence"
            if settings.gates.require_license and image.license == UNKNOWN_LICENSE
            else ""
        )
        if reason:
            self.set_aside[reason] += 1
        return not reason

    def _open_family(
        self, family: str, weight: float, usable: Sequence[CorpusImage], unavailable: dict[str, str]
    ) -> None:
        if family in unavailable:
            self.families_off[family] = unavailable[family]
            return
        programs = [program for program in all_programs() if program.family == family]
        for program in programs:
            accepted = [image for image in usable if program.accepts(image)]
            self._shelves[program.name] = _shelves(accepted, program.picture_counts[0])
        self._forms[family] = [program for program in programs if self._shelves[program.name]]
        if self._forms[family]:
            self._weights[family] = weight
            return
        del self._forms[family]
        fitting = sum(any(program.accepts(image) for program in programs) for image in usable)
        self.families_off[family] = f"{fitting} of {len(usable)} usable images fit, too few in any pool"

    def _require_something_to_ask(self, usable: int) -> None:
        remedy = "Add images (2 usable ones in one pool are the least), or relax the settings that set images aside."
        if PROGRAM in self._writers and not self._forms:
            reasons = "; ".join(f"{family}: {reason}" for family, reason in self.families_off.items())
            raise MifgError(
                f"No program can ask about these images ({reasons or 'every family has weight 0'}).", remedy
            )
        if self._shelves.get(MODEL_FAMILY) == {}:
            raise MifgError(f"Models cannot ask about these images ({usable} are usable, too few in any pool).", remedy)

    def _draw_set(self, shelf: Shelf, counts: range, rng: random.Random, pick: Pick) -> list[CorpusImage] | None:
        anchor = rng.choice(shelf.images)
        category = rng.choice(anchor.categories or (NO_CATEGORY,))
        kin = shelf.by_category[category]
        candidates = kin if len(kin) >= counts[0] else shelf.images
        count = pick([n for n in counts if n <= len(candidates)])
        chosen = [anchor]
        for image in rng.sample(candidates, min(len(candidates), 4 * count)):
            if len(chosen) == count:
                break
            if all(self._differ(image, other) for other in chosen):
                chosen.append(image)
        rng.shuffle(chosen)
        return chosen if len(chosen) in counts else None

    def _differ(self, first: CorpusImage, second: CorpusImage) -> bool:
        distance = (int(first.phash, 16) ^ int(second.phash, 16)).bit_count()
        return first.cluster != second.cluster and distance > self._near_duplicate_distance


def _shelves(images: Sequence[CorpusImage], least: int) -> dict[Pool, Shelf]:
    """The images by pool, without pools that have fewer than ``least``."""
    by_pool = {pool: Shelf.of(image for image in images if image.pool == pool) for pool in POOLS}
    return {pool: shelf for pool, shelf in by_pool.items() if len(shelf.images) >= least}
