"""The edits are where the key says: the images' plain differences show them, and nothing else differs."""

import itertools
import random
from collections.abc import Callable

import numpy as np
import pytest
from scipy import ndimage

from mifg_pipeline.programs import Derived, Picture, Pixels, Proposal, program_named

CELLS = [
    ["top left", "top centre", "top right"],
    ["middle left", "centre", "middle right"],
    ["bottom left", "bottom centre", "bottom right"],
]
FORMS = ["which-cell", "how-many-edits", "which-unedited", "which-higher"]

Boxes = list[tuple[int, int, int, int]]


def differences(one: Pixels, other: Pixels) -> Boxes:
    """Boxes around the places where two images differ; parts less than 15 pixels apart are one place."""
    differs = (one != other).any(axis=2)
    labels, _ = ndimage.label(ndimage.binary_dilation(differs, iterations=8))
    found = ndimage.find_objects(labels * differs)
    return [(columns.start, rows.start, columns.stop, rows.stop) for rows, columns in found]


def cell(box: tuple[int, int, int, int], image: Pixels) -> str:
    height, width = image.shape[:2]
    row, column = 3 * box[1] // height, 3 * box[0] // width
    assert 3 * box[3] <= (row + 1) * height
    assert 3 * box[2] <= (column + 1) * width
    return CELLS[row][column]


def key_by_differences(form: str, images: list[Pixels], terms: dict) -> str:
    if form == "which-unedited":
        middle = np.median(np.stack(images), axis=0).astype(np.uint8)
        unedited = [index for index, image in enumerate(images) if not differences(image, middle)]
        assert len(unedited) == 1
        return f"Image {unedited[0] + 1}"
    original = images[terms["original"]]
    if form == "which-higher":
        tops = {}
        for index in terms["edited"]:
            (box,) = differences(original, images[index])
            tops[index] = box[1]
        assert abs(np.subtract(*tops.values())) > 0.05 * original.shape[0]
        return f"Image {min(tops, key=tops.get) + 1}"
    boxes = differences(original, images[terms["edited"]])
    if form == "how-many-edits":
        return str(len(boxes))
    (box,) = boxes
    return cell(box, original)


@pytest.mark.parametrize("form", FORMS)
def test_key_is_what_the_differences_say(
    form: str, pixel_draws: int, proposals, words_of: Callable[[Proposal], str], pixels_of
) -> None:
    for pictures, proposal in proposals(f"spot-change/{form}", pixel_draws):
        images = [pixels_of(proposal, pictures, index) for index in range(len(proposal.images))]
        assert words_of(proposal) == key_by_differences(form, images, proposal.terms)


@pytest.mark.parametrize("form", FORMS)
def test_nothing_changes_outside_the_evidence_and_all_of_it_shows(form: str, proposals, pixels_of) -> None:
    for pictures, proposal in proposals(f"spot-change/{form}", 40):
        images = [pixels_of(proposal, pictures, index) for index in range(len(proposal.images))]
        unedited = np.median(np.stack(images), axis=0) if form == "which-unedited" else None
        original = unedited if unedited is not None else images[proposal.terms["original"]]
        for index, image in enumerate(images):
            change = np.abs(image.astype(float) - original).mean(axis=2)
            outside = change.copy()
            for region in proposal.evidence:
                if region.image == index:
                    x0, y0, x1, y1 = region.bbox
                    within = change[y0:y1, x0:x1]
                    outside[y0:y1, x0:x1] = 0
                    if within.any():
                        assert within[within > 8].mean() >= 22
                        assert (within > 8).mean() >= 0.2
            assert not outside.any()


@pytest.mark.parametrize("form", FORMS)
def test_edits_lie_at_least_their_side_apart(form: str, proposals) -> None:
    for _, proposal in proposals(f"spot-change/{form}", 40):
        boxes = sorted({region.bbox for region in proposal.evidence})
        for one, other in itertools.combinations(boxes, 2):
            sideways = max(one[0], other[0]) - min(one[2], other[2])
            upwards = max(one[1], other[1]) - min(one[3], other[3])
            assert max(sideways, upwards) >= one[2] - one[0]


@pytest.mark.parametrize("form", FORMS)
def test_every_image_is_made_anew_from_the_one_picture(form: str, proposals) -> None:
    for _, proposal in proposals(f"spot-change/{form}", 20):
        for image in proposal.images:
            assert isinstance(image, Derived)
            assert image.parents == (0,)
        assert set(proposal.roles) == {"evidence"}


def test_edits_of_large_pictures_are_illegible_at_first_view(large_pictures: list[Picture]) -> None:
    for seed in range(8):
        proposal = program_named("spot-change/which-cell").propose(large_pictures[:1], random.Random(seed))
        assert proposal is not None
        total = sum(image.pixels[..., 0].size for image in proposal.images)
        x0, _, x1, _ = proposal.evidence[0].bbox
        assert x1 - x0 >= 28
        assert (x1 - x0) * (1_003_520 / total) ** 0.5 < 28


def test_how_many_edits_takes_all_counts_alike(proposals) -> None:
    counts = [proposal.answer.value for _, proposal in proposals("spot-change/how-many-edits", 120)]
    assert all(15 <= counts.count(number) <= 45 for number in (1, 2, 3, 4))


def test_a_blank_picture_affords_no_edit(make_picture: Callable[[int, Pixels], Picture]) -> None:
    blank = make_picture(0, np.full((400, 500, 3), 90, np.uint8))
    assert program_named("spot-change/which-cell").propose([blank], random.Random(0)) is None
