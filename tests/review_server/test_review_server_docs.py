"""What ``docs/review_server.md`` says is what the server does."""

import re
from pathlib import Path

import pytest
import typer

from mifg_pipeline.cli.review import app
from mifg_pipeline.review.server.drafts import MAX_BYTES
from mifg_pipeline.review.server.security import BODY_SECONDS, MAX_BODY
from mifg_pipeline.review.server.serve import LEASE_SECONDS
from mifg_pipeline.review.server.slow_heads import HEAD_SECONDS

PAGE = (Path(__file__).parents[2] / "docs" / "review_server.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", ["serve", "token"])
def test_the_options_that_are_named_are_there(command: str) -> None:
    named = {
        option for line in re.findall(rf"mifg review {command}\b.*", PAGE) for option in re.findall("--[a-z]+", line)
    }
    parameters = typer.main.get_command(app).commands[command].params
    assert named
    assert named <= {option for parameter in parameters for option in (*parameter.opts, *parameter.secondary_opts)}


def test_the_limits_are_those_of_the_server() -> None:
    limits = f"{MAX_BODY >> 10} kB a request, {MAX_BYTES >> 10} kB a draft, {HEAD_SECONDS:.0f} seconds for the head"
    assert limits in PAGE
    assert f"and {BODY_SECONDS:.0f} for its body" in PAGE


def test_a_lease_lasts_as_long_as_it_says() -> None:
    assert f"for\n  {LEASE_SECONDS:.0f} seconds" in PAGE
