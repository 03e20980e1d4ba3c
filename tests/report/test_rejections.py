"""Rejections are grouped by the wording of their reasons."""

from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.items import Rejection
from mifg_pipeline.report.rejections import EXAMPLES, Rejections, wording


def test_reasons_that_differ_in_what_they_name_are_one_group():
    first = wording("the witness answers 'Image 2', the key says 'Image 3'")
    assert (
        first
        == wording("""the witness answers "it's 7.5", the key says '4'""")
        == "the witness answers …, the key says …"
    )


def test_an_apostrophe_begins_no_quotation():
    assert wording("the sign's text, as in the images' captions") == "the sign's text, as in the images' captions"


@given(st.lists(st.tuples(st.sampled_from(["lint", "evidence"]), st.text())))
def test_every_rejection_is_in_one_group(pairs):
    rejections = Rejections()
    for attempt, (gate, reason) in enumerate(pairs):
        rejections.add(Rejection(attempt=attempt, gate=gate, reason=reason))
    assert rejections.total == len(pairs)
    for gate, groups in rejections.by_gate():
        assert sum(group.count for group in groups) == sum(name == gate for name, _ in pairs)
        assert [group.count for group in groups] == sorted((group.count for group in groups), reverse=True)


def test_the_first_questions_of_a_group_are_kept(make_draft):
    rejections = Rejections()
    rejections.add(Rejection(attempt=0, gate="lint", reason="leak"))
    for attempt in range(1, 9):
        draft = make_draft(question=f"Is this question {attempt}?")
        rejections.add(Rejection(attempt=attempt, gate="lint", reason="leak", draft=draft))
    ((_, (group,)),) = rejections.by_gate()
    assert group.count == 9
    assert [example.attempt for example in group.examples] == [*range(1, EXAMPLES + 1)]
