"""The question programs whose wordings the world understands: the lines of their docstrings."""

import inspect
from collections.abc import Mapping

from mifg_pipeline.programs.registry import program_named
from mifg_pipeline.stub.world import answers
from mifg_pipeline.stub.world.wordings import Answers, Wording

_ANSWERS: Mapping[str, Answers] = {
    "count-across/total": answers.total,
    "count-across/total-choice": answers.total,
    "count-across/images-with": answers.images_with,
    "count-across/difference": answers.excess,
    "count-across/beside-anchor": answers.count_beside_anchor,
    "compare/which-most": answers.image_with_most,
    "compare/which-fewest": answers.image_with_fewest,
    "compare/which-leftmost": answers.image_with_leftmost,
    "compare/which-largest": answers.image_with_largest,
    "odd-one-out/which-lacks": answers.image_without,
    "odd-one-out/which-alone": answers.image_with,
    "relate/nearest": answers.nearest_to_anchor,
    "relate/which-side": answers.side_of_anchor,
}

UNDERSTOOD = tuple(_ANSWERS)
"""Names of the programs whose questions the world understands."""


def program_wordings() -> tuple[Wording, ...]:
    """All wordings of those programs."""
    return tuple(
        Wording(line, found)
        for name, found in _ANSWERS.items()
        for line in inspect.cleandoc(type(program_named(name)).__doc__ or "").splitlines()
        if line
    )
