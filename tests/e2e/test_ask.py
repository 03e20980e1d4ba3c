"""`mifg ask` plays IMAgent with a checkpoint and with a model behind a server, and names what is wrong."""

import json
import re
import shlex
import shutil
from importlib.resources import files
from pathlib import Path

import pytest
from aiohttp import web
from app_thread import app_thread
from chat_server import completion
from PIL import Image
from stub_process import running_stub
from tiny_model import write_tiny_model

from mifg_pipeline.config import EpisodeSettings
from mifg_pipeline.imagent.end_reason import EndReason

PAGE = (Path(__file__).parents[2] / "docs" / "ask.md").read_text()
QUESTION = ("--question", "Which image is darker?")
CONFIRM = (
    '<tool_call>{"name": "visual_confirmation", "arguments": {"image": 2, "bbox_2d": [100, 100, 300, 200]}}</tool_call>'
)


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """Two image files."""
    folder = tmp_path_factory.mktemp("images")
    paths = [folder / "grey.png", folder / "blue.jpg"]
    Image.effect_noise((160, 120), 60).convert("RGB").save(paths[0])
    Image.new("RGB", (200, 100), "navy").save(paths[1])
    return paths


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """A checkpoint whose weights are random."""
    folder = tmp_path_factory.mktemp("checkpoint")
    write_tiny_model(folder)
    return folder


@pytest.fixture
def seer():
    """A server whose model looks at a part of Image 2 and then answers."""

    async def complete(request):
        turns = sum(message["role"] == "assistant" for message in (await request.json())["messages"])
        return web.json_response(completion(["<think>Dark?</think>" + CONFIRM, "<answer>2</answer>"][turns]))

    app = web.Application(client_max_size=1 << 24)
    app.router.add_post("/v1/chat/completions", complete)
    with app_thread(app) as server:
        yield server.url


def error_of(done):
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    return line


def test_a_model_behind_a_server_looks_and_answers(mifg, images, seer, tmp_path):
    out = tmp_path / "out"
    done = mifg("ask", *images, "--model", "seer", "--server", seer, *QUESTION, "--out", out)
    assert "shown: [20, 10, 60, 20] of image 2" in done.stdout
    assert "end: answered" in done.stdout
    assert "answer: 2" in done.stdout
    trajectory = json.loads((out / "trajectory.json").read_text())
    assert trajectory["answer"] == "2"
    (view,) = trajectory["views"][2:]
    crop = Image.open(out / "turn-1-image-2.png")
    assert crop.size == (view["width"], view["height"])
    assert max(crop.getpixel((5, 5))[:2]) < 40


@pytest.mark.slow
def test_a_checkpoint_is_asked_here_and_says_the_same_for_the_same_seed(mifg, images, checkpoint, tmp_path):
    def trajectory(name, seed):
        sampling = ("--temperature", 1, "--seed", seed, "--set", "max_turn_tokens=16")
        done = mifg("ask", *images, "--model", checkpoint, *QUESTION, *sampling, "--out", tmp_path / name)
        assert "end: " in done.stdout
        return json.loads((tmp_path / name / "trajectory.json").read_text())

    first = trajectory("first", 1)
    assert first == trajectory("again", 1)
    assert first != trajectory("other", 2)
    assert first["tracks"]["token_ids"]
    assert [view["box"] for view in first["views"][:2]] == [None, None]


def test_a_stub_that_says_nothing_of_use_gives_no_answer(mifg, images):
    with running_stub() as stub:
        done = mifg(
            "ask", *images, "--model", "stub", "--server", stub.url, *QUESTION, "--option", "1", "--option", "2"
        )
    assert "end: no_answer" in done.stdout


def test_a_missing_image(mifg, images, tmp_path, seer):
    done = mifg("ask", tmp_path / "gone.png", "--model", "seer", "--server", seer, *QUESTION, status=1)
    assert "gone.png cannot be read (No such file or directory). Name the file of an image." in error_of(done)


