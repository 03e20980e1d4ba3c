"""Each detail belongs to the image that the key says: a search by squared differences finds it nowhere else."""

import re
from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pytest

from mifg_pipeline.programs import Derived, Picture, Pixels, Proposal
from mifg_pipeline.scoring import score_text

FORMS = ["details-to-images", "which-pairing"]

Pixelled = Callable[[Proposal, Sequence[Picture], int], Pixels]


def grey(image: Pixels) -> Pixels:
    return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)


def source_of(detail: Pixels, side: int, images: dict[int, Pixels]) -> int:
    """The image with the window that differs least from the detail."""
    window = cv2.resize(grey(detail), (side, side), interpolation=cv2.INTER_AREA)
    return min(images, key=lambda index: cv2.matchTemplate(grey(images[index]), window, cv2.TM_SQDIFF).min())


@pytest.mark.parametrize("form", FORMS)
def test_key_is_where_the_search_finds_the_details(
    form: str, pixel_draws: int, proposals, words_of: Callable[[Proposal], str], pixels_of: Pixelled
) -> None:
    for pictures, proposal in proposals(f"match/{form}", pixel_draws):
        details, candidates = proposal.terms["details"], proposal.terms["images"]
        images = {index: pixels_of(proposal, pictures, index) for index in candidates}
        x0, _, x1, _ = proposal.evidence[0].bbox
        sources = [source_of(pixels_of(proposal, pictures, detail), x1 - x0, images) for detail in details]
        assert sorted(sources) == candidates
        if form == "details-to-images":
            assert words_of(proposal) == ", ".join(str(source + 1) for source in sources)
        else:
            pairs = zip(details, sources, strict=True)
            assert words_of(proposal) == ", ".join(f"{detail + 1}–{source + 1}" for detail, source in pairs)


@pytest.mark.parametrize("form", FORMS)
def test_details_are_queries_and_all_pictures_are_evidence(form: str, proposals) -> None:
    for pictures, proposal in proposals(f"match/{form}", 30):
        assert len(proposal.images) == 2 * len(pictures)
        for index, role in enumerate(proposal.roles):
            is_detail = index in proposal.terms["details"]
            assert role == ("query" if is_detail else "evidence")
            assert isinstance(proposal.images[index], Derived) == is_detail
        assert sorted(region.image for region in proposal.evidence) == proposal.terms["images"]


def test_every_option_is_a_pairing_of_all_details_with_all_images(proposals) -> None:
    for _, proposal in proposals("match/which-pairing", 40):
        assert len(proposal.options) == 4
        for option in proposal.options:
            pairs = [tuple(map(int, pair)) for pair in re.findall(r"(\d)–(\d)", option)]
            assert [detail - 1 for detail, _ in pairs] == proposal.terms["details"]
            assert sorted(image - 1 for _, image in pairs) == proposal.terms["images"]


def test_the_scorer_tells_the_pairings_apart(proposals) -> None:
    for _, proposal in proposals("match/which-pairing", 20):
        scores = [score_text(proposal.answer, proposal.options, option) for option in proposal.options]
        assert sorted(scores) == [0, 0, 0, 1]


def test_all_orders_of_images_come_up(proposals) -> None:
    orders = set()
    for _, proposal in proposals("match/details-to-images", 120):
        if len(proposal.answer.value) == 3:
            orders.add(tuple(np.argsort([int(number) for number in proposal.answer.value])))
    assert len(orders) == 6
