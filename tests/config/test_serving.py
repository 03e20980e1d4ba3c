"""How `--serve MODEL` enters the settings."""

import pytest

from mifg_pipeline.config import GenerateSettings, load_settings
from mifg_pipeline.errors import MifgError

OWN = "{own: {model: big, server: {base_url: serve}}}"
REMOTE = "{remote: {model: big, server: {base_url: 'http://localhost:1/v1'}}}"


def load(*overrides, serve="org/model"):
    return load_settings("items: 1", [*overrides], **{"serve.model": serve})


def test_without_other_models_the_served_one_plays_every_role():
    settings = load()
    assert (settings.models["served"].model, settings.models["served"].server.base_url) == ("org/model", "serve")
    agents = settings.agents
    assert (agents.image_curator, agents.judge, agents.solvers) == ("served", "served", ("served",))
    assert agents.question_writer == {"served": 1.0}


def test_roles_that_are_set_stay_as_they_are():
    agents = load("agents.image_curator=program", "agents.judge=null", "agents.question_writer={program: 1}").agents
    assert (agents.image_curator, agents.judge, agents.solvers) == ("program", None, ("served",))
    assert agents.question_writer == {"program": 1.0}


def test_the_served_model_can_be_given_settings():
    model = load("models.served.coordinates=thousandths", "models.served.server.concurrency=8").models["served"]
    assert (model.model, model.coordinates) == ("org/model", "thousandths")
    assert (model.server.base_url, model.server.concurrency) == ("serve", 8)


def test_configured_models_say_themselves_that_they_are_served():
    settings = load(f"models={OWN}", "agents.solvers=[own]")
    assert settings.served_names == ("big",)
    assert settings.agents.image_curator == "program"


def test_a_folder_is_known_by_its_name_so_that_it_may_move(tmp_path):
    (tmp_path / "tiny").mkdir()
    assert load(serve=str(tmp_path / "tiny")).models["served"].model == "tiny"


def test_where_the_model_is_served_does_not_make_another_run():
    here = load("serve.python=here/python", "serve.arguments=[--max-model-len, 4096]")
    assert here.identity() == load("serve.start_timeout=5").identity()


def test_what_is_served_from_where_can_be_left_out_of_what_a_run_stores():
    stored = load().model_dump(mode="json", exclude={"serve"})
    assert GenerateSettings.model_validate(stored).served_names == ("org/model",)


def test_arguments_may_be_numbers():
    assert load("serve.arguments=[--max-model-len, 4096]").serve.arguments == ("--max-model-len", "4096")


@pytest.mark.parametrize(
    ("overrides", "serve", "complaint"),
    [
        ([f"models={OWN}"], None, "Give --serve MODEL"),
        ([f"models={REMOTE}"], "org/model", "no model says server.base_url: serve"),
        (["models=1"], "org/model", "models: Input should be"),
        (["models.served=1"], "org/model", "models.served: Input should be"),
        (["agents=1"], "org/model", "agents: Input should be"),
        ([], 5, "serve.model: Input should be"),
    ],
)
def test_what_does_not_fit_is_named(overrides, serve, complaint):
    with pytest.raises(MifgError, match=complaint):
        load(*overrides, serve=serve)
