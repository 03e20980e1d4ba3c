"""Puts the agents' own requests to the simulated world, over the bytes that would go to a server."""

import random
import shutil
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from mifg_pipeline.agents.inventory import inventory_request, placed
from mifg_pipeline.agents.judge import judgement_request
from mifg_pipeline.agents.model_writer import Commission, question_request
from mifg_pipeline.agents.places import model_frame
from mifg_pipeline.agents.probe_view import ProbeView
from mifg_pipeline.agents.prober import solution_request
from mifg_pipeline.agents.replies import Inventory, Judgement, Selection, Solution, WrittenQuestion
from mifg_pipeline.agents.selection import selection_request
from mifg_pipeline.agents.state import ImageInventory, Plan
from mifg_pipeline.agents.variation import Variation, vary
from mifg_pipeline.agents.written_draft import draft_of
from mifg_pipeline.config import GateSettings, ModelSettings
from mifg_pipeline.corpus import Corpus, index_corpus
from mifg_pipeline.items import CorpusImage, Draft
from mifg_pipeline.models.chat import ChatRequest, ImagePart
from mifg_pipeline.models.protocol import encode_request
from mifg_pipeline.models.rendering import render_image
from mifg_pipeline.models.reply_schema import reply_schema
from mifg_pipeline.stub.parse_chat import parse_chat
from mifg_pipeline.stub.world import World, WorldSettings

SETTINGS = ModelSettings(model="stub")
GATES = GateSettings()

_PIXELS = 100_000
"""A tenth of a first view, which saves time."""
LOW_BELOW = 0.07
"""So that it does not count as low resolution."""

ALL = ProbeView("difficulty", pixels=_PIXELS)
BLIND = ProbeView("blind", pixels=0)
LOW = ProbeView("glance", pixels=_PIXELS // 2)
CROPS = ProbeView("focus", pixels=_PIXELS, with_details=True)


def without(image: int) -> ProbeView:
    return ProbeView("necessity", pixels=_PIXELS, withheld=image)


def indexed_copy_of_shipped_corpus(root: Path) -> Corpus:
    shutil.copytree(str(files("mifg_pipeline") / "data"), root, ignore=shutil.ignore_patterns("corpus.parquet"))
    index_corpus(root, workers=1)
    return Corpus.open(root)


class Asker:
    """Asks a world of the corpus with these settings."""

    def __init__(self, corpus: Corpus, settings: ModelSettings = SETTINGS, **world: Any) -> None:
        self.corpus = corpus
        self.settings = settings
        self.world = World(corpus, WorldSettings(**{"low_below": LOW_BELOW, **world}))
        self.scenes = [image for image in corpus.images if image.path.startswith("scenes/")]

    def reply(self, request: ChatRequest, reply_type: Any) -> Any:
        return reply_type.model_validate(self.world.reply(parse_chat(body_of(request, reply_type))))

    def inventory(self, image: CorpusImage) -> ImageInventory:
        request = inventory_request(image, self.corpus.path_of(image), self.settings)
        return placed(self.reply(request, Inventory), model_frame(image.width, image.height, self.settings))

    def selection(self, candidates: Sequence[CorpusImage], sample: int = 0) -> Selection:
        inventories = [self.inventory(image) for image in candidates]
        return self.reply(selection_request(candidates, inventories, self.settings, sample=sample), Selection)

    def commission(self, images: Sequence[CorpusImage], sample: int = 0, **fields: Any) -> Commission:
        plan = Plan(program="model/stub", images=tuple(image.sha256 for image in images), pool="train")
        paths = tuple(self.corpus.path_of(image) for image in images)
        unset = {"previous": None, "problems": (), "sample": sample, "random_key": str(sample)}
        return Commission(plan=plan, images=tuple(images), paths=paths, **{**unset, **fields})

    def question(self, commission: Commission) -> WrittenQuestion:
        return self.reply(question_request(commission, self.settings, GATES), WrittenQuestion)

    def draft(self, images: Sequence[CorpusImage], sample: int = 0) -> Draft:
        """What the world writes about these images, as the question writer reads it."""
        frames = [model_frame(image.width, image.height, self.settings) for image in images]
        written = self.question(self.commission(images, sample))
        return draft_of(written, images, frames, pool="train", writer="model/stub", rng=random.Random(sample))

    def drafts(self, count: int, sizes: Sequence[int] = (2, 3, 4, 5)) -> list[Draft]:
        """That many drafts, each about scenes drawn at random."""
        rng = random.Random(f"{count} {sizes}")
        return [self.draft(rng.sample(self.scenes, rng.choice(sizes)), sample) for sample in range(count)]

    def judgement(self, draft: Draft) -> Judgement:
        return self.reply(judgement_request(draft, self._paths(draft), self.settings), Judgement)

    def solve(self, draft: Draft, view: ProbeView, sample: int = 0) -> tuple[Variation, str]:
        """The question as one attempt puts it, and the answer to that."""
        rng = random.Random(f"{draft.compute_id()} {view.name} {sample}")
        variation = vary(draft, rng, permute=view.is_permuted, may_give_up=view.withheld is not None)
        request = solution_request(variation, view, self._paths(variation.draft), self.settings, sample)
        return variation, self.reply(request, Solution).answer

    def right_share(self, drafts: Sequence[Draft], view: ProbeView, attempts: int) -> float:
        """Share of right answers."""
        solved = [self.solve(draft, view, sample) for draft in drafts for sample in range(attempts)]
        return sum(variation.is_right(answer) for variation, answer in solved) / len(solved)

    def _paths(self, draft: Draft) -> list[Path]:
        return [self.corpus.path_of(image) for image in draft.images]


def body_of(request: ChatRequest, reply_type: Any) -> bytes:
    """The request's body as the client sends it."""
    request = ChatRequest(**{**vars(request), "schema": reply_schema(reply_type)})
    parts = [part for message in request.messages for part in message.parts if isinstance(part, ImagePart)]
    return encode_request(request, {part: _rendered(part) for part in parts}, "max_tokens")


@cache
def _rendered(part: ImagePart) -> bytes:
    return render_image(part)
