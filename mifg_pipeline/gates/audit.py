"""Gate 12: how well can the answers of a set be predicted without its images?"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import fmean

import numpy as np

from mifg_pipeline.gates.text_predictor import TextQuestion, predict_keys
from mifg_pipeline.items import OPTION_LETTERS, Sample
from mifg_pipeline.scoring import normalize

_TOLERATED_EXCESS = 0.03
_STANDARD_ERRORS = 2.0


@dataclass(frozen=True)
class AuditRow:
    """One item as the audit sees it.

    Attributes:
        family: Program family; each is audited for itself.
        group: What must not be divided between the parts of the cross-validation: the cluster of the first evidence
            image.
        sample: The item.
    """

    family: str
    group: str
    sample: Sample


@dataclass(frozen=True)
class FamilyAudit:
    """What the audit found in one family.

    Attributes:
        family: Program family.
        choice_items: Items of kind ``choice``, on which the prediction is measured.
        accuracy: Share of them whose key was predicted from the text alone; None where there are fewer than
            100 of them or all are of one group.
        chance: Mean of 1 / number of options.
        standard_error: Of accuracy - chance, robust to items of one group being alike.
        letter_skew_p: p-value of a chi-square test of the positions of the keys against equal shares.
        open_items: Items of all other kinds.
        top_answer: The most frequent answer among them, normalised.
        top_share: Its share.
    """

    family: str
    choice_items: int
    accuracy: float | None
    chance: float | None
    standard_error: float | None
    letter_skew_p: float | None
    open_items: int
    top_answer: str | None
    top_share: float | None

    @property
    def excess(self) -> float | None:
        """Accuracy above chance."""
        return None if self.accuracy is None or self.chance is None else self.accuracy - self.chance

    @property
    def flagged(self) -> bool:
        """Whether the excess is above 3 points and above 2 standard errors."""
        if self.excess is None or self.standard_error is None:
            return False
        return self.excess > _TOLERATED_EXCESS and self.excess > _STANDARD_ERRORS * self.standard_error


@dataclass
class _Texts:
    """What is kept of the items of one family; there are many of them.

    Attributes:
        questions: Those of kind ``choice``.
        groups: Of these.
        answers: To all others, normalised.
    """

    questions: list[TextQuestion] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)

    def add(self, row: AuditRow) -> None:
        sample = row.sample
        if sample.options is None:
            self.answers[normalize(sample.answer_text())] += 1
        else:
            key = OPTION_LETTERS.index(str(sample.answer.value))
            self.questions.append(TextQuestion(sample.question, sample.options, key))
            self.groups.append(row.group)


def audit(rows: Iterable[AuditRow]) -> tuple[FamilyAudit, ...]:
    """Audits each family of a set, in order of their names. It reports and rejects nothing."""
    families: defaultdict[str, _Texts] = defaultdict(_Texts)
    for row in rows:
        families[row.family].add(row)
    return tuple(_audit_family(family, texts) for family, texts in sorted(families.items()))


def _audit_family(family: str, texts: _Texts) -> FamilyAudit:
    questions, groups, answers = texts.questions, texts.groups, texts.answers
    predicted = predict_keys(questions, groups)
    chances = [1 / len(question.options) for question in questions]
    hits = (
        None if predicted is None else [guess == asked.key for guess, asked in zip(predicted, questions, strict=True)]
    )
    top_answer, top_count = max(answers.items(), key=lambda entry: (entry[1], entry[0]), default=(None, 0))
    return FamilyAudit(
        family=family,
        choice_items=len(questions),
        accuracy=None if hits is None else fmean(hits),
        chance=fmean(chances) if chances else None,
        standard_error=None if hits is None else _standard_error(hits, chances, groups),
        letter_skew_p=_letter_skew_p(questions),
        open_items=answers.total(),
        top_answer=top_answer,
        top_share=top_count / answers.total() if answers else None,
    )


def _standard_error(hits: Sequence[bool], chances: Sequence[float], groups: Sequence[str]) -> float:
    """Cluster-robust standard error of the mean of hit - chance, from the squared sums of the groups."""
    surplus = np.subtract(hits, chances, dtype=float)
    _, group_index = np.unique(np.asarray(groups), return_inverse=True)
    sums = np.bincount(group_index, weights=surplus - surplus.mean())
    return math.sqrt(float(np.square(sums).sum())) / len(surplus)


def _letter_skew_p(questions: Sequence[TextQuestion]) -> float | None:
    if not questions:
        return None
    from scipy.stats import chisquare

    positions = max(len(question.options) for question in questions)
    observed = np.bincount([question.key for question in questions], minlength=positions)
    expected = [
        sum(1 / len(question.options) for question in questions if len(question.options) > position)
        for position in range(positions)
    ]
    return float(chisquare(observed, expected).pvalue)
