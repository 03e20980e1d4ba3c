"""What the simulated world writes: true questions, and defects by share, both checked by an independent count."""

import random
from collections import Counter

import pytest
from simulated_world import GATES, SETTINGS, Asker
from world_truth import Things, answers_to, evidence_of, form_of, things_by_name

from mifg_pipeline.corpus import Corpus
from mifg_pipeline.gates import LINTS, question_key, resolvability
from mifg_pipeline.items import Draft

COUNT = 60


@pytest.fixture(scope="module")
def things(corpus: Corpus) -> dict[str, Things]:
    return things_by_name(corpus.root / "scenes")


@pytest.fixture(scope="module")
def sound(corpus: Corpus) -> list[Draft]:
    return Asker(corpus).drafts(COUNT)


def scenes_of(draft: Draft, things: dict[str, Things]) -> list[Things]:
    return [things[image.path.removeprefix("scenes/")] for image in draft.images]


def right_answers(draft: Draft, things: dict[str, Things]) -> list[str]:
    return answers_to(draft.question, scenes_of(draft, things))


def drafts_with(corpus: Corpus, defect: str, count: int = 25) -> list[Draft]:
    return Asker(corpus, defects={defect: 1.0}).drafts(count, sizes=(4, 5))


def test_every_key_of_a_sound_question_is_the_only_right_answer(sound, things):
    for draft in sound:
        assert right_answers(draft, things) == [draft.answer_text()], draft.question


def test_all_forms_of_sound_questions_come_up(sound):
    assert {form_of(draft.question)[0] for draft in sound} == {"total", "excess", "most", "sum"}
    assert {draft.answer.kind for draft in sound} == {"choice", "integer"}


def test_the_evidence_is_every_thing_that_counts(sound, things):
    for draft in sound:
        for index, scene in enumerate(scenes_of(draft, things)):
            boxes = [region.bbox for region in draft.evidence if region.image == index]
            expected = evidence_of(draft.question, index, scene)
            assert len(boxes) == len(expected), draft.question
            for exact in expected:
                assert any(box == pytest.approx(exact, abs=3) for box in boxes), draft.question


def test_sound_questions_pass_the_gates_that_need_no_model(sound):
    for draft in sound:
        for gate in (*LINTS, lambda draft, settings: resolvability(draft, settings)[1]):
            result = gate(draft, GATES)
            assert result.passed, (result, draft.question)


@pytest.mark.parametrize("coordinates", ["pixels", "thousandths"])
def test_places_are_in_the_coordinates_that_are_asked_for(corpus, things, coordinates):
    asker = Asker(corpus, SETTINGS.model_copy(update={"coordinates": coordinates, "image_pixels": 300_000}))
    for image in asker.scenes[:6]:
        exact = [thing["bbox"] for thing in things[image.path.removeprefix("scenes/")] if thing["category"] != "sign"]
        sightings = asker.inventory(image).objects
        assert sightings
        for sighting in sightings:
            assert any(sighting.bbox == pytest.approx(box, abs=5) for box in exact)


def test_where_the_key_is_wrong_the_right_answer_is_among_the_options(corpus, things):
    for draft in drafts_with(corpus, "wrong_key"):
        (right,) = right_answers(draft, things)
        assert draft.answer_text() != right
        assert draft.options is None or right in draft.options


def test_an_ambiguous_question_has_two_answers_of_which_one_is_the_key(corpus, things):
    for draft in drafts_with(corpus, "ambiguous"):
        answers = right_answers(draft, things)
        assert len(set(answers)) == 2, draft.question
        assert draft.answer_text() in answers
        assert draft.options is None or set(answers) < set(draft.options)


def test_what_is_answerable_without_images_has_the_same_answer_over_any_other_images(corpus, things):
    for draft in drafts_with(corpus, "blind_answerable"):
        others: list[Things] = [[] for _ in draft.images]
        assert answers_to(draft.question, others) == [draft.answer_text()]


