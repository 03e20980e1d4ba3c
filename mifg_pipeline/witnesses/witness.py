"""What a pixel witness is: it recomputes the answer of a claim from pixels, by its own way.

Witnesses share no code with programs (an import contract keeps this), read no annotations and never see the
proposed answer.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from mifg_pipeline.items import Claim

Pixels = NDArray[np.uint8]
"""An upright RGB image, shape (height, width, 3), uint8."""


@dataclass(frozen=True)
class Sight:
    """One image of an item as a witness sees it.

    Attributes:
        load: Returns the upright RGB pixels, shape (height, width, 3), uint8.
        readings: What the readers that the witness asked for saw in the image, by reader name.
    """

    load: Callable[[], Pixels]
    readings: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True)
class Testimony:
    """What a witness says.

    Attributes:
        answer: The answer in words, as a reader of the question would give it ("Image 2", "7", "top left"); None
            where the pixels do not decide it.
        reason: Why not, where ``answer`` is None.
        figures: The figures it went by.
    """

    answer: str | None
    reason: str = ""
    figures: dict[str, JsonValue] = field(default_factory=dict)


class Witness(Protocol):
    """Checks the claims of one program family.

    Attributes:
        family: The program family.
        readers: Names of the readers (see ``READERS``) whose readings it needs of every image.
    """

    family: str
    readers: tuple[str, ...]

    def can_check(self, claim: Claim) -> bool:
        """Whether the witness knows what the claim speaks of; if not, only people can check it."""
        ...

    def testify(self, claim: Claim, sights: Sequence[Sight]) -> Testimony:
        """Answers the claim's question from the images of the item, in their order."""
        ...
