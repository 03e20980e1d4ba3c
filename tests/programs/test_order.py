"""The order is what the pixels say: the scale of matching keypoints for a zoom, the plain differences for edits."""

import itertools

import cv2
import numpy as np
import pytest

from mifg_pipeline.programs import Derived, Pixels, Proposal

FORMS = ["by-zoom", "by-edits"]


def seen_images(proposal: Proposal) -> list[Pixels]:
    assert all(isinstance(image, Derived) and image.parents == (0,) for image in proposal.images)
    return [image.pixels for image in proposal.images]


def scale_between(one: Pixels, other: Pixels) -> float:
    """How many times larger the second image shows what both show."""
    features = cv2.ORB_create(500, scaleFactor=1.15, nlevels=8, fastThreshold=10)
    (points, descriptors), (others, other_descriptors) = (
        features.detectAndCompute(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), None) for image in (one, other)
    )
    matches = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(descriptors, other_descriptors)
    source = np.array([points[match.queryIdx].pt for match in matches])
    target = np.array([others[match.trainIdx].pt for match in matches])
    found, inliers = cv2.estimateAffinePartial2D(source, target, ransacReprojThreshold=3)
    assert inliers.sum() >= 12
    return float(np.hypot(*found[0, :2]))


def places_changed(one: Pixels, other: Pixels) -> int:
    """In how many places two images differ; parts less than 15 pixels apart are one place."""
    differs = (one != other).any(axis=2).astype(np.uint8)
    return cv2.connectedComponents(cv2.dilate(differs, np.ones((17, 17), np.uint8)))[0] - 1


def test_each_view_is_clearly_closer_than_the_one_before(pixel_draws: int, proposals) -> None:
    for _, proposal in proposals("order/by-zoom", pixel_draws):
        images = seen_images(proposal)
        order = [int(number) - 1 for number in proposal.answer.value]
        assert sorted(order) == proposal.terms["images"] == list(range(len(images)))
        for wider, closer in itertools.pairwise(order):
            assert 1.24 <= scale_between(images[wider], images[closer]) <= 1.43


def test_each_image_has_the_edits_of_the_one_before_and_one_more(pixel_draws: int, proposals) -> None:
    for _, proposal in proposals("order/by-edits", pixel_draws):
        images = seen_images(proposal)
        order = [int(number) - 1 for number in proposal.answer.value]
        assert sorted(order) == proposal.terms["images"] == list(range(len(images)))
        assert order[0] == proposal.terms["original"]
        original = images[order[0]]
        for steps, index in enumerate(order):
            assert places_changed(original, images[index]) == steps
        for before, after in itertools.pairwise(order):
            assert places_changed(images[before], images[after]) == 1


def test_nothing_but_the_evidence_is_edited(proposals) -> None:
    for _, proposal in proposals("order/by-edits", 40):
        images = seen_images(proposal)
        boxes = {region.bbox for region in proposal.evidence}
        assert len(boxes) == len(images) - 1
        for image in images:
            outside = (image != images[proposal.terms["original"]]).any(axis=2)
            for x0, y0, x1, y1 in boxes:
                outside[y0:y1, x0:x1] = False
            assert not outside.any()


def test_every_view_shows_the_landmarks_and_they_are_alike(proposals) -> None:
    for _, proposal in proposals("order/by-zoom", 40):
        images = seen_images(proposal)
        boxes = [[region.bbox for region in proposal.evidence if region.image == index] for index in range(len(images))]
        assert 2 <= len(boxes[0]) <= 3
        for places in zip(*boxes, strict=True):
            first, *others = (
                cv2.resize(
                    cv2.cvtColor(image[y0:y1, x0:x1], cv2.COLOR_RGB2GRAY), (24, 24), interpolation=cv2.INTER_AREA
                )
                for image, (x0, y0, x1, y1) in zip(images, places, strict=True)
            )
            assert all(np.corrcoef(first.ravel(), other.ravel())[0, 1] > 0.8 for other in others)


@pytest.mark.parametrize("form", FORMS)
def test_images_are_of_one_handy_size(form: str, proposals) -> None:
    for _, proposal in proposals(f"order/{form}", 20):
        assert len({image.pixels.shape for image in proposal.images}) == 1
        height, width = proposal.images[0].pixels.shape[:2]
        assert min(width, height) >= 320
        assert width * height <= 1_200_000


@pytest.mark.parametrize("form", FORMS)
def test_every_place_comes_first_and_last(form: str, proposals) -> None:
    for end in (0, -1):
        ends = {proposal.answer.value[end] for _, proposal in proposals(f"order/{form}", 60)}
        assert ends >= {"1", "2", "3"}
