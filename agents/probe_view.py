"""What solvers are shown of a draft, per kind of probe."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mifg_pipeline.agents.evidence_crops import evidence_crops
from mifg_pipeline.items import Draft, ImageRef
from mifg_pipeline.models.chat import ImagePart, Part, TextPart

ProbeKind = Literal["blind", "necessity", "glance", "difficulty", "focus", "consistency"]


@dataclass(frozen=True)
class ProbeView:
    """What a probe shows.

    Attributes:
        kind: Of the probe.
        pixels: Of all images together; larger ones are scaled down, in proportion to their sizes. 0: none is shown.
        withheld: Index of an image that is not shown although the others are.
        with_details: Whether the evidence is shown enlarged as well.
        is_permuted: Whether the images stand in random order.
    """

    kind: ProbeKind
    pixels: int
    withheld: int | None = None
    with_details: bool = False
    is_permuted: bool = False

    @property
    def name(self) -> str:
        """Tells the probes of a draft apart."""
        return self.kind if self.withheld is None else f"{self.kind} {self.withheld}"

    def largest_image(self, draft: Draft, most: int) -> int:
        """Pixels of the largest image as it is shown, where no image has more than ``most``; 0 where none is shown."""
        sizes = [
            min(pixels, image.width * image.height)
            for index, (image, pixels) in enumerate(
                zip(draft.images, shared_pixels(draft.images, self.pixels, most), strict=True)
            )
            if index != self.withheld
        ]
        return max(sizes) if self.pixels else 0

    def parts(self, draft: Draft, paths: Sequence[Path], most: int) -> tuple[Part, ...]:
        """The images under their names, in order, with what is withheld marked so; then the details.

        Args:
            draft: As it is shown.
            paths: Where its images lie.
            most: Pixels of one image beyond which the solver takes none.
        """
        parts: list[Part] = []
        sizes = shared_pixels(draft.images, self.pixels, most)
        for index, (image, path, pixels) in enumerate(zip(draft.images, paths, sizes, strict=True)):
            if self.pixels == 0 or index == self.withheld:
                parts.append(TextPart(f"Image {index + 1}: (not shown)"))
            else:
                parts += [TextPart(f"Image {index + 1}:"), ImagePart(image.sha256, path, max_pixels=pixels)]
        for index, window in evidence_crops(draft) if self.with_details else ():
            detail = ImagePart(draft.images[index].sha256, paths[index], crop=window, max_pixels=most)
            parts += [TextPart(f"Detail of Image {index + 1}:"), detail]
        return tuple(parts)


def shared_pixels(images: Sequence[ImageRef], pixels: int, most: int) -> tuple[int, ...]:
    """Pixels of each image as it is shown, where all have so many together, in proportion to their sizes.

    None gets more than ``most``, and none more than it has.
    """
    total = sum(image.width * image.height for image in images)
    scale = min(1.0, pixels / total)
    return tuple(max(1, min(most, int(image.width * image.height * scale))) for image in images)
