"""Figures over items are those of the items."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.config import GateSettings
from mifg_pipeline.items import Answer, GateResult, Region, Verdict
from mifg_pipeline.report.figures import EvidenceSizes, ItemFigures, KeyPositions


@pytest.fixture
def figures():
    return ItemFigures(EvidenceSizes(GateSettings()))


def test_an_item_is_counted_under_its_form(figures, make_item):
    figures.add(make_item(writer="find-detail/which-cell"))
    figures.add(make_item(difficulty="glance", writer="find-detail/which-cell"))
    figures.add(make_item(writer="compare/which-most"))
    compare, find = figures.families()
    assert (compare.family, compare.total.items) == ("compare", 1)
    assert (find.family, find.total.items, find.total.zoom) == ("find-detail", 2, 1)
    assert list(find.forms) == ["which-cell"]


def test_an_item_is_witnessed_where_the_verifier_kept_what_the_witness_said(figures, make_item):
    item = make_item()
    said = GateResult(gate="answer_verifier", passed=True, figures={"witness": "Image 2", "key": "Image 2"})
    silent = GateResult(gate="answer_verifier", passed=True, reason="no witness")
    for result in (said, silent):
        figures.add(item.model_copy(update={"verdict": Verdict(gates=(result,), people_first=result is silent)}))
    assert (figures.total.items, figures.total.witnessed) == (2, 1)


def test_evidence_is_measured_by_its_smallest_region_in_both_views(figures, make_item, make_image_ref):
    images = tuple(make_image_ref(name, width=1792, height=1120) for name in ("a", "b"))
    regions = (Region(image=1, bbox=(0, 0, 90, 80)), Region(image=1, bbox=(0, 0, 200, 50)))
    figures.add(make_item(images=images, evidence=regions))
    evidence = figures.evidence
    assert evidence.native_side.counts == {50 // 4: 1}
    # Both images have four times the pixels of the first view in all, so that they are seen at half their size.
    assert evidence.first_view_side.counts == {25 // 2: 1}
    assert evidence.illegible == 1
    assert evidence.largest_area.counts == {int(100 * 200 * 50 / (1792 * 1120) / 0.25): 1}


def test_the_area_of_a_magnified_detail_does_not_count(figures, make_item):
    figures.add(make_item(roles=("distractor", "query")))
    assert figures.evidence.largest_area.total == 0
    assert figures.evidence.native_side.total == 1


def test_an_image_is_used_once_by_an_item_however_often_it_is_shown(figures, make_item, make_image_ref):
    source = make_image_ref("source")
    made = [make_image_ref(name, derived_from=(source.sha256,)) for name in ("one", "two")]
    figures.add(make_item(images=(source, *made), roles=("evidence",) * 3))
    assert figures.uses == {source.sha256: 1}


def test_only_integers_count_as_integer_answers(figures, make_item):
    figures.add(make_item(options=None, answer=Answer(kind="integer", value=4)))
    figures.add(make_item(options=None, answer=Answer(kind="text", value="4")))
    figures.add(make_item())
    assert figures.integers == {4: 1}
    assert figures.keys.keys == {"B": 1}


@given(st.lists(st.integers(2, 10).flatmap(lambda options: st.tuples(st.integers(0, options - 1), st.just(options)))))
def test_observed_and_expected_positions_add_up(draws):
    positions = KeyPositions()
    for key, options in draws:
        positions.add("ABCDEFGHIJ"[key], options)
    drawn = positions.bars()
    assert sum(bar.count for bar in drawn) == len(draws)
    assert sum(bar.expected for bar in drawn) == pytest.approx(1 if draws else 0)


def test_two_options_are_expected_to_share_alike():
    positions = KeyPositions()
    positions.add("A", 2)
    assert [(bar.label, bar.count, bar.expected) for bar in positions.bars()] == [("A", 1, 0.5), ("B", 0, 0.5)]
