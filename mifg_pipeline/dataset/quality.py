"""A quality report of a dataset: how far its keys can be guessed without looking, and how varied it is."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

from mifg_pipeline.dataset.check import DatasetReport
from mifg_pipeline.dataset.problems import PROMISES
from mifg_pipeline.dataset.rows import read_rows, shards_of
from mifg_pipeline.gates.text_predictor import TextQuestion, predict_keys
from mifg_pipeline.items import OPTION_LETTERS

_NAMED: Final = 20
"""Broken promises that the report names; `mifg check` names all."""

_COLUMNS: Final = ("question", "options", "answer", "writer", "evidence", "difficulty", "pool", "provenance")


@dataclass
class FormFigures:
    """What is known of the rows of one question form.

    Attributes:
        rows: How many there are.
        chance: Sum over the rows of the chance to guess the key: one in the number of options; 0 for open questions.
        answers: Keys, as letters or texts.
        wordings: Different questions, numbers in them left out.
        evidence: Area of the largest evidence box, as a share of its image, of each row.
    """

    rows: int = 0
    chance: float = 0.0
    answers: Counter[str] = field(default_factory=Counter)
    wordings: set[str] = field(default_factory=set)
    evidence: list[float] = field(default_factory=list)

    def add(self, row: Mapping[str, Any]) -> None:
        """Counts one row."""
        self.rows += 1
        self.chance += 1 / len(row["options"]) if row["options"] else 0.0
        self.answers[row["answer"]] += 1
        self.wordings.add("".join(letter for letter in row["question"] if not letter.isdigit()))
        sizes = [image["width"] * image["height"] for image in json.loads(row["provenance"])["images"]]
        self.evidence.append(max(_area(region["bbox"]) / sizes[region["image"]] for region in row["evidence"]))

    @property
    def most_common(self) -> float:
        """Share of right replies of somebody who always gives the most common answer."""
        return self.answers.most_common(1)[0][1] / self.rows


@dataclass
class Quality:
    """Figures over the rows of a dataset.

    Attributes:
        forms: By question form (``family/form``).
        guessed: Choices whose key a text-only model picks out of sample, and choices in all; None where there are too
            few to tell.
        chance: Share of the choices that guessing gets right.
        uses: Rows that show each image, by its sha256.
        sets: Different sets of images.
        zoom: Rows whose evidence is legible in a crop only.
    """

    forms: dict[str, FormFigures] = field(default_factory=dict)
    guessed: tuple[int, int] | None = None
    chance: float = 0.0
    uses: Counter[str] = field(default_factory=Counter)
    sets: int = 0
    zoom: int = 0


def quality(root: Path) -> Quality:
    """Reads a dataset, all but its images, and works the figures out.

    Raises:
        MifgError: If the folder holds no exported dataset, or a damaged one.
    """
    found = Quality()
    forms: defaultdict[str, FormFigures] = defaultdict(FormFigures)
    questions: list[TextQuestion] = []
    groups: list[str] = []
    sets: set[frozenset[str]] = set()
    for row in (row.columns for shard in shards_of(root) for row in read_rows(shard, _COLUMNS)):
        forms[row["writer"]].add(row)
        shown = [image["sha256"] for image in json.loads(row["provenance"])["images"]]
        found.uses.update(set(shown))
        sets.add(frozenset(shown))
        found.zoom += row["difficulty"] == "zoom"
        if row["options"]:
            key = OPTION_LETTERS.index(row["answer"])
            questions.append(TextQuestion(row["question"], tuple(row["options"]), key))
            groups.append(min(shown))
    found.forms, found.sets = dict(sorted(forms.items())), len(sets)
    found.guessed, found.chance = _guessed(questions, groups)
    return found


def _guessed(questions: Sequence[TextQuestion], groups: Sequence[str]) -> tuple[tuple[int, int] | None, float]:
    if not questions:
        return None, 0.0
    chance = sum(1 / len(question.options) for question in questions) / len(questions)
    picks = predict_keys(questions, groups)
    if picks is None:
        return None, chance
    right = sum(pick == question.key for pick, question in zip(picks, questions, strict=True))
    return (right, len(questions)), chance


def _area(box: Sequence[int]) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


def quality_text(found: Quality, report: DatasetReport, notes: Sequence[str]) -> str:
    """The report as Markdown.

    Args:
        found: Figures of the dataset.
        report: Of its check.
        notes: Further findings, one paragraph each.
    """
    broken = Counter(problem.kind for problem in report.problems)
    uses = sorted(found.uses.values())
    lines = [
        "# Quality of the dataset",
        "",
        f"{report.rows} rows, {report.verified} of them verified by people; {report.images} images in {found.sets} "
        f"different sets. A row's evidence is legible in a crop only for {found.zoom / report.rows:.0%} of the rows.",
        f"An image stands in {median(uses):g} rows (median), the most used one in {uses[-1]}.",
        *(f"\n{note}" for note in notes),
        "",
        "## Promises",
        "",
        "| promise | broken |",
        "| --- | ---: |",
        *(f"| {promise} | {broken[kind]} |" for kind, promise in PROMISES.items()),
        "",
        *(f"- {problem.place}: {problem.reason}" for problem in report.problems[:_NAMED]),
        *([""] if report.problems else []),
        "## Guessing without looking",
        "",
        _guessing_text(found),
        "",
        "## Question forms",
        "",
        "Most common answer: right replies of somebody who always gives it. Evidence: the largest box of a row, as a "
        "share of its image.",
        "",
        "| form | rows | wordings | chance | most common answer | evidence, median |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        *(_form_line(name, form) for name, form in found.forms.items()),
    ]
    return "\n".join(lines) + "\n"


def _guessing_text(found: Quality) -> str:
    if found.guessed is None:
        return "There are too few choices to tell whether their texts give the keys away."
    right, choices = found.guessed
    error = (found.chance * (1 - found.chance) / choices) ** 0.5
    return (
        f"A model that reads question and options alone, and was trained on other images, picks the key of "
        f"{right / choices:.1%} of {choices} choices; guessing gets {found.chance:.1%} ± {1.96 * error:.1%} (95 %)."
    )


def _form_line(name: str, form: FormFigures) -> str:
    chance = f"{form.chance / form.rows:.0%}" if form.chance else "open"
    evidence = f"{median(form.evidence):.1%}"
    return f"| {name} | {form.rows} | {len(form.wordings)} | {chance} | {form.most_common:.0%} | {evidence} |"
