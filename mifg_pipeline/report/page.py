"""The page templates, and how they write figures."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from mifg_pipeline.report.histogram import share


@cache
def templates() -> Environment:
    """The page templates; all text is escaped."""
    environment = Environment(
        loader=PackageLoader("mifg_pipeline.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = percent
    environment.filters["count"] = count
    environment.globals["share"] = share
    return environment


def percent(value: float) -> str:
    """A share as percent with one decimal."""
    return f"{100 * value:.1f} %"


def count(value: int) -> str:
    """A whole number with commas between the thousands."""
    return f"{value:,}"
