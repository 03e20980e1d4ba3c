from collections.abc import Callable
from itertools import chain

import pytest

from mifg_pipeline.gates import AuditRow, FamilyAudit, audit
from mifg_pipeline.items import Answer, Sample

MakeRows = Callable[..., list[AuditRow]]


def always_a(sample: Sample) -> int:
    return 0


def longest_option(sample: Sample) -> int:
    lengths = [len(option) for option in sample.options or ()]
    return lengths.index(max(lengths))


def position_by_colour(sample: Sample) -> int:
    return next(index for index, colour in enumerate(("red", "blue", "green", "black")) if colour in sample.question)


def audit_one(rows: list[AuditRow]) -> FamilyAudit:
    (found,) = audit(rows)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_unbiased_items_stay_within_three_points_of_chance(make_rows: MakeRows, seed: int) -> None:
    found = audit_one(make_rows(4000, seed))
    assert found.excess is not None
    assert abs(found.excess) < 0.03
    assert not found.flagged


@pytest.mark.slow
@pytest.mark.parametrize("bias", [always_a, longest_option, position_by_colour])
def test_a_bias_of_six_points_is_flagged(make_rows: MakeRows, bias: Callable[[Sample], int]) -> None:
    assert audit_one(make_rows(4000, 0, bias=bias)).flagged


def test_a_strong_bias_shows_in_a_few_hundred_items(make_rows: MakeRows) -> None:
    assert audit_one(make_rows(400, 0, bias=always_a, strength=0.5)).flagged


def test_the_skew_of_letters_is_tested(make_rows: MakeRows) -> None:
    even, skewed = (audit_one(make_rows(400, 0, bias=bias, strength=0.5)) for bias in (None, always_a))
    assert even.letter_skew_p is not None
    assert skewed.letter_skew_p is not None
    assert even.letter_skew_p > 0.01 > skewed.letter_skew_p


def test_a_group_is_never_divided_between_training_and_test(make_rows: MakeRows) -> None:
    # Every question occurs in many copies, all in one group: knowing a copy would give the key away.
    rows = [
        AuditRow(row.family, f"group {number}", row.sample.model_copy(update={"question": f"unique{number} thing?"}))
        for number, row in enumerate(make_rows(40, 0))
    ]
    found = audit_one(list(chain.from_iterable([row] * 30 for row in rows)))
    assert found.accuracy is not None
    assert found.accuracy < 0.5


def test_copies_of_items_in_one_group_do_not_shrink_the_standard_error(make_rows: MakeRows) -> None:
    rows = make_rows(200, 0)
    once, tenfold = audit_one(rows), audit_one([row for row in rows for _ in range(10)])
    assert once.standard_error is not None
    assert tenfold.standard_error is not None
    assert tenfold.standard_error > 0.7 * once.standard_error


def test_chance_is_the_mean_of_one_over_the_number_of_options(make_rows: MakeRows) -> None:
    rows = make_rows(100, 0)
    two_options = [
        AuditRow(
            row.family,
            row.group,
            row.sample.model_copy(update={"options": ("x", "y"), "answer": Answer(kind="choice", value="A")}),
        )
        for row in rows
    ]
    assert audit_one(rows + two_options).chance == pytest.approx(0.375)


@pytest.mark.parametrize("count", [1, 99])
def test_too_few_items_are_not_predicted(make_rows: MakeRows, count: int) -> None:
    found = audit_one(make_rows(max(count, 2), 0)[:count])
    assert found.accuracy is None
    assert not found.flagged


def test_items_of_one_group_are_not_predicted(make_rows: MakeRows) -> None:
    rows = [AuditRow(row.family, "one", row.sample) for row in make_rows(200, 0)]
    assert audit_one(rows).accuracy is None


def test_families_are_audited_apart_in_order_of_their_names(make_rows: MakeRows) -> None:
    rows = make_rows(4, 0)
    named = [AuditRow(family, row.group, row.sample) for row, family in zip(rows, "babc", strict=True)]
    assert [(found.family, found.choice_items) for found in audit(named)] == [("a", 1), ("b", 2), ("c", 1)]


def test_the_most_frequent_open_answer_is_reported(make_rows: MakeRows) -> None:
    sample = make_rows(2, 0)[0].sample
    rows = [
        AuditRow("count", "g", Sample(images=sample.images, question="How many?", answer=answer))
        for answer in (
            Answer(kind="integer", value=3),
            Answer(kind="integer", value=2),
            Answer(kind="integer", value=3),
            Answer(kind="text", value="Seven"),
        )
    ]
    found = audit_one(rows)
    assert (found.open_items, found.top_answer, found.top_share) == (4, "3", 0.5)


def test_a_set_without_items_has_nothing_to_report() -> None:
    assert audit([]) == ()


def test_the_audit_is_deterministic(make_rows: MakeRows) -> None:
    assert audit(make_rows(200, 0)) == audit(make_rows(200, 0))
