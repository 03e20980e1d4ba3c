"""Programs that ask where annotated objects lie in relation to an anchor, in the one image that shows it."""

import math
import random
from collections.abc import Sequence

from pydantic import JsonValue

from mifg_pipeline.items import CorpusImage, ObjectAnnotation
from mifg_pipeline.programs.choices import shuffled_choice
from mifg_pipeline.programs.clarity import overlap_strongly
from mifg_pipeline.programs.kinds import (
    SHAPES,
    SIGN,
    Anchor,
    Kind,
    anchors,
    has_countable,
    kind_groups,
    most_specific_kinds,
)
from mifg_pipeline.programs.layout import in_random_order, roles_of
from mifg_pipeline.programs.program import Picture, Program, Proposal
from mifg_pipeline.programs.wording import image_list, with_article

_OPTIONS = 4
_NEARER = 1.25
"""The next object is at least so many times as far from the anchor as the nearest."""
_ASIDE = 0.05
"""Share of the width by which an object lies to the side of the anchor."""


class _Relate(Program):
    """What the forms of the family share: images with annotated objects, in random order."""

    family = "relate"
    picture_counts = range(2, 6)

    def accepts(self, image: CorpusImage) -> bool:
        return has_countable(image)


class Nearest(_Relate):
    """Exactly one of {images} shows {anchor}. Which of these {things} is nearest to it there, from centre to centre?
    Find the image among {images} that contains {anchor}. Which of these {things} has its centre closest to it?
    """

    form = "nearest"

    def propose(self, pictures: Sequence[Picture], rng: random.Random) -> Proposal | None:
        order, images = in_random_order(pictures, rng)
        kinds = _kinds_to_offer(images)
        found = anchors(images, placed=True)
        for anchor in rng.sample(found, len(found)):
            offered = _offer(anchor, images, kinds, rng)
            if offered is not None:
                break
        else:
            return None
        image, nearest = images[anchor.image], offered[0]
        choice = shuffled_choice([kind.singular for kind in offered], nearest.singular, rng)
        return Proposal(
            images=order,
            roles=roles_of((anchor.image,), len(images)),
            question=self.ask(
                rng,
                images=image_list(range(len(images))),
                anchor=with_article(anchor.kind.singular),
                things="shapes" if {kind.category for kind in offered} <= SHAPES else "objects",
            ),
            answer=choice.answer,
            options=choice.options,
            evidence=(*anchor.kind.regions(anchor.image, image), *nearest.regions(anchor.image, image)),
            skills=("visual-search", "spatial-relation", "two-hop"),
            terms=_terms(anchor, images),
        )


class WhichSide(_Relate):
    """Exactly one of {images} shows {anchor}. Is the {kind} in that image to the left or to the right of it?
    Find the image among {images} that contains {anchor}. On which side of it is the {kind}, left or right?
    """

    form = "which-side"

    def propose(self, pictures: Sequence[Picture], rng: random.Random) -> Proposal | None:
        order, images = in_random_order(pictures, rng)
        side = rng.choice(("left", "right"))
        categories, *others = kind_groups(images, placed=True)
        kinds = [kind for group in (categories, *others) for kind in group if kind.category is not None]
        pairs = [
            (anchor, kind)
            for anchor in anchors(images, placed=True)
            for kind in kinds
            if _side(anchor, kind, images) == side
        ]
        if not pairs:
            return None
        anchor, kind = rng.choice(pairs)
        image = images[anchor.image]
        choice = shuffled_choice(("left", "right"), side, rng)
        return Proposal(
            images=order,
            roles=roles_of((anchor.image,), len(images)),
            question=self.ask(
                rng,
                images=image_list(range(len(images))),
                anchor=with_article(anchor.kind.singular),
                kind=kind.singular,
            ),
            answer=choice.answer,
            options=choice.options,
            evidence=(*anchor.kind.regions(anchor.image, image), *kind.regions(anchor.image, image)),
            skills=("visual-search", "spatial-relation", "two-hop"),
            terms={**_terms(anchor, images), "category": kind.category, "colour": kind.colour},
        )


def _terms(anchor: Anchor, images: Sequence[CorpusImage]) -> dict[str, JsonValue]:
    return {
        "images": [*range(len(images))],
        "anchor_category": anchor.kind.category,
        "anchor_colour": anchor.kind.colour,
    }


def _offer(
    anchor: Anchor, images: Sequence[CorpusImage], kinds: Sequence[Kind], rng: random.Random
) -> list[Kind] | None:
    """The kind nearest to the anchor and three others, or None where the image does not afford them.

    The image has one object of each, so that none is the likelier for being frequent, and none is the anchor's kind,
    which the text would rule out.
    """
    image, thing = images[anchor.image], anchor.thing_in(images)
    singles = [kind for kind in kinds if kind.count(image) == 1 and not kind.covers(thing)]
    nearest = _nearest_object(thing, image)
    key = next((kind for kind in singles if nearest is not None and kind.covers(nearest)), None)
    if key is None or len(singles) < _OPTIONS:
        return None
    return [key, *rng.sample([kind for kind in singles if kind != key], _OPTIONS - 1)]


def _kinds_to_offer(images: Sequence[CorpusImage]) -> list[Kind]:
    """Kinds of colour and category, or categories alone where not all have colours, so that all are of one type."""
    specific = most_specific_kinds(images, placed=True)
    return specific if all(kind.colour for kind in specific) else kind_groups(images, placed=True)[0]


def _nearest_object(thing: ObjectAnnotation, image: CorpusImage) -> ObjectAnnotation | None:
    """The object that is clearly nearest, or None; all but signs compete, also such that cannot be offered."""
    others = sorted(
        (other for other in image.objects if other.category != SIGN and other is not thing),
        key=lambda other: _distance(thing, other),
    )
    if len(others) < 2 or overlap_strongly(thing.bbox, others[0].bbox):
        return None
    return others[0] if _distance(thing, others[1]) >= _NEARER * _distance(thing, others[0]) else None


def _side(anchor: Anchor, kind: Kind, images: Sequence[CorpusImage]) -> str | None:
    """The side of the anchor on which the image's only object of the kind clearly is, or None."""
    image, thing = images[anchor.image], anchor.thing_in(images)
    covered = [other for other in image.objects if kind.covers(other)]
    if len(covered) != 1 or covered[0] is thing or overlap_strongly(thing.bbox, covered[0].bbox):
        return None
    shift = (_centre(covered[0])[0] - _centre(thing)[0]) / image.width
    if abs(shift) < _ASIDE:
        return None
    return "left" if shift < 0 else "right"


def _distance(one: ObjectAnnotation, other: ObjectAnnotation) -> float:
    return math.dist(_centre(one), _centre(other))


def _centre(thing: ObjectAnnotation) -> tuple[float, float]:
    x0, y0, x1, y1 = thing.bbox
    return (x0 + x1) / 2, (y0 + y1) / 2
