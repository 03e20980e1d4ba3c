"""A real language model, SmolLM2-135M behind llama.cpp's server, attempts drafts without seeing their images."""

import asyncio
import subprocess
from pathlib import Path

import pytest

from mifg_pipeline.agents.difficulty_critic import DifficultyCritic
from mifg_pipeline.agents.prober import Prober, Subject
from mifg_pipeline.config import GenerateSettings
from mifg_pipeline.items import Answer
from mifg_pipeline.models.openai_client import OpenAIChat
from mifg_pipeline.models.rendering import ImageRenderer

ROOT = Path(__file__).parents[2]
SERVE = [ROOT / ".venv-llm" / "bin" / "python", ROOT / "tests" / "support" / "llama_server.py"]


@pytest.fixture(scope="module")
def settings():
    """A run with the blind probe alone, and that model as its only solver."""
    with subprocess.Popen(SERVE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        server_settings = {"base_url": server.stdout.readline().decode().strip()}
        yield GenerateSettings.model_validate(
            {
                "items": 1,
                "models": {"smol": {"model": "smollm2", "max_tokens": 200, "server": server_settings}},
                "agents": {"solvers": ["smol"]},
                "probes": {"necessity": None, "glance": None, "difficulty_attempts": 0},
            }
        )
        server.stdin.close()


def criticise(draft, settings):
    async def run():
        with ImageRenderer() as renderer:
            async with OpenAIChat(settings.models["smol"].server, renderer, {}) as client:
                models, locate = {"smol": client}, lambda image, attempt: Path(image.path)
                critic = DifficultyCritic(settings, models, locate, Prober(settings, models, locate))
                return (await critic.criticise(Subject(draft, 0, 0))).findings

    return asyncio.run(run())


@pytest.fixture(scope="module")
def of_knowledge(settings, make_draft):
    """What the blind probe makes of a question that takes no look at the images."""
    question = "What is the capital of France, which is written on the sign in Image 1?"
    return criticise(make_draft(question=question, options=None, answer=Answer(kind="text", value="Paris")), settings)


def test_what_the_model_knows_without_looking_is_rejected(of_knowledge):
    result = of_knowledge.result_of("blind")
    assert not result.passed
    assert "answered without images" in result.reason


def test_replies_fit_the_schema_at_the_first_time(of_knowledge):
    (probe,) = of_knowledge.probes
    assert len(of_knowledge.calls) == probe.attempts
    assert all(probe.answers)


def test_what_takes_a_look_passes(settings, make_draft):
    draft = make_draft(
        question="What colour is the kite in Image 2?",
        options=("red", "blue", "yellow", "green"),
        answer=Answer(kind="choice", value="C"),
    )
    assert criticise(draft, settings).result_of("blind").passed
