"""Both steps are what the annotations say, taken here by plain loops."""

from collections.abc import Callable, Sequence

import pytest

from mifg_pipeline.items import CorpusImage, ObjectAnnotation

FORMS = ["sign-of-most", "count-at-largest", "count-at-text"]

Covered = Callable[[CorpusImage, str | None, str | None], list[ObjectAnnotation]]


def sign_of(image: CorpusImage, colour: str) -> ObjectAnnotation:
    (sign,) = [thing for thing in image.objects if thing.category == "sign" and thing.attributes["colour"] == colour]
    return sign


def first_hop(form: str, terms: dict, images: Sequence[CorpusImage], covered: Covered) -> int:
    """Index of the image that the first step leads to."""
    if form == "count-at-text":
        (index,) = [
            index for index in terms["images"] for thing in images[index].objects if thing.text == terms["text"]
        ]
        return index
    if form == "count-at-largest":
        values = {index: int(sign_of(images[index], terms["sign_colour"]).text) for index in terms["images"]}
    else:
        values = {index: len(covered(images[index], terms["category"], terms["colour"])) for index in terms["images"]}
    (index,) = [index for index, value in values.items() if value == max(values.values())]
    return index


def signs_read(form: str, terms: dict, images: Sequence[CorpusImage], found: int) -> set[tuple[int, tuple]]:
    """Index and box of each sign that has to be read, given the image that the first step leads to."""
    if form == "count-at-text":
        return {(found, thing.bbox) for thing in images[found].objects if thing.text == terms["text"]}
    read = [found] if form == "sign-of-most" else terms["images"]
    return {(index, sign_of(images[index], terms["sign_colour"]).bbox) for index in read}


@pytest.mark.parametrize("form", FORMS)
def test_key_is_what_the_annotations_say(form: str, draws: int, proposals, words_of, covered) -> None:
    for pictures, proposal in proposals(f"two-hop/{form}", draws):
        terms = proposal.terms
        images = [pictures[index].image for index in proposal.images]
        image = images[first_hop(form, terms, images, covered)]
        key = (
            sign_of(image, terms["sign_colour"]).text
            if form == "sign-of-most"
            else str(len(covered(image, terms["category"], terms["colour"])))
        )
        assert words_of(proposal) == key != "0"


@pytest.mark.parametrize("form", FORMS)
def test_evidence_is_what_both_steps_look_at(form: str, proposals, covered) -> None:
    for pictures, proposal in proposals(f"two-hop/{form}", 60):
        terms = proposal.terms
        images = [pictures[index].image for index in proposal.images]
        found = first_hop(form, terms, images, covered)
        signs = signs_read(form, terms, images, found)
        counted_in = terms["images"] if form == "sign-of-most" else [found]
        counted = {(i, t.bbox) for i in counted_in for t in covered(images[i], terms["category"], terms["colour"])}
        assert {(region.image, region.bbox) for region in proposal.evidence} == signs | counted
        assert len(proposal.evidence) == len(signs) + len(counted)


@pytest.mark.parametrize("form", ["count-at-largest", "count-at-text"])
def test_counting_in_another_image_gives_another_number(form: str, proposals, words_of, covered) -> None:
    for pictures, proposal in proposals(f"two-hop/{form}", 60):
        kind = proposal.terms["category"], proposal.terms["colour"]
        counts = {len(covered(picture.image, *kind)) for picture in pictures}
        assert counts - {0, int(words_of(proposal))}


def test_another_image_has_a_sign_of_that_colour_with_another_text(proposals, words_of) -> None:
    for pictures, proposal in proposals("two-hop/sign-of-most", 60):
        things = [thing for picture in pictures for thing in picture.image.objects if thing.category == "sign"]
        texts = {thing.text for thing in things if thing.attributes["colour"] == proposal.terms["sign_colour"]}
        assert texts - {words_of(proposal)}


@pytest.mark.parametrize("form", FORMS)
def test_they_are_marked_as_two_hops(form: str, proposals) -> None:
    assert all("two-hop" in proposal.skills for _, proposal in proposals(f"two-hop/{form}", 20))
