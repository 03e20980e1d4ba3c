"""A model that says what a test tells it to, corpus images to show it, and attempts that it plays in."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mifg_pipeline.agents.answer_verifier import AnswerVerifier
from mifg_pipeline.agents.difficulty_critic import DifficultyCritic
from mifg_pipeline.agents.graph import build_graph, initial_state, recursion_limit
from mifg_pipeline.agents.image_curator import ImageCurator
from mifg_pipeline.agents.prober import Prober
from mifg_pipeline.agents.state import Agents
from mifg_pipeline.config import GenerateSettings, ModelSettings
from mifg_pipeline.items import CorpusImage, ImageRef
from mifg_pipeline.models.chat import ChatReply, ChatRequest, ImagePart, TextPart

SETTINGS = ModelSettings(model="scripted")

ASKED_QUESTION = {
    "question": "In which of Images 1 and 2 is the padlock open?",
    "answer_kind": "choice",
    "answer": "Image 2",
    "distractors": ["Image 1"],
    "evidence": [
        {"image": 1, "bbox": [100, 100, 140, 140], "label": "padlock"},
        {"image": 2, "bbox": [300, 200, 350, 240], "label": "padlock"},
    ],
    "skills": ["comparison"],
}


class ScriptedModel:
    """Gives the replies of each kind in turn, the last one again and again, and remembers the requests.

    A reply is a text, an object of the schema, or a function of the request that gives one of these.
    """

    def __init__(self, **replies: list[Any]) -> None:
        self._replies = replies
        self.requests: dict[str, list[ChatRequest]] = defaultdict(list)

    async def complete(self, request: ChatRequest) -> ChatReply:
        kind = request.schema.name
        replies = self._replies[kind]
        reply = replies[min(len(self.requests[kind]), len(replies) - 1)]
        self.requests[kind].append(request)
        reply = reply(request) if callable(reply) else reply
        text = reply if isinstance(reply, str) else json.dumps(reply)
        return ChatReply(request.key, text, None, "stop", prompt_tokens=100, completion_tokens=10, seconds=0.5)


@pytest.fixture
def scripted() -> type[ScriptedModel]:
    return ScriptedModel


@pytest.fixture
def settings() -> ModelSettings:
    return SETTINGS


@pytest.fixture
def asked_question() -> dict[str, Any]:
    """What a model writes of two images, in pixels of an image of 1000 × 800."""
    return json.loads(json.dumps(ASKED_QUESTION))


@pytest.fixture(scope="session")
def make_corpus_image(make_image_ref) -> Callable[..., CorpusImage]:
    """Builds a corpus image of 1000 × 800; keyword arguments replace its fields."""

    def make(name: str, **fields: Any) -> CorpusImage:
        ref = make_image_ref(name)
        defaults = {"pool": "train", "cluster": ref.sha256, "sharpness": 100.0}
        return CorpusImage(**{**ref.model_dump(), **defaults, **fields})

    return make


@pytest.fixture
def two_images(make_corpus_image) -> tuple[CorpusImage, CorpusImage]:
    return make_corpus_image("first", caption="a gate"), make_corpus_image("second", caption="a fence")


@pytest.fixture
def two_paths() -> tuple[Path, Path]:
    return Path("first.jpg"), Path("second.jpg")


@pytest.fixture(scope="session")
def shown() -> Callable[[ChatRequest], list[str]]:
    """The user's message of a request, images by their digests."""

    def parts_of(request: ChatRequest) -> list[str]:
        (user,) = (message for message in request.messages if message.role == "user")
        return [part.text if isinstance(part, TextPart) else part.sha256 for part in user.parts]

    return parts_of


@pytest.fixture(scope="session")
def data_of() -> Callable[[ChatRequest], Any]:
    """The block of data in a request; there is exactly one."""

    def data(request: ChatRequest) -> Any:
        text = "\n".join(
            part.text for message in request.messages for part in message.parts if not isinstance(part, ImagePart)
        )
        assert text.count("```") == 2
        return json.loads(text.split("```json\n")[1].split("\n```")[0])

    return data


GRAPH = build_graph()


@pytest.fixture
def last_state(make_corpus_image):
    """Runs an attempt over eight images in which one model, "big", writes and plays the given roles."""
    corpus = [make_corpus_image(f"gate {n}", phash=f"{n * 0x9E3779B97F4A7C15 % 2**64:016x}") for n in range(8)]

    def run(model: ScriptedModel, attempt: int = 0, **roles: Any) -> Any:
        settings = GenerateSettings(
            items=1,
            models={"big": {"model": "scripted"}},
            agents={"question_writer": {"big": 1}, **roles},
        )
        models = {"big": model}

        def locate(image: ImageRef, attempt: int) -> Path:
            return Path(image.path)

        prober = Prober(settings, models, locate)
        agents = Agents(
            settings=settings,
            curator=ImageCurator(corpus, settings),
            writer=None,
            critic=DifficultyCritic(settings, models, locate, prober),
            verifier=AnswerVerifier(settings, locate, readings={}, workers=None, prober=prober),
            locate=locate,
            models=models,
        )
        config = {"recursion_limit": recursion_limit(settings.max_rounds)}
        return asyncio.run(GRAPH.ainvoke(initial_state(attempt), config, context=agents))

    return run
