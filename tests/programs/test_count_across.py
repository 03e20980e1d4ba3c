"""The counts are those of the annotations, counted here by plain loops."""

import itertools

import pytest

from mifg_pipeline.items import CorpusImage

FORMS = ["total", "total-choice", "images-with", "difference", "beside-anchor"]


def number(image: CorpusImage, category: str | None, colour: str | None) -> int:
    found = 0
    for thing in image.objects:
        if thing.category == "sign":
            continue
        if category is not None and thing.category != category:
            continue
        if colour is not None and thing.attributes["colour"] != colour:
            continue
        found += 1
    return found


def key_by_annotations(form: str, terms: dict, images: list[CorpusImage]) -> int:
    numbers = [number(image, terms["category"], terms["colour"]) for image in images]
    if form == "difference":
        return numbers[terms["first"]] - numbers[terms["second"]]
    if form == "total-choice":
        return sum(numbers[index] for index in terms["images"])
    assert terms["images"] == list(range(len(images)))
    if form == "images-with":
        return len([count for count in numbers if count > 0])
    if form == "beside-anchor":
        anchors = [number(image, terms["anchor_category"], terms["anchor_colour"]) for image in images]
        assert sorted(anchors) == [0] * (len(images) - 1) + [1]
        return numbers[anchors.index(1)]
    return sum(numbers)


@pytest.mark.parametrize("form", FORMS)
def test_key_is_what_the_annotations_say(form: str, draws: int, proposals, words_of) -> None:
    for pictures, proposal in proposals(f"count-across/{form}", draws):
        images = [pictures[index].image for index in proposal.images]
        key = key_by_annotations(form, proposal.terms, images)
        assert words_of(proposal) == str(key)
        assert 1 <= key <= 30


@pytest.mark.parametrize("form", FORMS)
def test_evidence_is_every_object_that_counts(form: str, proposals) -> None:
    for pictures, proposal in proposals(f"count-across/{form}", 60):
        terms = proposal.terms
        images = [pictures[index].image for index in proposal.images]
        looked_at = [index for index, role in enumerate(proposal.roles) if role == "evidence"]
        counted = sum(number(images[index], terms["category"], terms["colour"]) for index in looked_at)
        assert len(proposal.evidence) == counted + (form == "beside-anchor")
        assert {region.image for region in proposal.evidence} == set(looked_at)
        for region in proposal.evidence:
            assert region.bbox in [thing.bbox for thing in images[region.image].objects]


def test_images_without_the_kind_are_distractors(proposals) -> None:
    for pictures, proposal in proposals("count-across/total", 60):
        for index, role in zip(proposal.images, proposal.roles, strict=True):
            holds = number(pictures[index].image, proposal.terms["category"], proposal.terms["colour"]) > 0
            assert role == ("evidence" if holds else "distractor")


def test_offered_totals_are_those_of_one_kind_over_equally_many_images(proposals) -> None:
    for pictures, proposal in proposals("count-across/total-choice", 60):
        terms = proposal.terms
        images = [pictures[index].image for index in proposal.images]
        numbers = [number(image, terms["category"], terms["colour"]) for image in images]
        totals = {sum(subset) for subset in itertools.combinations(numbers, len(terms["images"]))}
        assert len(set(proposal.options)) == 4
        assert set(proposal.options) <= {str(total) for total in totals}


def test_counting_without_the_anchor_gives_other_numbers(proposals) -> None:
    for pictures, proposal in proposals("count-across/beside-anchor", 60):
        terms = proposal.terms
        images = [pictures[index].image for index in proposal.images]
        assert len({number(image, terms["category"], terms["colour"]) for image in images} - {0}) > 1
