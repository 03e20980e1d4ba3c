from collections.abc import Callable

import pytest

from mifg_pipeline.config import GateSettings
from mifg_pipeline.gates import evidence
from mifg_pipeline.items import Box, Draft, Region

MakeDraft = Callable[..., Draft]
SETTINGS = GateSettings(min_evidence_side=28, max_evidence_area=0.05)


def check(make_draft: MakeDraft, *regions: tuple[int, Box], roles: tuple[str, str] = ("query", "evidence")) -> str:
    """The reason of the gate; the images are 1000 x 800."""
    evidence_regions = tuple(Region(image=image, bbox=box) for image, box in regions)
    result = evidence(make_draft(roles=roles, evidence=evidence_regions), SETTINGS)
    assert result.passed is (result.reason == "")
    return result.reason


@pytest.mark.parametrize("box", [(900, 700, 1000, 800), (0, 0, 28, 28), (0, 0, 200, 200)])
def test_a_region_within_all_limits_passes(make_draft: MakeDraft, box: Box) -> None:
    assert check(make_draft, (1, box)) == ""


@pytest.mark.parametrize("box", [(900, 700, 1001, 800), (900, 700, 1000, 801), (2000, 0, 2100, 100)])
def test_a_region_out_of_bounds_is_rejected(make_draft: MakeDraft, box: Box) -> None:
    assert check(make_draft, (1, box)) == "a region is out of its image's bounds"


@pytest.mark.parametrize("box", [(0, 0, 27, 100), (0, 0, 100, 27)])
def test_a_region_too_small_to_zoom_into_is_rejected(make_draft: MakeDraft, box: Box) -> None:
    assert check(make_draft, (1, box)) == "a region is too small"


def test_a_region_too_large_for_an_evidence_image_is_rejected(make_draft: MakeDraft) -> None:
    assert check(make_draft, (1, (0, 0, 200, 201))) == "a region is too large"


def test_a_region_may_fill_a_query_image(make_draft: MakeDraft) -> None:
    assert check(make_draft, (0, (0, 0, 1000, 800)), (1, (0, 0, 100, 100))) == ""


def test_an_evidence_image_without_region_is_rejected(make_draft: MakeDraft) -> None:
    roles = ("evidence", "evidence")
    assert check(make_draft, (1, (0, 0, 100, 100)), roles=roles) == "an image of role evidence has no region"


def test_a_region_in_a_distractor_is_rejected(make_draft: MakeDraft) -> None:
    roles = ("distractor", "evidence")
    regions = ((1, (0, 0, 100, 100)), (0, (0, 0, 100, 100)))
    assert check(make_draft, *regions, roles=roles) == "a region lies in a distractor"


def test_every_region_is_checked(make_draft: MakeDraft) -> None:
    assert check(make_draft, (1, (0, 0, 100, 100)), (1, (0, 0, 10, 10))) == "a region is too small"