def test_a_damaged_image(mifg, images, tmp_path, seer):
    damaged = tmp_path / "damaged.png"
    damaged.write_bytes(images[0].read_bytes()[:500])
    done = mifg("ask", images[0], damaged, "--model", "seer", "--server", seer, *QUESTION, status=1)
    assert "damaged.png cannot be used as an image" in error_of(done)


def test_no_question_and_no_image_are_wrong_usage(mifg, images):
    assert "--question" in mifg("ask", *images, "--model", "seer", status=2).stderr
    assert "IMAGES" in mifg("ask", "--model", "seer", *QUESTION, status=2).stderr.upper()


def test_an_empty_question(mifg, images, seer):
    done = mifg("ask", *images, "--model", "seer", "--server", seer, "--question", " ", status=1)
    assert "The question is empty" in error_of(done)


def test_a_single_option(mifg, images, seer):
    done = mifg("ask", *images, "--model", "seer", "--server", seer, *QUESTION, "--option", "1", status=1)
    assert "Give 2 to 10" in error_of(done)


def test_more_images_than_an_episode_may_show(mifg, images, seer):
    done = mifg("ask", *images, "--model", "seer", "--server", seer, *QUESTION, "--set", "max_images=1", status=1)
    assert "2 images, and an episode may have 1" in error_of(done)


def test_a_setting_that_does_not_exist(mifg, images, seer):
    done = mifg("ask", *images, "--model", "seer", "--server", seer, *QUESTION, "--set", "max_tunrs=1", status=1)
    assert "max_tunrs" in error_of(done)


def test_both_a_folder_and_a_server(mifg, images, seer, tmp_path):
    done = mifg("ask", *images, "--model", tmp_path, "--server", seer, *QUESTION, status=1)
    assert "Leave out --server" in error_of(done)


@pytest.mark.parametrize("model", ["./gone", "/gone/checkpoint"])
def test_a_folder_that_does_not_exist(mifg, images, model):
    assert f"There is no folder {model}." in error_of(mifg("ask", *images, "--model", model, *QUESTION, status=1))


def test_a_model_of_openai_without_a_key(mifg, images, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert "Set OPENAI_API_KEY" in error_of(mifg("ask", *images, "--model", "seer", *QUESTION, status=1))


@pytest.mark.slow
def test_a_folder_that_is_no_checkpoint(mifg, images, tmp_path):
    done = mifg("ask", *images, "--model", tmp_path, *QUESTION, status=1)
    assert "has no config.json" in error_of(done)


def test_what_is_too_long_for_the_server(mifg, images):
    with running_stub("--context", 100) as stub:
        done = mifg("ask", *images, "--model", "stub", "--server", stub.url, *QUESTION, status=1)
    assert "end: infra_error" in done.stdout
    assert "maximum context length is 100 tokens" in error_of(done)


def test_an_output_folder_that_cannot_be_written(mifg, images, seer, tmp_path):
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "out"
    done = mifg("ask", *images, "--model", "seer", "--server", seer, *QUESTION, "--out", out, status=1)
    assert "Give another folder with --out" in error_of(done)


@pytest.mark.slow
def test_the_commands_of_the_page_work(mifg, checkpoint, seer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(str(files("mifg_pipeline") / "data" / "photos"), "photos")
    Path("tiny").symlink_to(checkpoint)
    with_checkpoint, _, with_server = re.findall(r"^mifg (ask .*)$", PAGE, re.MULTILINE)
    mifg(*shlex.split(with_checkpoint))
    assert "answer: 2" in mifg(*shlex.split(with_server.replace("http://localhost:8000/v1", seer))).stdout
    assert {path.name for path in Path("looked").iterdir()} == {"trajectory.json", "turn-1-image-2.png"}


def test_the_page_lists_every_end_and_every_setting_with_its_default():
    for end in EndReason:
        assert f"| `{end.value}` |" in PAGE
    for name, field in EpisodeSettings.model_fields.items():
        (row,) = [line for line in PAGE.splitlines() if line.startswith("| `") and f"`{name}`" in line.split("|")[1]]
        if field.default is not None:
            assert str(field.default).lower() in row
