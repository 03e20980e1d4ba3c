"""Gate 3: is the question well formed, and does it keep its answer to itself?"""

from collections.abc import Iterator

from mifg_pipeline.config import GateSettings
from mifg_pipeline.gates.leakage import leak
from mifg_pipeline.gates.references import named_images, speaks_of_all_images
from mifg_pipeline.gates.wording import problems_of_options, problems_of_wording
from mifg_pipeline.items import Draft, GateResult


def lint(draft: Draft, _settings: GateSettings) -> GateResult:
    """Rejects texts in bad form, references to images that do not match, options that are alike, and leaks.

    All problems are reported at once, so that one revision can mend them.
    """
    problems = [
        *problems_of_wording(draft),
        *_problems_of_references(draft),
        *problems_of_options(draft),
    ]
    leaked = leak(draft)
    if leaked is not None:
        problems.append(leaked)
    return GateResult(
        gate="lint",
        passed=not problems,
        reason="; ".join(problems),
        figures={"problems": [*problems]} if problems else {},
    )


def _problems_of_references(draft: Draft) -> Iterator[str]:
    """Names of images that do not exist, and images of role evidence or query that nobody speaks of.

    An image is spoken of where the question or an option names it, alone, in a list or in a range, or where the
    question speaks of images without numbers ("all images", "which image").
    """
    named = named_images("\n".join((draft.question, *(draft.options or ()))))
    missing = sorted(number for number in named if not 1 <= number <= len(draft.images))
    if missing:
        listed = ", ".join(f"Image {number}" for number in missing)
        yield f"{listed} named, but there are {len(draft.images)} images"
    if speaks_of_all_images(draft.question):
        return
    for number, role in enumerate(draft.roles, start=1):
        if role != "distractor" and number not in named:
            yield f"nothing speaks of Image {number}, whose role is {role}"
