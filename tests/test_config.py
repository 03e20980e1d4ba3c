"""Settings: from a file, overridden by --set, overridden by flags."""

import json
import re
from pathlib import Path

import pytest

from mifg_pipeline.config import (
    AgentSettings,
    BudgetSettings,
    GateSettings,
    GenerateSettings,
    ModelSettings,
    ProbeSettings,
    QuotaSettings,
    ServerSettings,
    Settings,
    TrainSettings,
    load_settings,
    load_train_settings,
)
from mifg_pipeline.config.models import ServeSettings
from mifg_pipeline.config.train import RolloutSettings
from mifg_pipeline.errors import MifgError
from mifg_pipeline.evaluate.plan import EvaluateSettings
from mifg_pipeline.train.folder import MAY_CHANGE


def test_the_later_source_is_the_stronger():
    settings = load_settings(
        "items: 5\nseed: 1\ngates: {glance_share: 0.5}", ["seed=2", "gates.legible_side=30"], seed=3
    )
    assert (settings.items, settings.seed) == (5, 3)
    assert (settings.gates.glance_share, settings.gates.legible_side) == (0.5, 30)


def test_a_flag_that_was_not_given_overrides_nothing():
    assert load_settings("items: 5\nseed: 4", [], seed=None).seed == 4


def test_an_override_can_hold_a_mapping():
    assert load_settings("items: 1", ["mix={find-detail: 2}"]).mix == {"find-detail": 2}


@pytest.mark.parametrize(
    ("document", "overrides", "complaint"),
    [
        ("items: 1", ["seeds=1"], "seeds"),
        ("items: 1", ["seed"], "key=value"),
        ("items: 1", ["items.deep=1"], "not a section"),
        ("items: 1", ["seed=[1"], "not a YAML value"),
        ("items: none", [], "items"),
        (None, [], "items: Field required"),
        ("items: 1", ["quotas.family={compare: 0.7, relate: 0.4}"], "add up to at most 1"),
        ("items: 1", ["quotas.difficulty={easy: 0.7}"], "quotas.difficulty"),
        ("- 1", [], "not a mapping"),
        ("a: [", [], "not YAML"),
    ],
)
def test_what_does_not_fit_is_named(document, overrides, complaint):
    with pytest.raises(MifgError, match=complaint):
        load_settings(document, overrides)


GENERATE_SECTIONS = {
    "": GenerateSettings,
    "quotas.": QuotaSettings,
    "gates.": GateSettings,
    "models.NAME.": ModelSettings,
    "models.NAME.server.": ServerSettings,
    "agents.": AgentSettings,
    "probes.": ProbeSettings,
    "budget.": BudgetSettings,
    "serve.": ServeSettings,
}
DOCS = Path(__file__).parents[1] / "docs"
IN_WORDS = ("items", "attempts", "mix")


def sections_of(settings, prefix=""):
    """A class of settings and those of its sections, by what stands before their names."""
    found = {prefix: settings}
    for name, field in settings.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Settings):
            found |= sections_of(field.annotation, f"{prefix}{name}.")
    return found


def leaves_of(sections):
    return [
        pytest.param(section + name, field, id=section + name)
        for section, settings in sections.items()
        for name, field in settings.model_fields.items()
        if f"{section}{name}." not in sections
    ]


def tables():
    """What the docs say of the settings of generation, and of those of training."""
    return (DOCS / "settings.md").read_text().split("\n## Training\n")


@pytest.mark.parametrize(("name", "field"), leaves_of(GENERATE_SECTIONS))
def test_the_docs_list_the_setting_with_its_default(name, field):
    default = "" if name in IN_WORDS else f" {in_the_docs(field)} |"
    assert f"| `{name}` |{default}" in tables()[0]


@pytest.mark.parametrize(("name", "field"), leaves_of(sections_of(TrainSettings)))
def test_the_docs_list_the_training_setting_with_its_default_and_whether_it_may_change(name, field):
    may_change = any(name.startswith(key) if key.endswith(".") else name == key for key in MAY_CHANGE)
    (row,) = (line for line in tables()[1].splitlines() if line.startswith(f"| `{name}` | {in_the_docs(field)} | "))
    assert row.split(" | ")[2].startswith("* ") == may_change


@pytest.mark.parametrize(("name", "field"), EvaluateSettings.model_fields.items())
def test_the_docs_list_the_settings_of_an_evaluation(name, field):
    is_section = issubclass(field.annotation, Settings)
    (evaluation,) = re.findall(r"## Evaluation\n(.*?)\n## ", (DOCS / "settings.md").read_text(), re.DOTALL)
    assert f"| `{name}` | {'those of [' if is_section else f'{in_the_docs(field)} |'}" in evaluation


def test_the_docs_list_no_training_setting_that_there_is_not():
    names = {leaf.values[0] for leaf in leaves_of(sections_of(TrainSettings))}
    assert set(re.findall(r"^\| `([a-z_.]+)` \|", tables()[1], re.MULTILINE)) == names


def in_the_docs(field):
    """A default as the docs write it."""
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True)
    if isinstance(default, Settings):
        default = default.model_dump(exclude_none=True)
    if isinstance(default, str):
        return default
    if default is None or default in ({}, ()):
        return "none"
    if isinstance(default, dict):
        return "{" + ", ".join(f"{key}: {value:g}" for key, value in default.items()) + "}"
    return json.dumps(default).removesuffix(".0")


def test_an_override_of_training_is_stronger_than_the_file():
    settings = load_train_settings(
        "{out: o, model: {path: m}, data: {path: d}, steps: 5}", ["steps=6", "loss.kind=grpo"]
    )
    assert (settings.steps, settings.loss.kind, settings.model.path) == (6, "grpo", "m")


@pytest.mark.parametrize(
    ("document", "overrides", "complaint"),
    [
        (None, [], r"out: Field required; model\.path: Field required; data\.path: Field required"),
        (None, ["optimiser.learning_rate=1"], "optimiser: Extra inputs are not permitted"),
        ("loss: {kind: ppo}", [], r"loss\.kind: Input should be 'dapo', 'grpo' or 'dr_grpo'"),
        ("model: full", [], "model: Input should be a valid dictionary"),
        ("model:", [], r"model\.path: Field required"),
        (None, ["optimizer.betas=[0.9, 1.5]"], r"optimizer\.betas\.1: Input should be less than 1"),
        (None, ["optimizer.learning_rate=.inf"], r"optimizer\.learning_rate: Input should be a finite number"),
        (None, ["rollout.temperature=.nan"], r"rollout\.temperature: Input should be a finite number"),
    ],
)
def test_what_does_not_fit_a_training_run_is_named(document, overrides, complaint):
    with pytest.raises(MifgError, match=complaint):
        load_train_settings(document, overrides)


def test_a_section_with_nothing_in_it_says_nothing():
    settings = load_train_settings("{out: o, model: null, data: {path: d}, rollout: null}", ["model.path=m"])
    assert (settings.model.path, settings.rollout) == ("m", RolloutSettings())


def test_a_name_of_a_model_is_one_word():
    with pytest.raises(MifgError, match=r"models\.a/b"):
        load_settings("items: 1", ["models={a/b: {model: m}}"])
