"""What is wrong with models, servers, prompts or settings ends in an error with its remedy; then the run goes on."""

import itertools
import shutil
from pathlib import Path

import pytest
from aiohttp import web
from app_thread import app_thread
from model_runs import ALL_ROLES, finished_calls, lines_of, settings_file
from stub_process import running_stub

import mifg_pipeline
from mifg_pipeline.corpus import Corpus
from mifg_pipeline.stub.server import StubServer
from mifg_pipeline.stub.settings import StubSettings
from mifg_pipeline.stub.world import World, WorldSettings

pytestmark = pytest.mark.slow

KEY_VARIABLE = "SEER_KEY"
SERVER = {"api_key_env": KEY_VARIABLE, "patience": 1}


def generate(mifg, scenes, run, settings, *arguments, items=1, status=0):
    command = ("generate", "--corpus", scenes, "--out", run, "--config", settings, "--items", items)
    return mifg(*command, "--concurrency", 8, *arguments, status=status)


def error_of(done):
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    return line


@pytest.fixture(scope="module")
def world(scenes):
    """A server that takes everything."""
    with running_stub("--world", scenes) as stub:
        yield stub


def assert_goes_on(mifg, scenes, run, world, tmp_path):
    """The same command makes the item once the server is as it should be."""
    generate(mifg, scenes, run, settings_file(tmp_path / "mended.yaml", world.url, server=SERVER))
    assert len(lines_of(run / "candidates.jsonl")) == 1


def test_no_key(mifg, scenes, world, tmp_path, monkeypatch):
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    settings = settings_file(tmp_path / "settings.yaml", None, server=SERVER)
    for check in (("--check",), ()):
        error = error_of(generate(mifg, scenes, tmp_path / "run", settings, *check, status=1))
        assert f"the environment variable {KEY_VARIABLE} is not set. Set {KEY_VARIABLE}, or" in error
    assert_goes_on(mifg, scenes, tmp_path / "run", world, tmp_path)


def test_a_wrong_key(mifg, scenes, tmp_path, monkeypatch):
    with running_stub("--world", scenes, "--api-key", "right") as stub:
        settings = settings_file(tmp_path / "settings.yaml", stub.url, server=SERVER)
        monkeypatch.setenv(KEY_VARIABLE, "wrong-and-secret")
        refused = generate(mifg, scenes, tmp_path / "run", settings, status=1)
        assert f"Put a valid key into the environment variable {KEY_VARIABLE}" in error_of(refused)
        assert "secret" not in refused.stderr
        monkeypatch.setenv(KEY_VARIABLE, "right")
        generate(mifg, scenes, tmp_path / "run", settings)


