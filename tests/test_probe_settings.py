"""Settings of probes that no test could work with are refused before any call."""

import pytest

from mifg_pipeline.config import load_settings
from mifg_pipeline.errors import MifgError

TEST = "{p1: %s, p0: %s, alpha: 0.01, beta: 0.01, most: 20}"


@pytest.mark.parametrize(
    ("gate", "p0", "p1"),
    [
        ("blind", "null", 0.5),
        ("blind", 0.3, 0.2),
        ("necessity", "null", 0.4),
        ("glance", 0.6, 0.4),
        ("focus", 0.2, 0.7),
        ("focus", "null", 0.2),
        ("consistency", "null", 0.2),
        ("consistency", 0.5, 0.5),
    ],
)
def test_chances_that_cannot_be_told_apart_or_stand_upside_down_are_refused(gate, p0, p1):
    with pytest.raises(MifgError, match=r"p0|p1"):
        load_settings("items: 1", [f"probes.{gate}={TEST % (p1, p0)}"])


@pytest.mark.parametrize("gate", ["blind", "necessity", "glance", "focus", "consistency"])
def test_every_gate_can_be_switched_off(gate):
    assert getattr(load_settings("items: 1", [f"probes.{gate}=null"]).probes, gate) is None
