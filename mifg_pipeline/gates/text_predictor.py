"""Predicts the key of a choice question from its text alone, out of sample."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mifg_pipeline.scoring import normalize, read_number

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_FOLDS = 5
_FEWEST_QUESTIONS = 100
"""Below it the standard error of the accuracy is above 4 points, which shows nothing."""

_MIN_OPTIONS = 20
"""Options in which a crossing must occur; what is rarer cannot be learnt, and there is much of it."""

_FEATURES = 50
"""Features that are kept in each fold, by chi-square on its training part. The noise of some thousand crossings
would drown a bias of a few points."""

_INVERSE_PENALTY = 0.05


class TextQuestion(NamedTuple):
    """A choice question without its images; ``key`` is the index of the right option."""

    question: str
    options: tuple[str, ...]
    key: int


class _OptionText(NamedTuple):
    """What a text-only model knows of one option, in features that are there or not.

    Attributes:
        grams: Its words and pairs of words.
        traits: Its position and how its length and its number rank among the options; each of these and each of its
            words also together with each word of the question and with the question's length.
    """

    grams: list[str]
    traits: list[str]


def predict_keys(questions: Sequence[TextQuestion], groups: Sequence[str]) -> list[int] | None:
    """The index of the option that a text-only model picks for each question, by cross-validation.

    One row per option: TF-IDF of its words and pairs of words, and its traits. Logistic regression on whether it is
    the key; the option with the highest score is picked. No group is in the training and the test part at once.

    Returns:
        None where there are fewer than 100 questions or two groups.
    """
    folds = min(_FOLDS, len(set(groups)))
    if len(questions) < _FEWEST_QUESTIONS or folds < 2:
        return None
    from sklearn.feature_selection import SelectKBest, chi2
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold
    from sklearn.pipeline import make_pipeline

    features = _features([option for question in questions for option in _describe_options(question)])
    owner = np.repeat(np.arange(len(questions)), [len(question.options) for question in questions])
    is_key = np.array([index == question.key for question in questions for index in range(len(question.options))])
    scores: NDArray[np.float64] = np.empty(len(owner))
    kept = min(_FEATURES, features.shape[1])
    for train, test in GroupKFold(folds).split(owner, groups=np.asarray(groups)[owner]):
        model = make_pipeline(SelectKBest(chi2, k=kept), LogisticRegression(C=_INVERSE_PENALTY, max_iter=300))
        scores[test] = model.fit(features[train], is_key[train]).decision_function(features[test])
    return [int(np.argmax(own)) for own in np.split(scores, np.flatnonzero(np.diff(owner)) + 1)]


def _features(options: Sequence[_OptionText]) -> "csr_array[Any]":
    """One row per option. Words are weighted over all rows at once, which sees no key."""
    from scipy.sparse import csr_array, hstack
    from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

    grams = TfidfVectorizer(analyzer=list).fit_transform([option.grams for option in options])
    traits = CountVectorizer(analyzer=list, binary=True, min_df=_MIN_OPTIONS)
    return csr_array(hstack([grams, traits.fit_transform([option.traits for option in options])]))


def _describe_options(question: TextQuestion) -> list[_OptionText]:
    words = normalize(question.question).split()
    asked = [*dict.fromkeys(words), f"length {len(words) // 8}"]
    number_ranks = _ranks([read_number(option) for option in question.options])
    length_ranks = _ranks([len(option) for option in question.options])
    described = []
    for position, option in enumerate(question.options):
        own = [f"position {position}", f"length {length_ranks[position]}", f"number {number_ranks[position]}"]
        option_words = normalize(option).split()
        crossings = [f"{word} | {trait}" for word in asked for trait in (*own, *option_words)]
        described.append(_OptionText(_grams(option_words), own + crossings))
    return described


def _grams(words: Sequence[str]) -> list[str]:
    return [*words, *(" ".join(pair) for pair in pairwise(words))]


def _ranks(values: Sequence[Any]) -> list[str]:
    """The rank of each value among all, equal ones alike, as "2 of 4"; "none" where a value is missing."""
    if any(value is None for value in values):
        return ["none"] * len(values)
    ordered = sorted(set(values))
    return [f"{ordered.index(value) + 1} of {len(ordered)}" for value in values]
