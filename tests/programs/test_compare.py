"""What stands out is what the annotations say, found here by plain loops."""

from collections.abc import Callable, Sequence

import pytest

from mifg_pipeline.items import CorpusImage, ObjectAnnotation

FORMS = ["which-most", "which-fewest", "which-leftmost", "which-largest"]

Covered = Callable[[CorpusImage, str | None, str | None], list[ObjectAnnotation]]


def measures(form: str, images: Sequence[CorpusImage], terms: dict, covered: Covered) -> dict[int, float]:
    """By image, what the form compares: the higher the better."""
    found = {}
    for index in terms["images"]:
        image = images[index]
        things = covered(image, terms["category"], terms["colour"])
        if form == "which-most":
            found[index] = len(things)
        elif form == "which-fewest":
            assert things
            found[index] = -len(things)
        else:
            (thing,) = things
            x0, y0, x1, y1 = thing.bbox
            share = (x1 - x0) / image.width * (y1 - y0) / image.height
            found[index] = -x0 / image.width if form == "which-leftmost" else share
    return found


@pytest.mark.parametrize("form", FORMS)
def test_key_is_what_the_annotations_say(form: str, draws: int, proposals, words_of, covered) -> None:
    for pictures, proposal in proposals(f"compare/{form}", draws):
        images = [pictures[index].image for index in proposal.images]
        found = measures(form, images, proposal.terms, covered)
        (best,) = [index for index, value in found.items() if value == max(found.values())]
        assert words_of(proposal) == f"Image {best + 1}"
        assert set(proposal.options) == {f"Image {index + 1}" for index in found}


@pytest.mark.parametrize("form", FORMS)
def test_evidence_is_every_object_that_is_compared(form: str, proposals, covered) -> None:
    for pictures, proposal in proposals(f"compare/{form}", 60):
        terms = proposal.terms
        expected = [
            (index, thing.bbox)
            for index in terms["images"]
            for thing in covered(pictures[proposal.images[index]].image, terms["category"], terms["colour"])
        ]
        assert sorted((region.image, region.bbox) for region in proposal.evidence) == sorted(expected)
        assert len(expected) <= 40


def test_at_least_two_images_show_what_is_counted(proposals, covered) -> None:
    for pictures, proposal in proposals("compare/which-most", 60):
        kind = proposal.terms["category"], proposal.terms["colour"]
        assert sum(bool(covered(picture.image, *kind)) for picture in pictures) > 1


def test_leftmost_is_clear_by_six_per_cent_of_the_width(proposals, covered) -> None:
    for pictures, proposal in proposals("compare/which-leftmost", 100):
        images = [pictures[index].image for index in proposal.images]
        shares = sorted(measures("which-leftmost", images, proposal.terms, covered).values())
        assert shares[-1] - shares[-2] >= 0.06


def test_largest_is_clear_by_a_factor_of_1_4(proposals, covered) -> None:
    for pictures, proposal in proposals("compare/which-largest", 100):
        images = [pictures[index].image for index in proposal.images]
        shares = sorted(measures("which-largest", images, proposal.terms, covered).values())
        assert shares[-1] >= 1.4 * shares[-2]
