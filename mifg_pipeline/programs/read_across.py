"""Programs that ask about what annotated signs say, over several images."""

import itertools
import random
from collections.abc import Sequence

from mifg_pipeline.items import Answer, CorpusImage
from mifg_pipeline.programs.choices import choice_of_images, shuffled_choice
from mifg_pipeline.programs.kinds import anchors
from mifg_pipeline.programs.layout import in_random_order, roles_of
from mifg_pipeline.programs.program import Picture, Program, Proposal
from mifg_pipeline.programs.signs import Sign, is_elsewhere_too, numbers_by_colour, signs_in, signs_of, singular_texts
from mifg_pipeline.programs.wording import image_list, image_name, with_article

_OPTIONS = 4


class _ReadAcross(Program):
    """What the forms of the family share: images with annotated signs, in random order."""

    family = "read-across"
    picture_counts = range(2, 7)

    def accepts(self, image: CorpusImage) -> bool:
        return bool(signs_of(0, image))


class WhichLargest(_ReadAcross):
    """Each of {images} has one {colour} sign, with a number on it. In which image is the number the largest?
    Compare the numbers on the {colour} signs in {images}. Which image shows the largest?
    Which of {images} has the {colour} sign with the largest number?
    """

    form = "which-largest"

    def propose(self, pictures: Sequence[Picture], rng: random.Random) -> Proposal | None:
        order, images = in_random_order(pictures, rng)
        comparable = list(numbers_by_colour(signs_in(images)).values())
        if not comparable:
            return None
        most = max(len(signs) for signs in comparable)
        signs = rng.choice([signs for signs in comparable if len(signs) == most])
        largest = max(signs, key=lambda sign: int(sign.text))
        compared = [sign.image for sign in signs]
        choice = choice_of_images(compared, largest.image)
        return Proposal(
            images=order,
            roles=roles_of(compared, len(images)),
            question=self.ask(rng, images=image_list(compared), colour=largest.colour),
            answer=choice.answer,
            options=choice.options,
            evidence=tuple(sign.region for sign in signs),
            skills=("reading", "comparison"),
            terms={"images": [*compared], "colour": largest.colour},
        )


class Sum(_ReadAcross):
    """What is the sum of the number on the {one} and the number on the {other}?
    Add the number on the {one} to the number on the {other}. What is the result?
    Read the numbers on the {one} and on the {other}. What do they add up to?
    """

    form = "sum"

    def propose(self, pictures: Sequence[Picture], rng: random.Random) -> Proposal | None:
        order, images = in_random_order(pictures, rng)
        numbers = [sign for sign in signs_in(images) if sign.is_number]
        pairs = [pair for pair in itertools.combinations(numbers, 2) if pair[0].image != pair[1].image]
        if not pairs:
            return None
        one, other = pair = rng.choice(pairs)
        return Proposal(
            images=order,
            roles=roles_of([sign.image for sign in pair], len(images)),
            question=self.ask(rng, one=_located(one), other=_located(other)),
            answer=Answer(kind="integer", value=int(one.text) + int(other.text)),
            evidence=(one.region, other.region),
            skills=("reading", "arithmetic"),
            terms={"signs": [[sign.image, sign.colour] for sign in pair]},
        )


class WhichText(_ReadAcross):
    """What does the {sign} say?
    Which of these texts is written on the {sign}?
    Read the {sign}. What is written there?
    """

    form = "which-text"

    def propose(self, pictures: Sequence[Picture], rng: random.Random) -> Proposal | None:
        order, images = in_random_order(pictures, rng)
        signs = signs_in(images)
        alike = [
            group
            for group in (_one_per_reading(signs, rng, numbers=True), _one_per_reading(signs, rng, numbers=False))
            if len(group) >= _OPTIONS
        ]
        if not alike:
            return None
        offered = rng.sample(rng.choice(alike), _OPTIONS)
        asked = rng.choice(offered)
        choice = shuffled_choice([sign.text for sign in offered], asked.text, rng)
        return Proposal(
            images=order,
            roles=roles_of([asked.image], len(images)),
            question=self.ask(rng, sign=_located(asked)),
            answer=choice.answer,
            options=choice.options,
            evidence=(asked.region,),
            skills=("visual-search", "reading"),
            terms={"image": asked.image, "colour": asked.colour},
        )


class WhichImage(_ReadAcross):
    """Which of {images} has a sign that says "{text}"?
    In which of {images} is "{text}" written on a sign?
    One of {images} contains a sign with the text "{text}". Which one?
    """

    form = "which-image"

    def propose(self, pictures: Sequence[Picture], rng: random.Random) -> Proposal | None:
        order, images = in_random_order(pictures, rng)
        by_image: dict[int, list[Sign]] = {}
        for sign in singular_texts(images, signs_in(images)):
            by_image.setdefault(sign.image, []).append(sign)
        if len(by_image) < 2:
            return None
        sign = rng.choice(by_image[rng.choice(list(by_image))])
        choice = choice_of_images(list(by_image), sign.image)
        return Proposal(
            images=order,
            roles=roles_of([sign.image], len(images)),
            question=self.ask(rng, images=image_list(by_image), text=sign.text),
            answer=choice.answer,
            options=choice.options,
            evidence=(sign.region,),
            skills=("visual-search", "reading"),
            terms={"images": [*sorted(by_image)], "text": sign.text},
        )


class BesideAnchor(_ReadAcross):
    """Exactly one of {images} shows {anchor}. What does the {colour} sign in that image say?
    Find the image among {images} that contains {anchor}. What is written on its {colour} sign?
    What is the text of the {colour} sign in the only one of {images} in which there is {anchor}?
    """

    form = "beside-anchor"

    def propose(self, pictures: Sequence[Picture], rng: random.Random) -> Proposal | None:
        order, images = in_random_order(pictures, rng)
        signs = signs_in(images)
        pairs = [
            (anchor, sign)
            for anchor in anchors(images)
            for sign in signs
            if sign.image == anchor.image and is_elsewhere_too(sign, signs)
        ]
        if not pairs:
            return None
        anchor, sign = rng.choice(pairs)
        return Proposal(
            images=order,
            roles=roles_of([anchor.image], len(images)),
            question=self.ask(
                rng,
                images=image_list(range(len(images))),
                anchor=with_article(anchor.kind.singular),
                colour=sign.colour,
            ),
            answer=Answer(kind="text", value=sign.text),
            evidence=(*anchor.kind.regions(anchor.image, images[anchor.image]), sign.region),
            skills=("visual-search", "reading", "two-hop"),
            terms={
                "images": list(range(len(images))),
                "colour": sign.colour,
                "anchor_category": anchor.kind.category,
                "anchor_colour": anchor.kind.colour,
            },
        )


def _located(sign: Sign) -> str:
    return f"{sign.colour} sign in {image_name(sign.image)}"


def _one_per_reading(signs: Sequence[Sign], rng: random.Random, *, numbers: bool) -> list[Sign]:
    """Signs with numbers, or with other texts, in random order; of those that say the same only one."""
    alike = [sign for sign in signs if sign.is_number == numbers]
    return list({sign.reading: sign for sign in rng.sample(alike, len(alike))}.values())
