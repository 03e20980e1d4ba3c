"""The two views show one scene and no other does: matching keypoints tell them, mirrored or not."""

import itertools
import random
from collections.abc import Callable

import cv2
import numpy as np
import pytest

from mifg_pipeline.programs import Derived, Picture, Pixels, Proposal, program_named

FORMS = ["which-match", "which-two"]
MIN_INLIERS = 20

Map = np.ndarray
"""An affine map of one image's pixels to another's, shape (2, 3)."""


class Keypoints:
    """Corners of an image, found and compared without looking at its light."""

    def __init__(self, image: Pixels) -> None:
        grey = cv2.equalizeHist(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))
        points, self.descriptors = cv2.ORB_create(400, scaleFactor=1.15, fastThreshold=12).detectAndCompute(grey, None)
        self.points = np.array([point.pt for point in points])

    def map_to(self, other: "Keypoints") -> tuple[Map, int]:
        """The map on which most matching corners agree, and how many do."""
        matches = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(self.descriptors, other.descriptors)
        pairs = [(self.points[match.queryIdx], other.points[match.trainIdx]) for match in matches]
        found, inliers = cv2.estimateAffinePartial2D(*map(np.array, zip(*pairs, strict=True)), ransacReprojThreshold=3)
        is_plausible = found is not None and 0.6 < np.hypot(*found[0, :2]) < 1.7 and abs(found[0, 1]) < 0.1
        return found, int(inliers.sum()) if is_plausible else 0


def mirror(image: Pixels) -> Pixels:
    return np.ascontiguousarray(image[:, ::-1])


def matching_pairs(images: list[Pixels]) -> list[tuple[int, int, bool, Map]]:
    """Pairs of images that show one scene, whether one is mirrored, and the map from the first to the second."""
    plain, mirrored = [Keypoints(image) for image in images], [Keypoints(mirror(image)) for image in images]
    pairs = []
    for one, other in itertools.combinations(range(len(images)), 2):
        for is_mirrored, seen in ((False, plain), (True, mirrored)):
            found, inliers = seen[one].map_to(plain[other])
            if inliers >= MIN_INLIERS:
                pairs.append((one, other, is_mirrored, found))
    return pairs


def seen_images(proposal: Proposal) -> list[Pixels]:
    assert all(isinstance(image, Derived) for image in proposal.images)
    return [image.pixels for image in proposal.images]


def shares_of_overlap(found: Map, shape: tuple[int, ...]) -> tuple[float, float]:
    """Shares of the two images that both show, by the map from one to the other."""
    height, width = shape[:2]
    frame = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = frame @ found[:, :2].T.astype(np.float32) + found[:, 2].astype(np.float32)
    shared, _ = cv2.intersectConvexConvex(frame, moved.astype(np.float32))
    return shared / (width * height), shared / cv2.contourArea(moved.astype(np.float32))


@pytest.mark.parametrize("form", FORMS)
def test_key_is_the_only_pair_with_matching_keypoints(
    form: str, pixel_draws: int, proposals, words_of: Callable[[Proposal], str]
) -> None:
    mirrored_pairs = 0
    for _, proposal in proposals(f"same-scene/{form}", pixel_draws):
        images = seen_images(proposal)
        ((one, other, is_mirrored, found),) = matching_pairs(images)
        mirrored_pairs += is_mirrored
        assert all(0.43 <= share <= 0.77 for share in shares_of_overlap(found, images[0].shape))
        if form == "which-two":
            assert words_of(proposal) == f"{one + 1}, {other + 1}"
        else:
            reference = proposal.terms["reference"]
            assert reference in (one, other)
            assert sorted([reference, *proposal.terms["candidates"]]) == list(range(len(images)))
            assert words_of(proposal) == f"Image {one + other - reference + 1}"
    assert 0.3 <= mirrored_pairs / pixel_draws <= 0.7


@pytest.mark.parametrize("form", FORMS)
def test_landmarks_show_the_same_in_both_views(form: str, proposals) -> None:
    for _, proposal in proposals(f"same-scene/{form}", 40):
        images = seen_images(proposal)
        by_image = {index: [r.bbox for r in proposal.evidence if r.image == index] for index in range(len(images))}
        one, other = (index for index, boxes in by_image.items() if boxes)
        assert 2 <= len(by_image[one]) == len(by_image[other]) <= 4
        for first, second in zip(by_image[one], by_image[other], strict=True):
            before, after = (
                cv2.resize(cv2.cvtColor(images[index][y0:y1, x0:x1], cv2.COLOR_RGB2GRAY), (40, 40)).astype(float)
                for index, (x0, y0, x1, y1) in ((one, first), (other, second))
            )
            alike = max(np.corrcoef(before.ravel(), seen.ravel())[0, 1] for seen in (after, after[:, ::-1]))
            assert alike > 0.8


@pytest.mark.parametrize("form", FORMS)
def test_all_images_are_processed_alike(form: str, proposals) -> None:
    for pictures, proposal in proposals(f"same-scene/{form}", 40):
        assert len(proposal.images) == len(pictures) + 1
        assert len({image.pixels.shape for image in proposal.images}) == 1
        height, width = proposal.images[0].pixels.shape[:2]
        assert min(width, height) >= 320
        assert width * height <= 1_200_000
        assert all(isinstance(image.parents, tuple) and len(image.parents) == 1 for image in proposal.images)


def test_views_of_one_picture_differ_in_light(proposals) -> None:
    changes = []
    for _, proposal in proposals("same-scene/which-two", 40):
        one, other = (proposal.images[int(number) - 1].pixels for number in proposal.answer.value)
        changes.append(np.abs(one.mean(axis=(0, 1)) - other.mean(axis=(0, 1))).max())
    assert np.median(changes) > 12
    assert max(changes) < 110


def test_a_picture_that_another_one_shows_as_well_is_not_asked_about(
    textured_scenes: list[Picture], make_picture
) -> None:
    twins = [make_picture(index, textured_scenes[0].load()) for index in range(3)]
    assert all(program_named("same-scene/which-two").propose(twins, random.Random(seed)) is None for seed in range(5))