def test_an_image_that_is_not_needed_can_be_any_other(corpus, things):
    for draft in drafts_with(corpus, "image_not_needed"):
        scenes = scenes_of(draft, things)
        spare = int(form_of(draft.question)[1]["second"]) - 1
        without_it = [[] if index == spare else scene for index, scene in enumerate(scenes)]
        assert answers_to(draft.question, without_it) == [draft.answer_text()] == answers_to(draft.question, scenes)
        assert draft.roles[spare] == "evidence"


def test_a_leaking_question_is_true_and_stopped_by_the_lint(corpus, things):
    for draft in drafts_with(corpus, "leaking"):
        assert right_answers(draft, things) == [draft.answer_text()]
        (lint,) = (gate(draft, GATES) for gate in LINTS if gate.__name__ == "lint")
        assert "the question" in lint.reason
        assert not lint.passed


def test_duplicates_ask_the_same_about_the_same_images_in_any_order(corpus):
    asker, sound = Asker(corpus, defects={"duplicate": 1.0}), Asker(corpus)

    def keys(asker: Asker) -> set[str]:
        pair = asker.scenes[:2]
        return {question_key(asker.draft(order, sample)) for sample in range(5) for order in (pair, pair[::-1])}

    assert len(keys(asker)) == 1
    assert len(keys(sound)) > 5


def test_duplicates_bring_the_same_images_together(corpus):
    asker = Asker(corpus, defects={"duplicate": 1.0})
    rng = random.Random(0)
    candidates = asker.scenes[:5]
    chosen = set()
    for sample in range(10):
        shown = rng.sample(candidates, len(candidates))
        chosen.add(frozenset(shown[number - 1].sha256 for number in asker.selection(shown, sample).images))
    assert len(chosen) == 1


def test_defects_come_in_the_shares_that_are_set(corpus, things):
    shares = {"wrong_key": 0.3, "blind_answerable": 0.2, "ambiguous": 0.1}
    drafts = Asker(corpus, defects=shares).drafts(300, sizes=(4,))
    found = Counter(_defect_of(draft, things) for draft in drafts)
    for defect, share in {**shares, "": 0.4}.items():
        spread = (share * (1 - share) / len(drafts)) ** 0.5
        assert found[defect] / len(drafts) == pytest.approx(share, abs=3.5 * spread), defect


def test_a_revision_is_another_question(corpus):
    asker = Asker(corpus, defects={"duplicate": 1.0})
    for sample in range(10):
        commission = asker.commission(asker.scenes[sample : sample + 2], sample)
        previous = asker.question(commission)
        revised = asker.commission(commission.images, sample, previous=previous, problems=("Too easy.",))
        assert asker.question(revised).question != previous.question


def test_about_photographs_nothing_is_asked(corpus):
    asker = Asker(corpus)
    photographs = [image for image in corpus.images if not image.objects][:3]
    written = asker.question(asker.commission(photographs))
    assert written.evidence == ()
    assert asker.inventory(photographs[0]).objects == ()
    assert asker.selection(photographs).images == ()


def test_selected_are_two_to_five_images_in_which_something_was_seen(corpus):
    asker = Asker(corpus)
    candidates = [*asker.scenes[:6], *(image for image in corpus.images if not image.objects)][:8]
    sizes = set()
    for sample in range(40):
        images = asker.selection(candidates, sample).images
        assert len(set(images)) == len(images)
        assert set(images) <= set(range(1, 7))
        sizes.add(len(images))
    assert sizes == {2, 3, 4, 5}


def _defect_of(draft: Draft, things: dict[str, Things]) -> str:
    form = form_of(draft.question)[0]
    if form in ("corners", "things"):
        return {"corners": "blind_answerable", "things": "ambiguous"}[form]
    return "" if right_answers(draft, things) == [draft.answer_text()] else "wrong_key"