CAUSES = {
    "unknown model": (("--model", "big", "--model", "small"), ("serves no model 'stub'", "big, small")),
    "text-only server": (("--text-only",), ("takes no images", "Name a vision-language model")),
    "context overflow": (("--context", 1500), ("refused 20 requests", "maximum context length is 1500 tokens", "Mend")),
    "context too short for several images": (
        ("--context", 5000),
        ("refused 20 requests", "maximum context length is 5000 tokens", "Mend"),
    ),
    "too large image": (("--max-image-bytes", 9000), ("refused 20 requests", "larger than 9000 bytes", "Mend")),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_a_server_that_does_not_take_the_requests(cause, mifg, scenes, world, tmp_path):
    flags, complaints = CAUSES[cause]
    with running_stub("--world", scenes, *flags) as stub:
        settings = settings_file(tmp_path / "settings.yaml", stub.url, server=SERVER)
        error = error_of(generate(mifg, scenes, tmp_path / "run", settings, status=1))
        assert all(complaint in error for complaint in complaints), error
        assert stub.requests < 1000
    assert_goes_on(mifg, scenes, tmp_path / "run", world, tmp_path)


def test_a_server_out_of_reach(mifg, scenes, world, tmp_path, dead_url):
    settings = settings_file(tmp_path / "settings.yaml", dead_url, server=SERVER)
    checked = error_of(generate(mifg, scenes, tmp_path / "run", settings, "--check", status=1))
    assert f"Cannot reach {dead_url}: Connection refused. Start the server, or correct" in checked
    error = error_of(generate(mifg, scenes, tmp_path / "run", settings, status=1))
    assert f"No reply from {dead_url}" in error
    assert "run the same command again: it resumes" in error
    assert_goes_on(mifg, scenes, tmp_path / "run", world, tmp_path)


def ten_megabytes(content: bytes) -> bytes:
    return content.replace(b'"content": "', b'"content": "' + b"z" * 10_000_000)


def invalid_utf8(content: bytes) -> bytes:
    return content.replace(b'"content": "', b'"content": "\xff\xfe\xc3')


@pytest.mark.parametrize("spoil", [ten_megabytes, invalid_utf8])
def test_unusable_replies_cost_no_more_than_themselves(spoil, mifg, scenes, tmp_path):
    numbers = itertools.count()

    @web.middleware
    async def spoiling(request, handler):
        response = await handler(request)
        if request.method == "POST" and next(numbers) % 10 == 0:
            return web.Response(body=spoil(response.body), content_type="application/json")
        return response

    app = StubServer(StubSettings(), World(Corpus.open(scenes), WorldSettings())).application()
    app.middlewares.append(spoiling)
    with app_thread(app) as server:
        settings = settings_file(tmp_path / "settings.yaml", server.url, server=SERVER)
        generate(mifg, scenes, tmp_path / "run", settings, items=2)
    assert len(lines_of(tmp_path / "run" / "candidates.jsonl")) == 2
    assert finished_calls(tmp_path / "run") == next(numbers)


def test_replies_that_are_never_usable_name_what_they_stopped(mifg, scenes, tmp_path):
    @web.middleware
    async def spoiling(request, handler):
        response = await handler(request)
        return web.Response(body=ten_megabytes(response.body), content_type="application/json")

    app = StubServer(StubSettings()).application()
    app.middlewares.append(spoiling)
    with app_thread(app) as server:
        settings = settings_file(tmp_path / "settings.yaml", server.url, server=SERVER, attempts=3)
        error = error_of(generate(mifg, scenes, tmp_path / "run", settings, status=1))
    assert "Only 0 of 1 items after 3 attempts; rejected by: image_curator (3)" in error
    reasons = {line["reason"] for line in lines_of(tmp_path / "run" / "rejected.jsonl")}
    assert reasons == {"no inventory could be read: it is far too long"}


def test_a_prompt_with_an_undefined_variable(mifg, scenes, world, tmp_path, monkeypatch):
    package = tmp_path / "edited" / "mifg_pipeline"
    package.mkdir(parents=True)
    for entry in Path(mifg_pipeline.__file__).parent.iterdir():
        (package / entry.name).symlink_to(entry)
    (package / "prompts").unlink()
    shutil.copytree(Path(mifg_pipeline.__file__).parent / "prompts", package / "prompts")
    prompt = package / "prompts" / "judgement.md"
    whole = prompt.read_text()
    prompt.write_text(whole.replace("{{ question }}", "{{ question }} {{ mood }}"))
    monkeypatch.chdir(package.parent)  # comes first where modules are looked for
    settings = settings_file(tmp_path / "settings.yaml", world.url, server=SERVER)
    before = world.requests
    for check in (("--check",), ()):
        error = error_of(generate(mifg, scenes, tmp_path / "run", settings, *check, status=1))
        assert "prompts/judgement.md cannot be used: mood is undefined. Mend the file" in error
    assert world.requests == before
    prompt.write_text(whole)
    generate(mifg, scenes, tmp_path / "run", settings)


CONTRADICTIONS = {
    "a role for nobody": ({"agents": {"judge": "nobody"}}, "agents name nobody, which models does not describe"),
    "a served model without one to serve": (
        {"models": {"seer": {"model": "m", "server": {"base_url": "serve"}}}},
        "--serve MODEL",
    ),
    "a budget in money without a price": ({"budget": {"money": 1}}, "the price of stub is not known"),
    "chances the wrong way round": (
        {"probes": {"blind": {"p0": 0.8, "p1": 0.25, "alpha": 0.01, "beta": 0.01, "most": 9}}},
        "give one above blind.p0",
    ),
    "a quota for models that do not write": (
        {"agents": {"solvers": ["seer"]}, "quotas": {"family": {"model": 0.5}}},
        "no model writes",
    ),
    "a mix for programs that do not write": ({"mix": {"compare": 1}}, "programs write nothing"),
    "shares of writers that are all nought": ({"agents": {"question_writer": {"seer": 0}}}, "a share above 0"),
}


@pytest.mark.parametrize("contradiction", CONTRADICTIONS)
def test_contradictory_settings_are_found_before_any_call_is_paid(contradiction, mifg, scenes, world, tmp_path):
    changes, complaint = CONTRADICTIONS[contradiction]
    settings = settings_file(tmp_path / "settings.yaml", world.url, **{"agents": ALL_ROLES, **changes})
    before = world.requests
    assert complaint in error_of(generate(mifg, scenes, tmp_path / "run", settings, "--check", status=1))
    assert world.requests == before
    assert not (tmp_path / "run").exists()


def test_a_check_asks_for_the_models_and_pays_for_nothing(mifg, scenes, world, tmp_path):
    settings = settings_file(tmp_path / "settings.yaml", world.url)
    before = world.requests
    checked = generate(mifg, scenes, tmp_path / "run", settings, "--check")
    assert "The price of stub is not known: its cost is not counted." in checked.stderr
    assert "nothing was written" in checked.stdout
    assert world.requests == before
