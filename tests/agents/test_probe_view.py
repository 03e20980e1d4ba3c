"""What solvers are shown: images under their names in order, some withheld, in the pixels that the view allows."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.agents.probe_view import ProbeView, shared_pixels
from mifg_pipeline.items import ImageRef
from mifg_pipeline.models.chat import ImagePart, TextPart

PLENTY = 10**9


def image(width, height):
    return ImageRef(sha256="0" * 64, path="a.jpg", width=width, height=height, phash="0" * 16)


images = st.lists(st.builds(image, st.integers(1, 6000), st.integers(1, 6000)), min_size=1, max_size=8)


def shown(view, draft, most=PLENTY):
    paths = [Path(image.path) for image in draft.images]
    parts = view.parts(draft, paths, most)
    return [part.text if isinstance(part, TextPart) else (part.sha256[:4], part.crop) for part in parts]


def names(draft):
    return [image.sha256[:4] for image in draft.images]


def test_images_stand_under_their_names(make_draft):
    first, second = names(draft := make_draft())
    assert shown(ProbeView("difficulty", PLENTY), draft) == ["Image 1:", (first, None), "Image 2:", (second, None)]


def test_without_pixels_nothing_is_shown_but_the_names(make_draft):
    assert shown(ProbeView("blind", 0), make_draft()) == ["Image 1: (not shown)", "Image 2: (not shown)"]


def test_one_image_can_be_withheld(make_draft):
    _, second = names(draft := make_draft())
    view = ProbeView("necessity", PLENTY, withheld=0)
    assert shown(view, draft) == ["Image 1: (not shown)", "Image 2:", (second, None)]


def test_details_follow_the_images(make_draft):
    _, second = names(draft := make_draft())
    view = ProbeView("focus", PLENTY, with_details=True)
    assert shown(view, draft)[4:] == ["Detail of Image 2:", (second, (64, 64, 176, 176))]


def test_only_images_get_fewer_pixels_details_keep_theirs(make_draft):
    draft = make_draft()
    parts = ProbeView("focus", 400_000, with_details=True).parts(draft, [Path("a"), Path("b")], 900_000)
    assert [part.max_pixels for part in parts if isinstance(part, ImagePart)] == [200_000, 200_000, 900_000]


@pytest.mark.parametrize(
    ("view", "most", "pixels"),
    [
        (ProbeView("blind", 0), PLENTY, 0),
        (ProbeView("glance", 400_000), PLENTY, 200_000),
        (ProbeView("difficulty", PLENTY), PLENTY, 800_000),
        (ProbeView("difficulty", PLENTY), 300_000, 300_000),
    ],
)
def test_the_largest_image_is_told_as_it_is_shown(view, most, pixels, make_draft):
    assert view.largest_image(make_draft(), most) == pixels


def test_a_withheld_image_is_not_the_largest_shown(make_draft, make_image_ref):
    draft = make_draft(images=(make_image_ref("first"), make_image_ref("second", width=100, height=100)))
    assert ProbeView("necessity", PLENTY, withheld=0).largest_image(draft, PLENTY) == 10_000


@given(images, st.integers(1, 4_000_000), st.integers(1, 2_000_000))
def test_images_share_the_pixels(several, pixels, most):
    shares = shared_pixels(several, pixels, most)
    assert sum(shares) <= max(pixels, len(several))
    for one, share in zip(several, shares, strict=True):
        assert 1 <= share <= min(most, one.width * one.height)


@given(images)
def test_images_that_fit_keep_their_size(several):
    total = sum(one.width * one.height for one in several)
    assert shared_pixels(several, total, total) == tuple(one.width * one.height for one in several)
