"""The details are where the key says: an exhaustive search by squared differences finds them nowhere else."""

import random
from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pytest

from mifg_pipeline.programs import Derived, Picture, Pixels, Proposal, program_named

QUARTERS = [["upper left", "upper right"], ["lower left", "lower right"]]
CELLS = [
    ["top left", "top centre", "top right"],
    ["middle left", "centre", "middle right"],
    ["bottom left", "bottom centre", "bottom right"],
]
FORMS = ["which-image", "which-quarter", "which-cell", "two-details"]

Box = tuple[int, int, int, int]
Pixelled = Callable[[Proposal, Sequence[Picture], int], Pixels]


def grey(image: Pixels) -> Pixels:
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)


def find(detail: Pixels, side: int, images: dict[int, Pixels]) -> tuple[int, int, int]:
    """Image and upper left corner of the window that differs least from the detail."""
    window = cv2.resize(detail, (side, side), interpolation=cv2.INTER_AREA)
    best = []
    for index, image in images.items():
        scores = cv2.matchTemplate(grey(image), grey(window), cv2.TM_SQDIFF)
        row, column = np.unravel_index(int(scores.argmin()), scores.shape)
        best.append((float(scores[row, column]), index, int(column), int(row)))
    return min(best)[1:]


def part(names: list[list[str]], box: Box, image: Pixels) -> str:
    """Name of the part of the image that holds the box; fails if the box crosses into another part."""
    height, width = image.shape[:2]
    row, column = len(names) * box[1] // height, len(names[0]) * box[0] // width
    assert len(names) * box[3] <= (row + 1) * height
    assert len(names[0]) * box[2] <= (column + 1) * width
    return names[row][column]


def answer(form: str, found: list[tuple[int, Box]], images: dict[int, Pixels]) -> str:
    if form == "two-details":
        return ", ".join(str(index + 1) for index, _ in found)
    index, box = found[0]
    if form == "which-cell":
        return part(CELLS, box, images[index])
    return f"Image {index + 1}" + (f", {part(QUARTERS, box, images[index])}" if form == "which-quarter" else "")


@pytest.mark.parametrize("form", FORMS)
def test_key_is_where_the_search_finds_the_detail(
    form: str, pixel_draws: int, proposals, words_of, pixels_of: Pixelled
) -> None:
    for pictures, proposal in proposals(f"find-detail/{form}", pixel_draws):
        terms = proposal.terms
        candidates = terms.get("candidates", [terms.get("candidate")])
        images = {index: pixels_of(proposal, pictures, index) for index in candidates}
        found = []
        for query, region in zip(terms.get("queries", [terms.get("query")]), proposal.evidence, strict=True):
            side = region.bbox[2] - region.bbox[0]
            index, x, y = find(pixels_of(proposal, pictures, query), side, images)
            assert (index, (x, y, x + side, y + side)) == (region.image, region.bbox)
            found.append((index, region.bbox))
        assert words_of(proposal) == answer(form, found, images)


@pytest.mark.parametrize("form", FORMS)
def test_roles_tell_queries_sources_and_others_apart(form: str, proposals) -> None:
    for _, proposal in proposals(f"find-detail/{form}", 30):
        queries = proposal.terms.get("queries", [proposal.terms.get("query")])
        sources = {region.image for region in proposal.evidence}
        for index, role in enumerate(proposal.roles):
            assert role == ("query" if index in queries else "evidence" if index in sources else "distractor")


def test_query_is_a_whole_multiple_of_the_window_and_made_from_its_picture(proposals) -> None:
    for _, proposal in proposals("find-detail/which-image", 50):
        query = proposal.images[proposal.terms["query"]]
        region = proposal.evidence[0]
        assert isinstance(query, Derived)
        side = region.bbox[2] - region.bbox[0]
        assert query.pixels.shape[0] % side == 0
        assert query.pixels.shape[0] == query.pixels.shape[1]
        assert 336 <= query.pixels.shape[0] <= 448
        assert query.parents == (proposal.images[region.image],)


def test_details_of_large_pictures_are_illegible_at_first_view(large_pictures: list[Picture]) -> None:
    program = program_named("find-detail/which-image")
    for seed in range(10):
        proposal = program.propose(large_pictures[:3], random.Random(seed))
        assert proposal is not None
        query = proposal.images[proposal.terms["query"]].pixels
        total = sum(picture.image.width * picture.image.height for picture in large_pictures[:3]) + query[..., 0].size
        x0, _, x1, _ = proposal.evidence[0].bbox
        assert 32 <= x1 - x0 <= 96
        assert (x1 - x0) * (1_003_520 / total) ** 0.5 < 28


def test_four_quarters_come_from_more_than_one_image(proposals) -> None:
    for _, proposal in proposals("find-detail/which-quarter", 50):
        assert len({option.split(",")[0] for option in proposal.options}) > 1
