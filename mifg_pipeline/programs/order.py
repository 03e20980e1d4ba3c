"""Programs that shuffle steps of a zoom or of an edit and ask for their order. They need pixels of one picture."""

import math
import random
from collections.abc import Sequence

from mifg_pipeline.items import Answer, Box, CorpusImage, Region
from mifg_pipeline.programs.landmarks import LandmarkMap, draw_landmarks
from mifg_pipeline.programs.layout import roles_of
from mifg_pipeline.programs.places import inset
from mifg_pipeline.programs.program import Derived, Picture, Program, Proposal
from mifg_pipeline.programs.scaling import scaled_down
from mifg_pipeline.programs.spot_change import Canvas
from mifg_pipeline.programs.views import View
from mifg_pipeline.programs.windows import nested_windows
from mifg_pipeline.programs.wording import image_list, image_name

_MIN_IMAGE_SIDE = 400
_EDITED_COPIES = 4

_MAX_PICTURE_PIXELS = 2_000_000
_MIN_SIDE_FOR_FOUR_VIEWS = 700
_MIN_VIEW_SIDE = 320
_MIN_VIEW_PIXELS = 360_000
_MAX_VIEW_PIXELS = 700_000
_LANDMARK_SIDES = (32, 34)
"""Side of a landmark in the widest view; in the closest one it is up to 2.7 times as large."""
_LANDMARKS = (2, 3)
_BORDER = 4


class _Order(Program):
    """What the forms of the family share: one picture that is large enough for close views."""

    family = "order"
    picture_counts = range(1, 2)

    def accepts(self, image: CorpusImage) -> bool:
        return min(image.width, image.height) >= _MIN_IMAGE_SIDE


class ByZoom(_Order):
    """{images} show one scene from ever closer, in a mixed order. List them from the farthest to the closest view.
    The camera moved closer from shot to shot, but {images} are out of order. Give the numbers from farthest to closest.
    Each view in {images} but the widest lies within another one. Order the numbers from the widest to the closest view.
    """

    form = "by-zoom"

    def propose(self, pictures: Sequence[Picture], rng: random.Random) -> Proposal | None:
        pixels = scaled_down(pictures[0].load(), _MAX_PICTURE_PIXELS)
        height, width = pixels.shape[:2]
        count = rng.randint(3, 4) if min(width, height) >= _MIN_SIDE_FOR_FOUR_VIEWS else 3
        windows = nested_windows(width, height, count, rng)
        size = _size_of_views(windows[-1])
        views = [View(window, size) for window in windows]
        side = math.ceil(rng.randint(*_LANDMARK_SIDES) / views[0].scale)
        closest = inset(windows[-1], _BORDER)
        if closest is None:
            return None
        landmarks = draw_landmarks(LandmarkMap.of(pixels, side), closest, _LANDMARKS[1], rng)
        if len(landmarks) < _LANDMARKS[0]:
            return None
        places = rng.sample(range(count), count)
        view_at = dict(zip(places, views, strict=True))
        return Proposal(
            images=tuple(Derived(view_at[index].of(pixels), parents=(0,)) for index in range(count)),
            roles=roles_of(places, count),
            question=self.ask(rng, images=image_list(places)),
            answer=_answer(places),
            evidence=tuple(
                Region(image=index, bbox=view_at[index].place_of(box), label="landmark")
                for index in range(count)
                for box in landmarks
            ),
            skills=("ordering", "comparison"),
            terms={"images": list(range(count))},
        )


class ByEdits(_Order):
    """{original} is unedited; each step keeps all edits and adds one. Order {images} from first to last, it included.
    One small edit after another was made, the earlier ones kept. Give the order of {images}, beginning with {original}.
    {images} are stages of an edited picture, {original} the first; each adds one small change. List all in their order.
    """

    form = "by-edits"

    def propose(self, pictures: Sequence[Picture], rng: random.Random) -> Proposal | None:
        canvas = Canvas(pictures[0], _EDITED_COPIES, rng)
        by_cell = canvas.edits_by_cell(_EDITED_COPIES - 1, rng)
        if by_cell is None:
            return None
        edits = list(by_cell.values())
        places = rng.sample(range(_EDITED_COPIES), _EDITED_COPIES)
        stages = dict(zip(places, range(_EDITED_COPIES), strict=True))
        return Proposal(
            images=tuple(canvas.copy_with(*edits[: stages[index]]) for index in range(_EDITED_COPIES)),
            roles=roles_of(places, _EDITED_COPIES),
            question=self.ask(rng, original=image_name(places[0]), images=image_list(places)),
            answer=_answer(places),
            evidence=tuple(
                Region(image=index, bbox=edit.box, label="edit") for index in range(_EDITED_COPIES) for edit in edits
            ),
            skills=("change-detection", "ordering"),
            terms={"images": list(range(_EDITED_COPIES)), "original": places[0]},
        )


def _size_of_views(closest: Box) -> tuple[int, int]:
    """Width and height of all views: as many pixels as the closest has in the picture, within what is handy."""
    width, height = closest[2] - closest[0], closest[3] - closest[1]
    pixels = min(max(width * height, _MIN_VIEW_PIXELS), _MAX_VIEW_PIXELS)
    scale = max(math.sqrt(pixels / (width * height)), _MIN_VIEW_SIDE / min(width, height))
    return (round(width * scale), round(height * scale))


def _answer(places: Sequence[int]) -> Answer:
    return Answer(kind="list", value=tuple(str(index + 1) for index in places), ordered=True)
