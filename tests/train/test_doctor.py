"""The doctor finds nothing in a sound engine, and names the fault of each that has one."""

import json
from pathlib import Path

import faulty_engines as faulty
import pytest
import torch
import typer
from typer.testing import CliRunner

from mifg_pipeline.cli.doctor import doctor as doctor_command
from mifg_pipeline.engines.chat_format import ChatFormat
from mifg_pipeline.engines.huggingface import HuggingFaceEngine
from mifg_pipeline.train.data import load_questions
from mifg_pipeline.train.doctor.check import is_healthy
from mifg_pipeline.train.doctor.examination import examine, examine_engine
from mifg_pipeline.train.doctor.subject import Subject
from mifg_pipeline.train.model import load_policy

CPU = torch.device("cpu")


@pytest.fixture
def examined(small_run):
    """Examines an engine of a class, on a model of its own; gives the checks by name."""

    def run(engine_class, *overrides):
        settings = small_run(*overrides)
        policy = load_policy(settings.model, 0, CPU)
        policy.sample_with(load_policy(settings.model, 0, CPU).model)
        chat_format = ChatFormat.load(policy.chat_folder)
        engine = engine_class(policy.sampling_module, chat_format, settings.rollout.batch_size)
        questions = load_questions(settings.data.path, settings.data.split)
        checks = list(examine_engine(Subject(policy, engine, chat_format, questions, settings)))
        return {check.name: check for check in checks}

    return run


def failures(checks):
    return [name for name, check in checks.items() if check.status == "failed"]


@pytest.mark.parametrize("overrides", [(), ("model.train_vision=true", "rollout.temperature=0.7")], ids=["", "vision"])
def test_nothing_fails_of_a_sound_engine(examined, overrides):
    checks = examined(HuggingFaceEngine, *overrides)
    assert {check.status for check in checks.values()} == {"passed"}
    assert checks["updated weights"].figures["effect"] >= 10 * checks["updated weights"].figures["limit"]


@pytest.mark.parametrize(
    ("engine_class", "overrides", "fault"),
    [
        (faulty.KeepsItsWeights, (), "updated weights"),
        (faulty.RefusesUpdates, (), "updated weights"),
        (faulty.TakesTheFirstUpdateOnly, (), "restored weights"),
        (faulty.KeepsPrefixes, (), "prefix cache"),
        (faulty.KeepsImageFeatures, ("model.train_vision=true",), "image features"),
        (faulty.ForgetsAsleep, (), "sleep"),
        (faulty.ReadsImagesAnotherWay, (), "image expansion"),
        (faulty.ReadsAThirdImageAnotherWay, (), "tool image"),
        (faulty.SamplesPads, (), "banned ids"),
        (faulty.ReportsBeforeTemperature, ("rollout.temperature=0.7",), "log-probabilities"),
        (faulty.Crashes, (), "log-probabilities"),
    ],
)
def test_a_fault_is_named_by_its_own_check_alone(examined, engine_class, overrides, fault):
    checks = examined(engine_class, *overrides)
    assert failures(checks) == [fault]
    assert checks[fault].remedy


def test_a_log_probability_before_temperature_is_recognised(examined):
    checks = examined(faulty.ReportsBeforeTemperature, "rollout.temperature=0.7")
    assert "temperature 1" in checks["log-probabilities"].finding


def test_image_features_that_no_training_changes_cannot_go_stale(examined):
    assert failures(examined(faulty.KeepsImageFeatures, "model.train_vision=false")) == []


@pytest.mark.parametrize(
    ("override", "setting"),
    [("episode.max_turns=1", "episode.max_turns"), ("episode.max_images=2", "episode.max_images")],
)
def test_a_limit_that_leaves_no_room_for_a_look_is_named(examined, override, setting):
    checks = examined(HuggingFaceEngine, override)
    assert failures(checks) == ["tool image"]
    assert setting in checks["tool image"].remedy


def test_episodes_without_tools_are_not_examined_for_them(examined):
    assert examined(HuggingFaceEngine, "episode.tools=false")["tool image"].status == "skipped"


def test_questions_without_room_for_a_turn_fail(examined):
    checks = examined(HuggingFaceEngine, "episode.max_tokens=300")
    assert failures(checks) == ["log-probabilities"]
    assert "episode.max_tokens" in checks["log-probabilities"].remedy


@pytest.mark.parametrize(
    "overrides", [(), ("model.dtype=bfloat16",), ("model.lora.rank=2",)], ids=["float32", "bfloat16", "adapters"]
)
def test_the_weights_are_left_as_they_were(small_run, overrides):
    settings = small_run(*overrides)
    policy = load_policy(settings.model, 0, CPU)
    before = {name: weight.detach().clone() for name, weight in policy.named_parameters()}
    chat_format = ChatFormat.load(policy.chat_folder)
    engine = HuggingFaceEngine(policy.model, chat_format, 4)
    questions = load_questions(settings.data.path, "train")
    checks = list(examine_engine(Subject(policy, engine, chat_format, questions, settings)))
    assert "updated weights" in [check.name for check in checks if check.status == "passed"]
    assert all(torch.equal(weight, before[name]) for name, weight in policy.named_parameters())


def test_a_run_that_does_not_fit_is_not_begun(small_run, tmp_path):
    (memory,) = examine(small_run("memory_limit=0.000001"), tmp_path / "log")
    assert (memory.name, memory.status) == ("memory", "failed")
    assert not is_healthy([memory])


@pytest.fixture
def mifg_doctor(tiny_model, tiny_dataset, tmp_path):
    """Runs the command on the tiny model and dataset."""
    app = typer.Typer()
    app.command()(doctor_command)

    def run(*arguments: str):
        places = {"model.path": tiny_model, "data.path": tiny_dataset, "out": tmp_path / "run"}
        overrides = [part for name, value in places.items() for part in ("--set", f"{name}={value}")]
        return CliRunner().invoke(app, ["cpu", *overrides, *arguments])

    return run


def test_the_command_says_fit_to_train_and_leaves_the_run_folder_alone(mifg_doctor, tmp_path: Path):
    done = mifg_doctor()
    assert done.exit_code == 0, done.exception
    assert done.stdout.endswith("Fit to train.\n")
    assert not (tmp_path / "run").exists()


def test_the_command_exits_1_and_names_the_setting(mifg_doctor):
    done = mifg_doctor("--set", "episode.max_turns=1")
    assert done.exit_code == 1
    assert "Raise episode.max_turns" in done.stdout
    assert done.stdout.endswith("Not fit to train: tool image.\n")


def test_json_holds_every_check_with_its_figures(mifg_doctor):
    content = json.loads(mifg_doctor("--json").stdout)
    assert content["healthy"]
    by_name = {check["name"]: check for check in content["checks"]}
    assert by_name["log-probabilities"]["figures"]["largest"] < 1e-4
    assert by_name["throughput"]["figures"]["tokens_per_second"] > 0
