"""What holds of every program: proposals are well formed, repeatable and in plain English."""

import inspect
import random
import re
import string

import numpy as np
import pytest

from mifg_pipeline.items import CorpusImage
from mifg_pipeline.programs import Derived, Picture, Pixels, Program, Proposal, all_programs, program_named

NAMES = [program.name for program in all_programs()]
PIXEL_FAMILIES = ("find-detail", "match", "order", "same-scene", "spot-change")
PIXEL_NAMES = [name for name in NAMES if name.startswith(PIXEL_FAMILIES)]
ANNOTATED_NAMES = [name for name in NAMES if name not in PIXEL_NAMES]


def wordings(program: Program) -> list[str]:
    return [line for line in inspect.cleandoc(type(program).__doc__).splitlines() if line]


def odd_pixels(look: str, width: int, height: int) -> Pixels:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    if look == "flat":
        pixels[:] = 255
    elif look == "grey":
        pixels[:] = pixels[..., :1]
    elif look == "stripes":
        pixels[:] = (np.arange(width) // 9 % 2 * 255)[None, :, None]
    return pixels


def same(one: Proposal, other: Proposal) -> bool:
    pairs = zip(one.images, other.images, strict=True)
    images = [
        np.array_equal(a.pixels, b.pixels) and a.parents == b.parents if isinstance(a, Derived) else a == b
        for a, b in pairs
    ]
    fields = ("roles", "question", "answer", "evidence", "skills", "options", "terms")
    return all(images) and all(getattr(one, field) == getattr(other, field) for field in fields)


def test_the_programs_are_those_of_the_table() -> None:
    assert set(NAMES) >= {
        "find-detail/which-image",
        "find-detail/which-quarter",
        "find-detail/which-cell",
        "find-detail/two-details",
        "spot-change/which-cell",
        "spot-change/how-many-edits",
        "spot-change/which-unedited",
        "spot-change/which-higher",
        "compare/which-fewest",
        "compare/which-largest",
        "compare/which-leftmost",
        "compare/which-most",
        "odd-one-out/which-alone",
        "odd-one-out/which-lacks",
        "relate/nearest",
        "relate/which-side",
        "two-hop/count-at-largest",
        "two-hop/count-at-text",
        "two-hop/sign-of-most",
        "match/details-to-images",
        "match/which-pairing",
        "order/by-zoom",
        "order/by-edits",
        "same-scene/which-match",
        "same-scene/which-two",
        "count-across/total",
        "count-across/total-choice",
        "count-across/images-with",
        "count-across/difference",
        "count-across/beside-anchor",
        "read-across/which-largest",
        "read-across/sum",
        "read-across/which-text",
        "read-across/which-image",
        "read-across/beside-anchor",
    }


@pytest.mark.parametrize("name", NAMES)
def test_wordings_are_two_to_four_sentences_with_the_same_fields(name: str) -> None:
    lines = wordings(program_named(name))
    assert 2 <= len(lines) <= 4
    fields = [{field for _, field, _, _ in string.Formatter().parse(line) if field} for line in lines]
    assert all(found == fields[0] for found in fields)
    assert all(line[-1] in ".?" for line in lines)


@pytest.mark.parametrize("name", NAMES)
def test_same_pictures_and_seed_give_the_same_proposal(name: str, pictures_for) -> None:
    program = program_named(name)
    pool = pictures_for(program)
    for seed in range(12):
        pictures = random.Random(seed).sample(pool, max(program.picture_counts))
        one, other = (program.propose(pictures, random.Random(seed)) for _ in range(2))
        assert one is None is other or same(one, other)


@pytest.mark.parametrize("name", NAMES)
def test_questions_name_images_that_exist_and_leave_no_field_open(name: str, proposals, images_named) -> None:
    for _, proposal in proposals(name, 40):
        named = images_named(proposal.question)
        assert named
        assert max(named) < len(proposal.images)
        assert len(re.findall(r"Images? \d", proposal.question)) == len(re.findall("Image", proposal.question))
        assert not re.search(r"[{}]|None|  ", proposal.question)
        assert proposal.question[0].isupper()


@pytest.mark.parametrize("name", NAMES)
def test_evidence_is_within_its_image_small_and_large_enough(name: str, proposals, pixels_of) -> None:
    for pictures, proposal in proposals(name, 30):
        for region in proposal.evidence:
            image = proposal.images[region.image]
            if isinstance(image, Derived):
                height, width = image.pixels.shape[:2]
            else:
                width, height = pictures[image].image.width, pictures[image].image.height
            x0, y0, x1, y1 = region.bbox
            assert 0 <= x0 < x1 <= width
            assert 0 <= y0 < y1 <= height
            assert min(x1 - x0, y1 - y0) >= 28
            assert (x1 - x0) * (y1 - y0) <= 0.05 * width * height


@pytest.mark.parametrize("name", NAMES)
def test_every_image_has_a_role_and_evidence_is_where_the_roles_say(name: str, proposals) -> None:
    for pictures, proposal in proposals(name, 30):
        assert 2 <= len(proposal.images) <= 8
        assert len(proposal.roles) == len(proposal.images)
        looked_at = {index for index, role in enumerate(proposal.roles) if role == "evidence"}
        assert {region.image for region in proposal.evidence} == looked_at
        used = [i for image in proposal.images for i in (image.parents if isinstance(image, Derived) else (image,))]
        assert set(used) == set(range(len(pictures)))


@pytest.mark.parametrize("name", NAMES)
def test_options_are_distinct_and_only_choices_have_them(name: str, proposals) -> None:
    for _, proposal in proposals(name, 30):
        assert (proposal.options is not None) == (proposal.answer.kind == "choice")
        if proposal.options is not None:
            assert len(set(proposal.options)) == len(proposal.options) >= 2


@pytest.mark.parametrize("name", PIXEL_NAMES)
def test_pictures_are_left_as_they_were(name: str, textured_pictures: list[Picture]) -> None:
    program = program_named(name)
    pictures = textured_pictures[: max(program.picture_counts)]
    before = [picture.load().copy() for picture in pictures]
    for seed in range(5):
        program.propose(pictures, random.Random(seed))
    assert all(np.array_equal(picture.load(), pixels) for picture, pixels in zip(pictures, before, strict=True))


@pytest.mark.parametrize("name", PIXEL_NAMES)
@pytest.mark.parametrize("size", [(256, 256), (256, 2600), (3000, 260)])
@pytest.mark.parametrize("look", ["flat", "noise", "grey", "stripes"])
def test_odd_pictures_end_in_a_proposal_or_in_none(name: str, size: tuple[int, int], look: str, make_picture) -> None:
    program = program_named(name)
    pictures = [make_picture(seed, odd_pixels(look, *size)) for seed in range(min(program.picture_counts))]
    proposal = program.propose(pictures, random.Random(1))
    if look in ("flat", "stripes"):
        assert proposal is None
    elif proposal is not None:
        assert len(proposal.images) >= 2


@pytest.mark.parametrize("name", ANNOTATED_NAMES)
def test_images_without_annotations_are_not_accepted(name: str, textured_pictures: list[Picture]) -> None:
    assert not program_named(name).accepts(textured_pictures[0].image)


@pytest.mark.parametrize("name", ANNOTATED_NAMES)
def test_images_that_hold_hardly_an_object_end_in_a_proposal_or_in_none(
    name: str, annotated_pictures: list[Picture]
) -> None:
    program = program_named(name)

    def with_few_objects(picture: Picture) -> Picture:
        """The last object, and for some programs to accept it the first."""
        image = picture.image
        fields = {field: getattr(image, field) for field in CorpusImage.model_fields}
        kept = image.objects[:: len(image.objects) - 1] if "two-hop" in name else image.objects[-1:]
        return Picture(CorpusImage(**{**fields, "objects": kept}), picture.load)

    pictures = [with_few_objects(picture) for picture in annotated_pictures]
    rng = random.Random(0)
    accepted = [picture for picture in pictures if program.accepts(picture.image)]
    for _ in range(50):
        proposal = program.propose(rng.sample(accepted, 3), rng)
        assert proposal is None or proposal.evidence
