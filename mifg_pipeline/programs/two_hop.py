"""Programs whose first step finds an image by its signs or by a count, and whose second reads or counts in it."""

import random
from collections.abc import Sequence

from pydantic import JsonValue

from mifg_pipeline.items import Answer, CorpusImage
from mifg_pipeline.programs.kinds import Kind, draw_telling_kind, has_countable, kind_groups
from mifg_pipeline.programs.layout import in_random_order, roles_of
from mifg_pipeline.programs.program import Picture, Program, Proposal
from mifg_pipeline.programs.signs import Sign, is_elsewhere_too, numbers_by_colour, signs_in, signs_of, singular_texts
from mifg_pipeline.programs.wording import image_list

_MAX_EVIDENCE = 40


class _TwoHop(Program):
    """What the forms of the family share: images with annotated objects and signs, in random order."""

    family = "two-hop"
    picture_counts = range(3, 6)

    def accepts(self, image: CorpusImage) -> bool:
        return has_countable(image) and bool(signs_of(0, image))


class SignOfMost(_TwoHop):
    """Find the one of {images} that shows the most {kind}. What does its {colour} sign say?
    Which of {images} has more {kind} than any other? Answer with the text of its {colour} sign.
    What is written on the {colour} sign in the one of {images} with the most {kind}?
    """

    form = "sign-of-most"

    def propose(self, pictures: Sequence[Picture], rng: random.Random) -> Proposal | None:
        order, images = in_random_order(pictures, rng)
        signs = signs_in(images)
        holders = {sign.image for sign in signs if is_elsewhere_too(sign, signs)}
        found = [(kind, most) for kind, most in _kinds_with_most(images, rng) if most in holders]
        if not found:
            return None
        most = rng.choice(sorted({most for _, most in found}))
        kind = rng.choice([kind for kind, index in found if index == most])
        sign = rng.choice([sign for sign in signs if sign.image == most and is_elsewhere_too(sign, signs)])
        regions = [region for index, image in enumerate(images) for region in kind.regions(index, image)]
        return Proposal(
            images=order,
            roles=roles_of({region.image for region in regions}, len(images)),
            question=self.ask(rng, images=image_list(range(len(images))), kind=kind.plural, colour=sign.colour),
            answer=Answer(kind="text", value=sign.text),
            evidence=(*regions, sign.region),
            skills=("counting", "comparison", "reading", "two-hop"),
            terms={"images": [*range(len(images))], **_terms(kind), "sign_colour": sign.colour},
        )


class CountAtLargest(_TwoHop):
    """Each of {images} has one {colour} sign with a number. How many {kind} are in the image with the largest of them?
    Find the image among {images} whose {colour} sign shows the largest number. How many {kind} are there in it?
    How many {kind} are there in the one of {images} whose {colour} sign shows the largest number?
    """

    form = "count-at-largest"

    def propose(self, pictures: Sequence[Picture], rng: random.Random) -> Proposal | None:
        order, images = in_random_order(pictures, rng)
        by_colour = numbers_by_colour(signs_in(images))
        for colour in rng.sample(sorted(by_colour), len(by_colour)):
            signs = by_colour[colour]
            largest = max(signs, key=lambda sign: int(sign.text))
            kind = _draw_kind_at(largest, images, rng)
            if kind is not None:
                break
        else:
            return None
        compared = [sign.image for sign in signs]
        regions = kind.regions(largest.image, images[largest.image])
        return Proposal(
            images=order,
            roles=roles_of(compared, len(images)),
            question=self.ask(rng, images=image_list(compared), kind=kind.plural, colour=colour),
            answer=Answer(kind="integer", value=len(regions)),
            evidence=(*(sign.region for sign in signs), *regions),
            skills=("reading", "comparison", "counting", "two-hop"),
            terms={"images": [*compared], "sign_colour": colour, **_terms(kind)},
        )


class CountAtText(_TwoHop):
    """One of {images} has a sign that says "{text}". How many {kind} are there in that image?
    Find the image among {images} in which "{text}" is written on a sign. How many {kind} does it show?
    How many {kind} are there in the one of {images} with the sign that says "{text}"?
    """

    form = "count-at-text"

    def propose(self, pictures: Sequence[Picture], rng: random.Random) -> Proposal | None:
        order, images = in_random_order(pictures, rng)
        signs = singular_texts(images, signs_in(images))
        for sign in rng.sample(signs, len(signs)):
            kind = _draw_kind_at(sign, images, rng)
            if kind is not None:
                break
        else:
            return None
        regions = kind.regions(sign.image, images[sign.image])
        return Proposal(
            images=order,
            roles=roles_of((sign.image,), len(images)),
            question=self.ask(rng, images=image_list(range(len(images))), kind=kind.plural, text=sign.text),
            answer=Answer(kind="integer", value=len(regions)),
            evidence=(sign.region, *regions),
            skills=("visual-search", "reading", "counting", "two-hop"),
            terms={"images": [*range(len(images))], "text": sign.text, **_terms(kind)},
        )


def _terms(kind: Kind) -> dict[str, JsonValue]:
    return {"category": kind.category, "colour": kind.colour}


def _kinds_with_most(images: Sequence[CorpusImage], rng: random.Random) -> list[tuple[Kind, int]]:
    """Kinds of one group that several images show and one strictly the most, with the index of that image."""
    groups = []
    for group in kind_groups(images):
        found = []
        for kind in group:
            counts = [kind.count(image) for image in images]
            stands_out = counts.count(max(counts)) == 1 and counts.count(0) < len(counts) - 1
            if stands_out and sum(counts) <= _MAX_EVIDENCE:
                found.append((kind, counts.index(max(counts))))
        groups.append(found)
    askable = [found for found in groups if found]
    return rng.choice(askable) if askable else []


def _draw_kind_at(sign: Sign, images: Sequence[CorpusImage], rng: random.Random) -> Kind | None:
    """Draws a kind to count in the sign's image; its number is not what the sign says, which the question may tell."""
    kind = draw_telling_kind(sign.image, images, rng)
    says_it = kind is not None and sign.reading == str(kind.count(images[sign.image]))
    return None if says_it else kind
