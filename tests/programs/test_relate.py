"""What lies where is what the annotations say, measured here by plain loops."""

from collections.abc import Callable, Sequence

import pytest

from mifg_pipeline.items import CorpusImage, ObjectAnnotation
from mifg_pipeline.programs import Picture, Proposal

FORMS = ["nearest", "which-side"]

Covered = Callable[[CorpusImage, str | None, str | None], list[ObjectAnnotation]]


def anchored(
    pictures: Sequence[Picture], proposal: Proposal, covered: Covered
) -> tuple[int, CorpusImage, ObjectAnnotation]:
    """Index and record of the one image with the anchor, and the anchor."""
    terms = proposal.terms
    assert terms["images"] == list(range(len(pictures)))
    images = [pictures[index].image for index in proposal.images]
    (found,) = [
        (index, image, thing)
        for index, image in enumerate(images)
        for thing in covered(image, terms["anchor_category"], terms["anchor_colour"])
    ]
    return found


def centre(thing: ObjectAnnotation) -> complex:
    x0, y0, x1, y1 = thing.bbox
    return complex(x0 + x1, y0 + y1) / 2


def name(thing: ObjectAnnotation) -> str:
    return f"{thing.attributes['colour']} {thing.category}"


def by_distance(image: CorpusImage, anchor: ObjectAnnotation) -> list[tuple[float, str]]:
    """Distance and name of all other shapes, the nearest first."""
    others = [thing for thing in image.objects if thing.category != "sign" and thing != anchor]
    return sorted((abs(centre(thing) - centre(anchor)), name(thing)) for thing in others)


def test_nearest_is_what_the_annotations_say(draws: int, proposals, words_of, covered) -> None:
    for pictures, proposal in proposals("relate/nearest", draws):
        _, image, anchor = anchored(pictures, proposal, covered)
        (distance, nearest), (next_distance, _), *_ = by_distance(image, anchor)
        assert words_of(proposal) == nearest
        assert next_distance >= 1.25 * distance


def test_image_has_one_object_of_each_offered_kind_and_none_is_the_anchor(proposals, covered) -> None:
    for pictures, proposal in proposals("relate/nearest", 100):
        _, image, anchor = anchored(pictures, proposal, covered)
        names = [name(thing) for thing in image.objects if thing.category != "sign"]
        assert [names.count(option) for option in proposal.options] == [1, 1, 1, 1]
        assert name(anchor) not in proposal.options


def test_side_is_what_the_annotations_say(draws: int, proposals, words_of, covered) -> None:
    for pictures, proposal in proposals("relate/which-side", draws):
        _, image, anchor = anchored(pictures, proposal, covered)
        (thing,) = covered(image, proposal.terms["category"], proposal.terms["colour"])
        assert thing != anchor
        shift = (centre(thing).real - centre(anchor).real) / image.width
        assert abs(shift) >= 0.05
        assert words_of(proposal) == ("right" if shift > 0 else "left")


@pytest.mark.parametrize("form", FORMS)
def test_evidence_is_the_anchor_and_the_other_object(form: str, proposals, words_of, covered) -> None:
    for pictures, proposal in proposals(f"relate/{form}", 60):
        index, image, anchor = anchored(pictures, proposal, covered)
        first, second = proposal.evidence
        assert first.image == second.image == index
        assert first.bbox == anchor.bbox
        (other,) = [thing for thing in image.objects if thing.bbox == second.bbox]
        if form == "nearest":
            assert name(other) == words_of(proposal)
            assert abs(centre(other) - centre(anchor)) == by_distance(image, anchor)[0][0]
        else:
            assert [other] == covered(image, proposal.terms["category"], proposal.terms["colour"])


@pytest.mark.parametrize("form", FORMS)
def test_two_hops_are_needed(form: str, proposals) -> None:
    for _, proposal in proposals(f"relate/{form}", 30):
        assert "two-hop" in proposal.skills
        assert proposal.roles.count("evidence") == 1
        assert len(proposal.roles) > 1
