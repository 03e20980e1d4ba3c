"""What the world makes of the images of a request: which scenes they are, and how well they are shown."""

from dataclasses import dataclass

from mifg_pipeline.config import GateSettings
from mifg_pipeline.images.frame import THOUSANDTHS, Frame
from mifg_pipeline.stub.world.conversation import Conversation
from mifg_pipeline.stub.world.scenes import Scene
from mifg_pipeline.stub.world.sight import Sight

_FIRST_VIEW = GateSettings().first_view_pixels


@dataclass(frozen=True)
class Look:
    """How images are shown.

    Attributes:
        shown: Numbers of the images that are shown.
        scenes: Those of them that are recognised.
        frames: How places in these are spoken of.
        is_small: Whether they are shown much smaller than in a first view.
        has_details: Whether details are shown as well.
        is_complete: Whether no image is withheld.
    """

    shown: frozenset[int]
    scenes: dict[int, Scene]
    frames: dict[int, Frame]
    is_small: bool
    has_details: bool
    is_complete: bool

    @property
    def is_blind(self) -> bool:
        """Whether nothing is shown."""
        return not self.shown

    @property
    def drawn(self) -> dict[int, Scene]:
        """The drawn scenes."""
        return {number: scene for number, scene in self.scenes.items() if scene.is_drawn}


def look_at(conversation: Conversation, sight: Sight, low_below: float) -> Look:
    """Looks at the images of a request.

    Args:
        conversation: The request.
        sight: Recognises images.
        low_below: Share of the pixels of a first view below which images are small.
    """
    seen = {number: sight.look(image) for number, image in conversation.shown.items()}
    scenes = {number: one.scene for number, one in seen.items() if one.scene is not None}
    originals = sum(scene.image.width * scene.image.height for scene in scenes.values())
    pixels = sum(seen[number].width * seen[number].height for number in scenes)
    in_thousandths = "thousandths" in conversation.instructions

    def frame(number: int, scene: Scene) -> Frame:
        across_and_down = (THOUSANDTHS, THOUSANDTHS) if in_thousandths else seen[number][1:]
        return Frame(scene.image.width, scene.image.height, *across_and_down)

    return Look(
        shown=frozenset(seen),
        scenes=scenes,
        frames={number: frame(number, scene) for number, scene in scenes.items()},
        is_small=pixels < low_below * min(_FIRST_VIEW, originals),
        has_details=conversation.has_details,
        is_complete=not conversation.withheld,
    )
