"""Shares of writers and families that contradict each other are refused before anything is paid."""

import pytest

from mifg_pipeline.agents.shares import family_weights, writer_shares
from mifg_pipeline.config import GenerateSettings
from mifg_pipeline.errors import MifgError


def settings(writers, **others):
    return GenerateSettings(items=1, models={"big": {"model": "m"}}, agents={"question_writer": writers}, **others)


def test_writers_without_a_share_are_left_out():
    assert writer_shares(settings({"program": 0, "big": 2})) == {"big": 2}


def test_the_order_in_which_writers_are_named_does_not_matter():
    one, other = ({"program": 1, "big": 2}, {"big": 2, "program": 1})
    assert list(writer_shares(settings(one)).items()) == list(writer_shares(settings(other)).items())


def test_families_share_what_the_quota_of_models_leaves():
    weights = family_weights(settings({"program": 1, "big": 1}, quotas={"family": {"model": 0.5, "compare": 0.3}}))
    assert weights["compare"] == 0.3
    assert "model" not in weights
    assert sum(weights.values()) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("writers", "others", "complaint"),
    [
        ({"big": 1}, {"mix": {"compare": 1}}, "name compare, but programs write nothing"),
        ({"big": 1}, {"quotas": {"family": {"compare": 0.5}}}, "name compare, but programs write nothing"),
        ({"program": 1}, {"quotas": {"family": {"model": 0.5}}}, "no model writes"),
        ({"program": 1, "big": 1}, {"quotas": {"family": {"compare": 1.0}}}, "leaves nothing for the models"),
        ({"program": 1, "big": 1}, {"quotas": {"family": {"model": 0.0}}}, "leaves nothing for the models"),
    ],
)
def test_contradictions_are_refused(writers, others, complaint):
    with pytest.raises(MifgError, match=complaint):
        writer_shares(settings(writers, **others))


@pytest.mark.parametrize("quota", [{}, {"model": 0.4}, {"compare": 0.4}, {"model": 0.4, "compare": 0.6}])
def test_what_goes_together_is_taken(quota):
    assert writer_shares(settings({"program": 1, "big": 1}, quotas={"family": quota}))


def test_a_mix_is_of_programs_alone():
    with pytest.raises(MifgError, match=r"No program family is named model.*agents.question_writer"):
        family_weights(settings({"program": 1, "big": 1}, mix={"model": 1}))
