"""A small benchmark in the layout of V*, and models that answer it over the chat protocol."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web
from chat_server import chat_server, completion
from PIL import Image

from mifg_pipeline.config import BudgetSettings, EpisodeSettings, ServerSettings
from mifg_pipeline.evaluate.benchmarks import Benchmark
from mifg_pipeline.evaluate.plan import Plan
from mifg_pipeline.evaluate.players import ServerPlayer
from mifg_pipeline.evaluate.run import Evaluated, EvaluationFolder, Extent, evaluate

COLOURS = ("red", "green", "blue", "white")

Reply = Callable[[dict[str, Any]], str | web.Response]
"""What a model says to a decoded request, or what its server says instead."""


def write_vstar(folder: Path, count: int) -> Path:
    """Writes a benchmark whose key is always A, over pictures of 64 by 48 pixels."""
    lines = []
    for index in range(count):
        subset = "direct_attributes" if index % 2 else "relative_position"
        image = folder / subset / f"{index}.png"
        image.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (64, 48), (index % 256, index // 256, 90)).save(image)
        options = "\n".join(f"({letter}) {colour}" for letter, colour in zip("ABCD", COLOURS, strict=True))
        instruction = "Answer with the option's letter from the given choices directly."
        question = f"What is the colour of kite {index}?\n{options}\n{instruction}"
        line = {
            "image": f"{subset}/{index}.png",
            "text": question,
            "category": subset,
            "label": "A",
            "question_id": index,
        }
        lines.append(json.dumps(line))
    (folder / "test_questions.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def has_tools(request: dict[str, Any]) -> bool:
    """Whether a request tells the model of its tools."""
    return "visual_confirmation" in str(request["messages"][0]["content"])


def knows(request: dict[str, Any]) -> str:
    """A model that is always right."""
    del request
    return "<think>It is red.</think><answer>A</answer>"


@dataclass(frozen=True)
class Asked:
    """An evaluation with a model behind a server.

    Attributes:
        evaluated: What came of it.
        requests: That reached the server.
    """

    evaluated: Evaluated
    requests: int


def make_plan(**fields: Any) -> Plan:
    """A plan for the model ``seer``."""
    known = {"model": "seer", "weights": "", "server": "http://x/v1", "benchmark": "vstar", "seed": 0}
    return Plan.model_validate({**known, "temperature": 0.0, "episode": EpisodeSettings(), **fields})


def run_against(
    reply: Reply,
    benchmark: Benchmark,
    out: Path,
    extent: Extent = Extent("on", 1, False),  # noqa: B008 - frozen
    budget: BudgetSettings = BudgetSettings(),  # noqa: B008 - frozen
    **plan: Any,
) -> Asked:
    """Evaluates against a server that says these replies."""
    made = make_plan(**plan)

    def answer(body: dict[str, Any]) -> web.Response:
        said = reply(body)
        return said if isinstance(said, web.Response) else web.json_response(completion(said))

    async def run() -> Asked:
        async with chat_server(answer) as server:
            reached = ServerSettings(base_url=server.url, concurrency=4, patience=0.5)
            player = ServerPlayer("seer", reached, budget, {}, made.episode, made.temperature)

            def work() -> Evaluated:
                folder = EvaluationFolder(out)
                return evaluate(made, benchmark, extent, lambda: player, folder, lambda *_: None, lambda _: None)

            evaluated = await asyncio.to_thread(work)
            return Asked(evaluated, len(server.requests))

    return asyncio.run(run())
