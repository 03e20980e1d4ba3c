"""A real vLLM server under the server of a run: it is started, replies to a schema, and leaves nothing behind."""

import asyncio
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from processes import wait_for_end

from mifg_pipeline.agents.replies import Judgement
from mifg_pipeline.errors import MifgError
from mifg_pipeline.models.chat import ChatRequest, ImagePart, Message, RequestRefused, TextPart
from mifg_pipeline.models.openai_client import OpenAIChat
from mifg_pipeline.models.rendering import ImageRenderer
from mifg_pipeline.models.server import check_interpreter, served
from mifg_pipeline.models.structured import ask

OWNER = """
import asyncio, sys
from pathlib import Path
from mifg_pipeline.config import GenerateSettings
from mifg_pipeline.models.server import served

async def own():
    async with served(GenerateSettings.model_validate_json(sys.argv[1]), Path(sys.argv[2])):
        print("up", flush=True)
        await asyncio.Event().wait()

asyncio.run(own())
"""

SHARED_MEMORY = Path("/dev/shm")


@pytest.fixture(scope="module")
def served_model(settings_to_serve, tmp_path_factory):
    """The settings of the served model, a client of it, and what runs coroutines."""
    settings = settings_to_serve()
    check_interpreter(settings.serve)
    log = tmp_path_factory.mktemp("logs") / "server.log"
    with asyncio.Runner() as runner, ImageRenderer() as renderer:
        server = served(settings, log)
        model = runner.run(server.__aenter__()).models["served"]
        client = OpenAIChat(model.server, renderer, {})
        yield model, client, runner.run
        runner.run(client.aclose())
        runner.run(server.__aexit__(None, None, None))


def picture(folder, name, colour):
    path = folder / f"{name}.png"
    cv2.imwrite(str(path), np.full((224, 224, 3), colour, np.uint8))
    return ImagePart(hashlib.sha256(path.read_bytes()).hexdigest(), path)


def request(model, *parts):
    return ChatRequest(
        model=model.model,
        messages=(Message("user", parts),),
        purpose="test",
        temperature=model.temperature,
        extra_body=model.extra_body,
    )


def test_two_images_are_answered_by_a_reply_that_fits_the_schema(served_model, tmp_path):
    model, client, run = served_model
    images = picture(tmp_path, "red", (0, 0, 255)), picture(tmp_path, "blue", (255, 0, 0))
    parts = (TextPart("Image 1:"), images[0], TextPart("Image 2:"), images[1], TextPart("Question: which is red?"))
    asked = run(ask(client, request(model, *parts), Judgement, model))
    assert (asked.fault, len(asked.replies)) == ("", 1)
    assert isinstance(asked.value, Judgement)


def test_an_image_takes_prompt_tokens(served_model, tmp_path):
    model, client, run = served_model
    text = TextPart("Question: which is red?")
    without = run(client.complete(request(model, text)))
    with_one = run(client.complete(request(model, picture(tmp_path, "red", (0, 0, 255)), text)))
    assert with_one.prompt_tokens >= without.prompt_tokens + 64


def test_a_prompt_beyond_the_context_is_refused_for_this_request_alone(served_model):
    model, client, run = served_model
    with pytest.raises(RequestRefused):
        run(client.complete(request(model, TextPart("x" * 100_000))))
    assert run(client.complete(request(model, TextPart("Question: 1?")))).completion_tokens > 0


def test_a_model_that_the_server_does_not_know_stops_the_run_and_lists_those_that_it_does(served_model):
    model, client, run = served_model
    unknown = model.model_copy(update={"model": "other"})
    with pytest.raises(MifgError, match="tiny-qwen"):
        run(client.complete(request(unknown, TextPart("Question: 1?"))))


def test_arguments_that_vllm_does_not_know_are_reported_in_its_own_words(settings_to_serve, tmp_path):
    async def start():
        async with served(settings_to_serve("serve.arguments=[--no-such-option]"), tmp_path / "server.log"):
            pytest.fail("it started")

    with pytest.raises(MifgError, match=r"status 2.*\nerror: unrecognized arguments: --no-such-option"):
        asyncio.run(start())


def test_all_processes_of_the_server_end_when_its_owner_is_killed(settings_to_serve, tmp_path):
    shared_memory = set(SHARED_MEMORY.glob("psm_*"))
    settings = settings_to_serve().model_dump_json()
    command = [sys.executable, "-c", OWNER, settings, tmp_path / "server.log"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as owner:
        assert owner.stdout.readline() == b"up\n"
        descendants = descendants_of(owner.pid)
        assert len(descendants) >= 3, "the keeper, the server and its engine"
        owner.kill()
    for pid in descendants:
        wait_for_end(pid, seconds=30)
    assert set(SHARED_MEMORY.glob("psm_*")) <= shared_memory


def descendants_of(pid):
    children = [int(child) for task in os.scandir(f"/proc/{pid}/task") for child in read_children(task.path)]
    return children + [grandchild for child in children for grandchild in descendants_of(child)]


def read_children(task):
    return Path(task, "children").read_text().split()
