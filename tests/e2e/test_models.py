"""Models play the agents: runs through the command line, with the simulated world as a real server."""

import json
import os
import shutil
import signal
import sqlite3
import time
from contextlib import closing

import datasets
import pytest
import yaml
from key_check import KeyCheck
from model_runs import finished_calls, forget_outcomes, lines_of, settings_file
from stub_process import running_stub
from world_truth import answers_to, things_by_name

from mifg_pipeline.items import Item

pytestmark = pytest.mark.slow

ITEMS, CONCURRENCY = 6, 16
MOST_IN_FLIGHT = 64
PRICE = {"input": 3.0, "output": 20.0}


def generate(mifg, scenes, run, settings, *arguments, items=ITEMS, concurrency=CONCURRENCY, status=0):
    command = ("generate", "--corpus", scenes, "--out", run, "--config", settings, "--items", items)
    return mifg(*command, "--concurrency", concurrency, *arguments, status=status)


@pytest.fixture(scope="module")
def prices(tmp_path_factory):
    path = tmp_path_factory.mktemp("prices") / "prices.yaml"
    path.write_text(json.dumps({"stub": PRICE}))
    return path


@pytest.fixture(scope="module")
def world(scenes):
    """A server with the simulated world behind it."""
    with running_stub("--world", scenes) as stub:
        yield stub


@pytest.fixture(scope="module")
def run_and_requests(tmp_path_factory, mifg, scenes, world, prices):
    """A run in which the world plays all roles, and the requests that it made."""
    folder = tmp_path_factory.mktemp("all-roles")
    settings = settings_file(folder / "settings.yaml", world.url, budget={"prices": str(prices)})
    before = world.requests
    generate(mifg, scenes, folder / "run", settings)
    return folder / "run", world.requests - before


@pytest.fixture(scope="module")
def run(run_and_requests):
    return run_and_requests[0]


@pytest.fixture(scope="module")
def items(run):
    return lines_of(run / "candidates.jsonl")


def test_every_key_is_the_only_right_answer(items, scenes):
    things = things_by_name(scenes)
    for item in items:
        in_order = [things[image["path"]] for image in item["images"]]
        assert answers_to(item["question"], in_order) == [Item.model_validate(item).answer_text()]
    assert len(items) == ITEMS


def test_items_carry_what_solvers_made_of_them(items):
    for item in items:
        probes = {probe["kind"]: probe for probe in item["probes"]}
        assert {"blind", "necessity", "difficulty", "focus", "consistency"} <= probes.keys()
        assert all(probe["solver"] == ["stub"] for probe in item["probes"])
        assert all(len(probe["answers"]) == probe["attempts"] > 0 for probe in item["probes"])
        assert probes["blind"]["pixels"] == 0
        withheld = {probe["image"] for probe in item["probes"] if probe["kind"] == "necessity"}
        assert withheld == {index for index, role in enumerate(item["roles"]) if role != "distractor"}


def test_items_name_the_prompt_of_their_writer_and_the_calls_that_they_took(run, items):
    with closing(sqlite3.connect(run / "ledger.sqlite")) as ledger:
        finished = {key for (key,) in ledger.execute("SELECT key FROM call")}
    digest = yaml.safe_load((run / "run.yaml").read_text())["prompts"]["question"]
    for item in items:
        provenance = item["provenance"]
        assert provenance["writer"] == f"model/seer@{digest}"
        assert set(provenance["model_calls"]) <= finished
        attempts = sum(probe["attempts"] for probe in item["probes"])
        assert len(provenance["model_calls"]) > attempts + len(item["images"])


def test_the_result_does_not_depend_on_the_concurrency(run, mifg, scenes, world, tmp_path):
    settings = settings_file(tmp_path / "settings.yaml", world.url)
    generate(mifg, scenes, tmp_path / "run", settings, concurrency=1)
    for name in ("candidates.jsonl", "rejected.jsonl"):
        assert (tmp_path / "run" / name).read_bytes() == (run / name).read_bytes()


def test_finished_calls_give_the_same_result_without_a_server(run, mifg, scenes, tmp_path, dead_url):
    copy = shutil.copytree(run, tmp_path / "run")
    forget_outcomes(copy)
    (copy / "candidates.jsonl").unlink()
    settings = settings_file(tmp_path / "settings.yaml", dead_url, server={"patience": 1})
    generate(mifg, scenes, copy, settings)
    assert (copy / "candidates.jsonl").read_bytes() == (run / "candidates.jsonl").read_bytes()


def test_status_adds_up(run_and_requests, mifg):
    run, requests = run_and_requests
    figures = json.loads(mifg("status", run, "--json").stdout)
    usage, steps = figures["usage"], figures["steps"]
    assert usage["calls"] == requests
    for name, total in usage.items():
        assert total == pytest.approx(sum(step["usage"][name] for step in steps.values()))
    cost = (usage["prompt_tokens"] * PRICE["input"] + usage["completion_tokens"] * PRICE["output"]) / 1e6
    assert usage["money"] == pytest.approx(cost)
    assert usage["unpriced"] == 0
    assert usage["seconds"] > 0
    images_seen = sum(len(item["images"]) for item in lines_of(run / "candidates.jsonl"))
    assert steps["inventory"]["usage"]["calls"] + steps["inventory"]["usage"]["replayed"] >= images_seen
    assert steps["judge"]["usage"]["calls"] == steps["judge"]["seen"]
    table = mifg("status", run).stdout
    assert str(usage["calls"]) in table
    assert f"{usage['money']:.4f}" in table


