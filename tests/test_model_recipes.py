"""The recipes in the docs are settings that fit, and name the prompts' variables."""

import re
from pathlib import Path

import pytest
import yaml

from mifg_pipeline.agents.prompts import PROMPTS
from mifg_pipeline.config import load_settings
from mifg_pipeline.models.prices import load_prices

PAGE = (Path(__file__).parents[1] / "docs" / "models.md").read_text()
RECIPES = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_fits(recipe):
    settings = load_settings(recipe, [], items=1)
    assert settings.models or settings.budget.calls


def test_there_are_recipes_for_the_servers_that_the_page_is_about():
    urls = {model.server.base_url for recipe in RECIPES for model in load_settings(recipe, [], items=1).models.values()}
    assert {None, "serve"} < urls
    assert len(RECIPES) > 6


def test_the_price_list_in_the_page_is_one(tmp_path):
    (listing,) = re.findall(r"^```\n(gpt-.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    path = tmp_path / "prices.yaml"
    path.write_text(listing)
    assert load_prices(str(path)).keys() == yaml.safe_load(listing).keys()


@pytest.mark.parametrize("name", sorted(PROMPTS))
def test_the_page_lists_the_variables_of_the_prompt(name):
    (listed,) = re.findall(rf"^\| `{name}\.md` \| (.*) \|$", PAGE, re.MULTILINE)
    assert listed == ", ".join(f"`{variable}`" for variable in sorted(PROMPTS[name]))
