"""Settings: from a file, overridden by --set, overridden by flags."""

import json
from pathlib import Path

import pytest

from mifg_pipeline.config import GateSettings, GenerateSettings, QuotaSettings, load_settings
from mifg_pipeline.errors import MifgError


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


def test_the_docs_list_every_setting_with_its_default():
    table = (Path(__file__).parents[1] / "docs" / "settings.md").read_text()
    for name in GenerateSettings.model_fields:
        if name not in ("gates", "quotas"):
            assert f"| `{name}` |" in table
    for name in QuotaSettings.model_fields:
        assert f"| `quotas.{name}` |" in table
    for name, field in GateSettings.model_fields.items():
        default = json.dumps(field.default).removesuffix(".0")
        assert f"| `gates.{name}` | {default} |" in table