def test_programs_and_models_write_side_by_side(mifg, scenes, world, tmp_path):
    agents = {"image_curator": "program", "question_writer": {"program": 1, "seer": 1}, "solvers": ["seer"]}
    settings = settings_file(tmp_path / "settings.yaml", world.url, agents, mix={"count-across": 1}, ocr=False)
    generate(mifg, scenes, tmp_path / "run", settings, items=8)
    things, check = things_by_name(scenes), KeyCheck(scenes, tmp_path / "run")
    items = lines_of(tmp_path / "run" / "candidates.jsonl")
    by_models = [item for item in items if item["provenance"]["writer"].startswith("model/seer@")]
    by_programs = [item for item in items if item["provenance"]["writer"].startswith("count-across/")]
    assert len(by_models) + len(by_programs) == 8
    assert by_models
    assert by_programs
    assert all(check.agrees(item) for item in by_programs)
    for item in by_models:
        in_order = [things[image["path"]] for image in item["images"]]
        assert answers_to(item["question"], in_order) == [Item.model_validate(item).answer_text()]
    assert all({"blind", "difficulty"} <= {probe["kind"] for probe in item["probes"]} for item in items)


def test_a_budget_stops_the_run_at_its_last_call_and_a_larger_one_resumes_it(run, mifg, scenes, tmp_path):
    with running_stub("--world", scenes, "--latency", 0.02) as stub:
        settings = settings_file(tmp_path / "settings.yaml", stub.url)
        for calls in (50, 120):
            budget = ("--set", f"budget.calls={calls}")
            stopped = generate(mifg, scenes, tmp_path / "run", settings, *budget, status=1)
            assert f"The budget of {calls} calls (budget.calls) is spent. Raise it" in stopped.stderr
            assert stub.stats["outcomes"] == {"replied": calls}
            assert finished_calls(tmp_path / "run") == calls
            assert json.loads(mifg("status", tmp_path / "run", "--json").stdout)["usage"]["calls"] == calls
        generate(mifg, scenes, tmp_path / "run", settings)
        assert stub.stats["repeated_replies"] == 0
        assert stub.requests == finished_calls(tmp_path / "run")
    assert (tmp_path / "run" / "candidates.jsonl").read_bytes() == (run / "candidates.jsonl").read_bytes()


def test_an_interrupted_run_ends_soon_and_goes_on_from_its_finished_calls(run, mifg, start_mifg, scenes, tmp_path):
    with running_stub("--world", scenes, "--latency", 0.3) as stub:
        settings = settings_file(tmp_path / "settings.yaml", stub.url)
        command = ("generate", "--corpus", scenes, "--out", tmp_path / "run", "--config", settings, "--items", ITEMS)
        process = start_mifg(*command)
        while finished_calls(tmp_path / "run") < 60:
            assert process.poll() is None
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGINT)
        _, messages = process.communicate(timeout=30)
        assert process.returncode == 130
        assert "To resume, run the same command again" in messages
        assert "Traceback" not in messages
        in_flight = sum(stub.stats["replies_by_digest"].values()) - finished_calls(tmp_path / "run")
        mifg(*command)
        assert stub.stats["repeated_replies"] <= in_flight <= MOST_IN_FLIGHT
    assert (tmp_path / "run" / "candidates.jsonl").read_bytes() == (run / "candidates.jsonl").read_bytes()


def test_people_verify_what_models_wrote_and_the_dataset_says_how_often_it_was_solved(run, items, mifg, tmp_path):
    mifg("review", "pack", run, "--annotator", "alice", "--out", tmp_path / "alice.jsonl")
    lines = lines_of(tmp_path / "alice.jsonl")
    doubtful = [item["id"] for item in items if item["verdict"]["people_first"]]
    assert [line["id"] for line in lines][: len(doubtful)] == doubtful
    edited = lines.pop()
    edits = {**dict.fromkeys(edited["edits"]), "question": f"Look closely. {edited['question']}"}
    decided = [{**line, "decision": "accept"} for line in lines] + [{**edited, "decision": "edit", "edits": edits}]
    (tmp_path / "alice.jsonl").write_text("".join(json.dumps(line) + "\n" for line in decided))
    mifg("review", "submit", run, tmp_path / "alice.jsonl")
    mifg("export", run, "--out", tmp_path / "dataset")

    splits = datasets.load_dataset(str(tmp_path / "dataset"), cache_dir=str(tmp_path / "cache"))
    rows = {row["id"]: row for split in splits.values() for row in split}
    assert len(rows) == ITEMS
    for item in items:
        if item["id"] == edited["id"]:
            continue
        (probe,) = [probe for probe in item["probes"] if probe["kind"] == "difficulty"]
        row = rows[item["id"]]
        assert row["pass_rate"] == probe["correct"] / probe["attempts"]
        assert {"attempts": probe["attempts"], "correct": probe["correct"], "kind": "difficulty"}.items() <= next(
            stored for stored in json.loads(row["provenance"])["probes"] if stored["kind"] == "difficulty"
        ).items()
        assert row["writer"] == item["provenance"]["writer"]
    (edited_row,) = [row for row in rows.values() if row["question"].startswith("Look closely.")]
    assert edited_row["pass_rate"] is None
