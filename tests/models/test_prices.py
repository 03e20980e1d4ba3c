"""Price lists: the shipped one, users' own, and ones that are none."""

import pytest

from mifg_pipeline.errors import MifgError
from mifg_pipeline.models.prices import Price, load_prices


def test_the_shipped_list_names_models_at_prices():
    prices = load_prices(None)
    assert len(prices) > 10
    assert all(0 < price.input < price.output for price in prices.values())


def test_a_list_of_ones_own_takes_the_place_of_the_shipped_one(tmp_path):
    path = tmp_path / "prices.yaml"
    path.write_text("my-model: {input: 1.5, output: 0}\n", encoding="utf-8")
    assert load_prices(str(path)) == {"my-model": Price(input=1.5, output=0)}


def test_prices_are_per_million_tokens():
    assert Price(input=2, output=10).of(500_000, 100_000) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("my-model: 3", "my-model"),
        ("my-model: {input: 1}", "output"),
        ("my-model: {input: -1, output: 2}", "input"),
        ("my-model: {input: .nan, output: 2}", "input"),
        ("my-model: {input: 1, output: 2, image: 3}", "image"),
        ("- my-model", "dictionary"),
        ("{", "cannot be read"),
        (b"\xff\xfe\x00", "cannot be read"),
    ],
)
def test_a_list_that_is_none_is_named_with_its_problem(tmp_path, content, problem):
    path = tmp_path / "prices.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(MifgError, match=problem) as caught:
        load_prices(str(path))
    assert "prices.yaml" in caught.value.problem


def test_a_list_that_is_not_there_is_named(tmp_path):
    with pytest.raises(MifgError, match=r"nowhere\.yaml"):
        load_prices(str(tmp_path / "nowhere.yaml"))
