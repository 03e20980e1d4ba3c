"""Programs that edit a copy of a picture in small places and ask where, how often or which. They need only pixels.

All images of an item are made anew from one picture in the same way, so that the unedited ones give themselves away by
nothing.
"""

import random
from collections.abc import Sequence

from mifg_pipeline.items import Answer, Box, CorpusImage, Region
from mifg_pipeline.programs.choices import choice_of_images, shuffled_choice
from mifg_pipeline.programs.edits import Edit, draw_edit
from mifg_pipeline.programs.first_view import detail_side
from mifg_pipeline.programs.landmarks import LandmarkMap
from mifg_pipeline.programs.layout import roles_of
from mifg_pipeline.programs.places import cells, inset, keeps_apart, margin
from mifg_pipeline.programs.program import Derived, Picture, Program, Proposal
from mifg_pipeline.programs.scaling import scaled_down
from mifg_pipeline.programs.wording import image_list, image_name

_MIN_IMAGE_SIDE = 256
_MIN_SIDE = 36
_MAX_PIXELS = 1_600_000
_MAX_TOTAL_PIXELS = 4_000_000
_DETAIL_QUANTILE = 0.5
_WINDOWS_TRIED = 3
_OPTIONS = 4
_MAX_EDITS = 4
_MIN_HEIGHT_DIFFERENCE = 0.12


