"""The readings are those of the annotations, looked up here by plain loops."""

import pytest

from mifg_pipeline.items import CorpusImage

FORMS = ["which-largest", "sum", "which-text", "which-image", "beside-anchor"]


def text_of(image: CorpusImage, colour: str) -> str:
    signs = [thing for thing in image.objects if thing.category == "sign"]
    (text,) = [sign.text for sign in signs if sign.attributes["colour"] == colour]
    return text


def key_by_annotations(form: str, terms: dict, images: list[CorpusImage]) -> str:
    if form == "sum":
        (one, one_colour), (other, other_colour) = terms["signs"]
        assert one != other
        return str(int(text_of(images[one], one_colour)) + int(text_of(images[other], other_colour)))
    if form == "which-text":
        return text_of(images[terms["image"]], terms["colour"])
    if form == "which-largest":
        numbers = {index: int(text_of(images[index], terms["colour"])) for index in terms["images"]}
        assert len(set(numbers.values())) == len(numbers)
        return f"Image {max(numbers, key=numbers.get) + 1}"
    if form == "which-image":
        things = [(index, thing) for index in terms["images"] for thing in images[index].objects]
        (holder,) = {index for index, thing in things if thing.text == terms["text"]}
        return f"Image {holder + 1}"
    anchor = (terms["anchor_category"], terms["anchor_colour"])
    things = [(index, thing) for index, image in enumerate(images) for thing in image.objects]
    (index,) = [index for index, thing in things if (thing.category, thing.attributes["colour"]) == anchor]
    return text_of(images[index], terms["colour"])


@pytest.mark.parametrize("form", FORMS)
def test_key_is_what_the_annotations_say(form: str, draws: int, proposals, words_of) -> None:
    for pictures, proposal in proposals(f"read-across/{form}", draws):
        images = [pictures[index].image for index in proposal.images]
        assert words_of(proposal) == key_by_annotations(form, proposal.terms, images)


@pytest.mark.parametrize("form", FORMS)
def test_evidence_is_the_signs_that_are_read_and_the_anchor(form: str, proposals) -> None:
    for pictures, proposal in proposals(f"read-across/{form}", 60):
        found = []
        for region in proposal.evidence:
            image = pictures[proposal.images[region.image]].image
            (thing,) = [thing for thing in image.objects if thing.bbox == region.bbox]
            found.append(thing.category == "sign")
        expected = {"which-largest": len(proposal.options or ()), "sum": 2}.get(form, 1)
        assert found.count(True) == expected
        assert found.count(False) == (form == "beside-anchor")


@pytest.mark.parametrize("form", FORMS)
def test_images_to_be_looked_at_are_those_with_evidence(form: str, proposals) -> None:
    for _, proposal in proposals(f"read-across/{form}", 60):
        looked_at = {index for index, role in enumerate(proposal.roles) if role == "evidence"}
        assert looked_at == {region.image for region in proposal.evidence}


def test_offered_texts_are_all_numbers_or_all_not(proposals) -> None:
    for pictures, proposal in proposals("read-across/which-text", 100):
        seen = {thing.text for picture in pictures for thing in picture.image.objects}
        assert set(proposal.options) <= seen
        assert len({option.isdigit() for option in proposal.options}) == 1
        assert len({option.casefold() for option in proposal.options}) == 4


def test_the_anchor_matters_because_another_image_has_a_sign_of_that_colour(proposals, words_of) -> None:
    for pictures, proposal in proposals("read-across/beside-anchor", 60):
        texts = {
            thing.text
            for picture in pictures
            for thing in picture.image.objects
            if thing.category == "sign" and thing.attributes["colour"] == proposal.terms["colour"]
        }
        assert texts - {words_of(proposal)}
