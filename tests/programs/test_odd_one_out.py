"""The odd image is the one that the annotations single out, found here by plain loops."""

import pytest

FORMS = ["which-lacks", "which-alone"]


@pytest.mark.parametrize("form", FORMS)
def test_key_is_what_the_annotations_say(form: str, draws: int, proposals, words_of, covered) -> None:
    for pictures, proposal in proposals(f"odd-one-out/{form}", draws):
        assert len(pictures) >= 3
        kind = proposal.terms["category"], proposal.terms["colour"]
        shown = [bool(covered(pictures[index].image, *kind)) for index in proposal.images]
        assert shown.count(form == "which-alone") == 1
        assert words_of(proposal) == f"Image {shown.index(form == 'which-alone') + 1}"


@pytest.mark.parametrize("form", FORMS)
def test_evidence_is_every_object_of_the_kind(form: str, proposals, covered) -> None:
    for pictures, proposal in proposals(f"odd-one-out/{form}", 60):
        expected = [
            (index, thing.bbox)
            for index, picture in enumerate(proposal.images)
            for thing in covered(pictures[picture].image, proposal.terms["category"], proposal.terms["colour"])
        ]
        assert sorted((region.image, region.bbox) for region in proposal.evidence) == sorted(expected)


@pytest.mark.parametrize("form", FORMS)
def test_all_images_are_offered(form: str, proposals) -> None:
    for pictures, proposal in proposals(f"odd-one-out/{form}", 30):
        assert len(proposal.options) == len(pictures)
