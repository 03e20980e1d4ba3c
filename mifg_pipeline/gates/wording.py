"""The form of a draft's texts: length, stray characters, unfilled templates, options that differ."""

import itertools
import re
import unicodedata
from collections.abc import Iterator

from mifg_pipeline.items import Draft
from mifg_pipeline.scoring import same_option

_LONGEST = 1200
_TEMPLATE = re.compile(r"\{\{|\}\}|\{%|%\}|\{#|#\}|\{\s*\}|\{\s*[A-Za-z_][\w.|: ]*\}")
_UNSEEN_CATEGORIES = ("Cc", "Cf", "Cs")


def problems_of_wording(draft: Draft) -> Iterator[str]:
    """What is wrong with the texts of a draft, in words.

    Checked are the question, the options and the key with its aliases. A line break in the question is allowed, any
    other control, format or surrogate character is not: people do not see it, and models do.
    """
    answer = draft.answer
    keys = answer.value if isinstance(answer.value, tuple) else (draft.answer_text(),)
    for name, texts in (
        ("question", (draft.question.replace("\n", " "),)),
        ("option", draft.options or ()),
        ("answer", (*keys, *answer.aliases)),
    ):
        for text in texts:
            yield from (f"the {name} {problem}" for problem in _problems(text))


def problems_of_options(draft: Draft) -> Iterator[str]:
    """Pairs of options that the scorer cannot tell apart."""
    for first, second in itertools.combinations(draft.options or (), 2):
        if same_option(first, second):
            yield f"the options {first!r} and {second!r} are the same to the scorer"


def _problems(text: str) -> Iterator[str]:
    if not text.strip():
        yield "is empty"
    if len(text) > _LONGEST:
        yield f"has more than {_LONGEST:,} characters"
    if _TEMPLATE.search(text):
        yield "contains an unfilled template"
    if any(unicodedata.category(char) in _UNSEEN_CATEGORIES for char in text):
        yield "contains a control or invisible character"