class Canvas:
    """A picture at the size at which it is edited, with the places where an edit can be seen.

    Args:
        picture: The picture; scaled down so that all copies together have at most 4 megapixels, one at most 1.6.
        copies: How many copies of it, edited or not, the item has.
        rng: Draws the side that all edits have.
    """

    def __init__(self, picture: Picture, copies: int, rng: random.Random) -> None:
        self.pixels = scaled_down(picture.load(), min(_MAX_PIXELS, _MAX_TOTAL_PIXELS // copies))
        height, width = self.pixels.shape[:2]
        side = detail_side([(width, height)] * copies, 0, _MIN_SIDE, rng)
        self._landmarks = LandmarkMap.of(self.pixels, side, _DETAIL_QUANTILE)

    def edits_by_cell(self, count: int, rng: random.Random) -> dict[str, Edit] | None:
        """Draws edits in as many cells of the 3x3 grid, well apart, or None if there are not so many."""
        height, width = self.pixels.shape[:2]
        areas = cells(width, height)
        edits: dict[str, Edit] = {}
        for name in rng.sample(list(areas), len(areas)):
            edit = self._edit_within(areas[name], [edit.box for edit in edits.values()], rng)
            if edit is not None:
                edits[name] = edit
            if len(edits) == count:
                return edits
        return None

    def copy_with(self, *edits: Edit) -> Derived:
        """A copy of the canvas with the edits; with none, the unedited copy."""
        pixels = self.pixels
        for edit in edits:
            pixels = edit.applied_to(pixels)
        return Derived(pixels, parents=(0,))

    def _edit_within(self, area: Box, taken: Sequence[Box], rng: random.Random) -> Edit | None:
        side = self._landmarks.pixel_side
        inner = inset(area, margin(side))
        if inner is None:
            return None
        for box in self._landmarks.rich_windows(inner, rng, _WINDOWS_TRIED):
            edit = draw_edit(self.pixels, box, rng) if keeps_apart(box, taken, side) else None
            if edit is not None:
                return edit
        return None


class _SpotChange(Program):
    """What the forms of the family share: one picture that is not tiny."""

    family = "spot-change"
    picture_counts = range(1, 2)

    def accepts(self, image: CorpusImage) -> bool:
        return min(image.width, image.height) >= _MIN_IMAGE_SIDE


class WhichCell(_SpotChange):
    """{edited} is a copy of {original} with one small edit. In which cell of a 3×3 grid over the image is the edit?
    One small place differs between {original} and {edited}. Divide them into 3×3 cells: which cell is it in?
    {original} was edited in one small place, which gave {edited}. Which cell of a 3×3 grid holds the difference?
    """

    form = "which-cell"

    def propose(self, pictures: Sequence[Picture], rng: random.Random) -> Proposal | None:
        canvas = Canvas(pictures[0], 2, rng)
        edits = canvas.edits_by_cell(_OPTIONS, rng)
        if edits is None:
            return None
        cell = rng.choice(list(edits))
        original, edited = rng.sample(range(2), 2)
        images = {original: canvas.copy_with(), edited: canvas.copy_with(edits[cell])}
        choice = shuffled_choice(list(edits), cell, rng)
        return Proposal(
            images=(images[0], images[1]),
            roles=roles_of(range(2), 2),
            question=self.ask(rng, original=image_name(original), edited=image_name(edited)),
            answer=choice.answer,
            options=choice.options,
            evidence=_regions((original, edited), [edits[cell]]),
            skills=("change-detection", "localisation"),
            terms={"original": original, "edited": edited},
        )


class HowManyEdits(_SpotChange):
    """{edited} is a copy of {original} with one or more small edits in separate places. How many edits are there?
    In how many separate small places does {edited} differ from {original}?
    {original} was edited in one or more small places, which gave {edited}. How many places were edited?
    """

    form = "how-many-edits"

    def propose(self, pictures: Sequence[Picture], rng: random.Random) -> Proposal | None:
        canvas = Canvas(pictures[0], 2, rng)
        edits = canvas.edits_by_cell(_MAX_EDITS, rng)
        if edits is None:
            return None
        chosen = rng.sample(list(edits.values()), rng.randint(1, _MAX_EDITS))
        original, edited = rng.sample(range(2), 2)
        images = {original: canvas.copy_with(), edited: canvas.copy_with(*chosen)}
        return Proposal(
            images=(images[0], images[1]),
            roles=roles_of(range(2), 2),
            question=self.ask(rng, original=image_name(original), edited=image_name(edited)),
            answer=Answer(kind="integer", value=len(chosen)),
            evidence=_regions((original, edited), chosen),
            skills=("change-detection", "counting"),
            terms={"original": original, "edited": edited},
        )


class WhichUnedited(_SpotChange):
    """{copies} are copies of one picture. All but one have one small edit, each in a place of its own. Which has none?
    One of {copies} shows the picture as it was; each of the others was edited in one small place. Which is unedited?
    Each of {copies} but one differs from the others in one small place of its own. Which one has no such place?
    """

    form = "which-unedited"

    def propose(self, pictures: Sequence[Picture], rng: random.Random) -> Proposal | None:
        count = rng.randint(3, 5)
        canvas = Canvas(pictures[0], count, rng)
        edits = canvas.edits_by_cell(count - 1, rng)
        if edits is None:
            return None
        unedited = rng.randrange(count)
        edited = [index for index in range(count) if index != unedited]
        edit_of = dict(zip(edited, edits.values(), strict=True))
        choice = choice_of_images(range(count), unedited)
        return Proposal(
            images=tuple(
                canvas.copy_with(edit_of[index]) if index in edit_of else canvas.copy_with() for index in range(count)
            ),
            roles=roles_of(range(count), count),
            question=self.ask(rng, copies=image_list(range(count))),
            answer=choice.answer,
            options=choice.options,
            evidence=tuple(
                region
                for index, edit in edit_of.items()
                for region in (*_regions((index,), [edit]), *_regions((unedited,), [edit]))
            ),
            skills=("change-detection", "comparison"),
            terms={"copies": list(range(count))},
        )


class WhichHigher(_SpotChange):
    """{edited} are copies of {original}, each with one small edit. In which of them is the edit nearer to the top edge?
    One small place was edited in each of {edited}; {original} is unedited. Which of the two edits is higher up?
    Compare {edited} with {original}: each has one small edit. In which of the two does it lie nearer to the top edge?
    """

    form = "which-higher"

    def propose(self, pictures: Sequence[Picture], rng: random.Random) -> Proposal | None:
        canvas = Canvas(pictures[0], 3, rng)
        edits = canvas.edits_by_cell(_OPTIONS, rng)
        pairs = _pairs_at_different_heights(list(edits.values()), canvas.pixels.shape[0]) if edits else []
        if not pairs:
            return None
        higher, lower = rng.choice(pairs)
        original, with_higher, with_lower = rng.sample(range(3), 3)
        images = {
            original: canvas.copy_with(),
            with_higher: canvas.copy_with(higher),
            with_lower: canvas.copy_with(lower),
        }
        edited = sorted((with_higher, with_lower))
        choice = choice_of_images(edited, with_higher)
        return Proposal(
            images=tuple(images[index] for index in range(3)),
            roles=roles_of(range(3), 3),
            question=self.ask(rng, original=image_name(original), edited=image_list(edited)),
            answer=choice.answer,
            options=choice.options,
            evidence=_regions((original, with_higher), [higher]) + _regions((original, with_lower), [lower]),
            skills=("change-detection", "comparison", "two-hop"),
            terms={"original": original, "edited": list(edited)},
        )


def _regions(images: Sequence[int], edits: Sequence[Edit]) -> tuple[Region, ...]:
    return tuple(Region(image=image, bbox=edit.box, label="edit") for edit in edits for image in images)


def _pairs_at_different_heights(edits: Sequence[Edit], height: int) -> list[tuple[Edit, Edit]]:
    """Pairs of which the first is clearly nearer to the top edge."""
    return [
        (one, other) for one in edits for other in edits if other.box[1] - one.box[1] >= _MIN_HEIGHT_DIFFERENCE * height
    ]
