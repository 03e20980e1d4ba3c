"""Programs that show one of several pictures twice, cropped and lit in two ways. They need nothing but pixels.

All images of an item are views of one size, each of a crop, a light and a mirroring of its own, so that being processed
tells nothing.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mifg_pipeline.items import Answer, Box, CorpusImage, Region
from mifg_pipeline.programs.choices import choice_of_images
from mifg_pipeline.programs.landmarks import MAX_RESEMBLANCE, LandmarkMap, draw_landmarks
from mifg_pipeline.programs.layout import roles_of
from mifg_pipeline.programs.places import inset
from mifg_pipeline.programs.program import Derived, Picture, Pixels, Program, Proposal
from mifg_pipeline.programs.scaling import scaled_down
from mifg_pipeline.programs.views import View, different_lights
from mifg_pipeline.programs.windows import overlap, overlapping_windows
from mifg_pipeline.programs.wording import image_list, image_name

_MIN_IMAGE_SIDE = 400
_MAX_PICTURE_PIXELS = 1_000_000
_PROPORTIONS = (3 / 4, 1.0, 4 / 3)
_VIEW_SIDES = (448, 640)
_LANDMARK_SIDES = (32, 35)
"""Side of a landmark in the wider view; in the other one it is up to 1.3 times as large."""
_LANDMARKS = (2, 4)
_BORDER = 4
_SKILLS = ("scene-matching", "comparison")


@dataclass(frozen=True)
class Gathering:
    """Views of several pictures, one of which is seen twice, in random order.

    Attributes:
        images: As a proposal has them.
        pair: Indices of the two views of one picture, in random order.
        evidence: Landmarks of the part that both show.
    """

    images: tuple[Derived, ...]
    pair: tuple[int, int]
    evidence: tuple[Region, ...]

    @classmethod
    def of(cls, pictures: Sequence[Picture], rng: random.Random) -> "Gathering | None":
        """Draws the views, or None where the part that both would show has too few landmarks."""
        pixels = [scaled_down(picture.load(), _MAX_PICTURE_PIXELS) for picture in pictures]
        pairs = _overlapping_views(pixels, rng)
        if pairs is None:
            return None
        twice = rng.randrange(len(pictures))
        landmarks = _shared_landmarks(pixels, twice, pairs[twice], rng)
        if len(landmarks) < _LANDMARKS[0]:
            return None
        shown = [*((index, pair[0]) for index, pair in enumerate(pairs)), (twice, pairs[twice][1])]
        places = rng.sample(range(len(shown)), len(shown))
        pair = (places[twice], places[-1])
        lit = [
            (index, replace(view, light=light))
            for (index, view), light in zip(shown, different_lights(len(shown), rng), strict=True)
        ]
        view_at = dict(zip(places, lit, strict=True))
        return cls(
            images=tuple(_seen(pixels, *view_at[place]) for place in range(len(shown))),
            pair=pair,
            evidence=tuple(
                Region(image=place, bbox=view_at[place][1].place_of(box), label="landmark")
                for place in pair
                for box in landmarks
            ),
        )


class _SameScene(Program):
    """What the forms of the family share: three to five pictures that are large enough to be cropped."""

    family = "same-scene"
    picture_counts = range(3, 6)

    def accepts(self, image: CorpusImage) -> bool:
        return min(image.width, image.height) >= _MIN_IMAGE_SIDE


class WhichMatch(_SameScene):
    """Which of {candidates} shows the same scene as {reference}, in another crop and light and perhaps mirrored?
    {reference} and one of {candidates} show parts of one scene, cropped, lit and perhaps mirrored anew. Which one?
    One of {candidates} was made from the picture of {reference} by another crop and light, perhaps mirrored. Which?
    """

    form = "which-match"

    def propose(self, pictures: Sequence[Picture], rng: random.Random) -> Proposal | None:
        gathering = Gathering.of(pictures, rng)
        if gathering is None:
            return None
        total = len(gathering.images)
        reference, match = gathering.pair
        candidates = [index for index in range(total) if index != reference]
        choice = choice_of_images(candidates, match)
        return Proposal(
            images=gathering.images,
            roles=roles_of(gathering.pair, total),
            question=self.ask(rng, reference=image_name(reference), candidates=image_list(candidates)),
            answer=choice.answer,
            options=choice.options,
            evidence=gathering.evidence,
            skills=_SKILLS,
            terms={"reference": reference, "candidates": [*candidates]},
        )


class WhichTwo(_SameScene):
    """Which two of {images} show the same scene, in different crops and light and perhaps mirrored? Give both numbers.
    Two of {images} were made from one picture by other crops and light, perhaps mirrored. Give both numbers.
    All but two of {images} show scenes of their own. Give the numbers of the two that share one, perhaps mirrored.
    """

    form = "which-two"

    def propose(self, pictures: Sequence[Picture], rng: random.Random) -> Proposal | None:
        gathering = Gathering.of(pictures, rng)
        if gathering is None:
            return None
        total = len(gathering.images)
        return Proposal(
            images=gathering.images,
            roles=roles_of(gathering.pair, total),
            question=self.ask(rng, images=image_list(range(total))),
            answer=Answer(kind="list", value=tuple(str(index + 1) for index in sorted(gathering.pair)), ordered=False),
            evidence=gathering.evidence,
            skills=_SKILLS,
            terms={"images": [*range(total)]},
        )


def _overlapping_views(pixels: Sequence[Pixels], rng: random.Random) -> list[tuple[View, View]] | None:
    """Two views of each picture; all are of one size, so that the size tells nothing of the picture."""
    proportions = rng.choice(_PROPORTIONS)
    pairs = []
    for image in pixels:
        pair = overlapping_windows(image.shape[1], image.shape[0], proportions, rng)
        if pair is None:
            return None
        pairs.append(pair)
    shortest = min(min(x1 - x0, y1 - y0) for pair in pairs for x0, y0, x1, y1 in pair)
    side = min(max(shortest, _VIEW_SIDES[0]), _VIEW_SIDES[1])
    size = (round(side * max(1.0, proportions)), round(side * max(1.0, 1 / proportions)))
    return [(_drawn_view(one, size, rng), _drawn_view(other, size, rng)) for one, other in pairs]


def _drawn_view(window: Box, size: tuple[int, int], rng: random.Random) -> View:
    return View(window, size, mirrored=rng.random() < 0.5)


def _shared_landmarks(pixels: Sequence[Pixels], index: int, pair: tuple[View, View], rng: random.Random) -> list[Box]:
    """Landmarks of the part of the picture that both views show; empty if another picture shows all of them as well."""
    shared = overlap(pair[0].window, pair[1].window)
    area = None if shared is None else inset(shared, _BORDER)
    if area is None:
        return []
    side = math.ceil(rng.randint(*_LANDMARK_SIDES) / min(view.scale for view in pair))
    own = LandmarkMap.of(pixels[index], side)
    landmarks = draw_landmarks(own, area, rng.randint(*_LANDMARKS), rng)
    others = (LandmarkMap.of(image, side) for other, image in enumerate(pixels) if other != index)
    is_scene_of_its_own = all(
        any(other.resemblance(own, box) <= MAX_RESEMBLANCE for box in landmarks) for other in others
    )
    return landmarks if is_scene_of_its_own else []


def _seen(pixels: Sequence[Pixels], index: int, view: View) -> Derived:
    return Derived(view.of(pixels[index]), parents=(index,))
