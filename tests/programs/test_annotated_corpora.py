"""Questions over annotated photographs: natural English, and nothing ambiguous; records like those of COCO."""

import random
import re
from collections.abc import Iterator, Sequence

import pytest

from mifg_pipeline.items import CorpusImage, ObjectAnnotation
from mifg_pipeline.programs import Picture, Program, Proposal, all_programs

WIDTH, HEIGHT, CELL = 1000, 800, 100
NAMES = {
    "person": ("person", "people"),
    "Dining_Table": ("dining table", "dining tables"),
    "sheep": ("sheep", "sheep"),
    "traffic-light": ("traffic light", "traffic lights"),
    "scissors": ("pair of scissors", "pairs of scissors"),
    "hour glass": ("hour glass", "hour glasses"),
    "umbrella": ("umbrella", "umbrellas"),
    "tv": ("TV", "TVs"),
    "broccoli": ("piece of broccoli", "pieces of broccoli"),
    "flowers": None,
    "class 7": None,
    **{name: (name, f"{name}s") for name in ("kite", "clock", "vase", "laptop", "suitcase", "zebra", "kettle", "lamp")},
}
FAULTS = ("overlapping", "cut off", "tiny", "crowd", "large")
PROGRAMS = [
    program for program in all_programs() if program.family in ("compare", "count-across", "odd-one-out", "relate")
]
PLACED = {"compare/which-leftmost", "compare/which-largest", "relate/nearest", "relate/which-side"}


def thing(category: str, x: int, y: int, width: int, height: int, crowd: int = 0, **more: str) -> ObjectAnnotation:
    attributes = {"iscrowd": crowd, "area": 0.8 * width * height, **more}
    return ObjectAnnotation(bbox=(x, y, x + width, y + height), category=category, attributes=attributes)


def faulty(category: str, x: int, y: int, fault: str) -> list[ObjectAnnotation]:
    return {
        "overlapping": [thing(category, x, y, 50, 50), thing(category, x + 10, y + 10, 50, 50)],
        "cut off": [thing(category, 1, y, 60, 60)],
        "tiny": [thing(category, x, y, 27, 60)],
        "crowd": [thing(category, x, y, 80, 80, crowd=1)],
        "large": [thing(category, 10, 10, 300, 200)],
    }[fault]


def scene(rng: random.Random) -> tuple[list[ObjectAnnotation], dict[str, str]]:
    """Objects of an image, a few of each of some categories; and the fault that some categories have."""
    cells = [(x + 10, y + 10) for x in range(0, WIDTH, CELL) for y in range(0, HEIGHT, CELL)]
    rng.shuffle(cells)
    objects: list[ObjectAnnotation] = []
    faults = {}
    colours = ("red", "Light_Blue") if rng.random() < 0.7 else ("red", None)
    for category in rng.sample(list(NAMES), 12):
        for _ in range(rng.choice((1, 1, 1, 2, 4))):
            colour = rng.choice(colours)
            more = {"colour": colour} if category == "umbrella" and colour else {}
            objects.append(thing(category, *cells.pop(), rng.randint(40, 80), rng.randint(40, 80), **more))
        if rng.random() < 0.07:
            faults[category] = rng.choice(FAULTS)
            objects += faulty(category, *cells.pop(), faults[category])
    return objects, faults


@pytest.fixture(scope="module")
def photographs(make_annotated) -> tuple[list[Picture], dict[str, dict[str, str]]]:
    """Pictures, and by digest the faults of their categories."""
    pictures, faults_of = [], {}
    for seed in range(120):
        objects, faults = scene(random.Random(seed))
        picture = make_annotated(seed, WIDTH, HEIGHT, objects)
        pictures.append(picture)
        faults_of[picture.image.sha256] = faults
    return pictures, faults_of


def asked(program: Program, pictures: Sequence[Picture]) -> Iterator[tuple[Sequence[CorpusImage], Proposal]]:
    draws = 150
    rng = random.Random(program.name)
    made = 0
    for _ in range(draws):
        drawn = rng.sample(pictures, rng.choice(program.picture_counts))
        proposal = program.propose(drawn, rng)
        if proposal is not None:
            made += 1
            yield [drawn[index].image for index in proposal.images], proposal
    assert made >= 15, f"{program.name}: {made} proposals in {draws} draws"


def categories_asked(proposal: Proposal) -> set[str]:
    terms = (proposal.terms.get(name) for name in ("category", "anchor_category"))
    by_name = {names[0]: category for category, names in NAMES.items() if names}
    options = proposal.options or ()
    offered = {by_name[name] for name in by_name if any(option.endswith(name) for option in options)}
    return {term for term in terms if term is not None} | offered


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_categories_with_a_fault_in_any_image_are_not_asked_about(program: Program, photographs) -> None:
    pictures, faults_of = photographs
    for images, proposal in asked(program, pictures):
        faults = {
            category
            for image in images
            for category, fault in faults_of[image.sha256].items()
            if fault != "cut off" or program.name in PLACED
        }
        # The difference lies between two of the images, whatever is in the others.
        if program.form != "difference":
            assert not categories_asked(proposal) & faults


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_questions_call_things_by_their_english_names(program: Program, photographs) -> None:
    nouns = {noun for names in NAMES.values() if names for noun in names}
    for _, proposal in asked(program, photographs[0]):
        text = " ".join([proposal.question, *(proposal.options or ())])
        assert not re.search(r"_|traffic-light|Dining|Light|\btv\b|flowers|class|hour glasss|sheeps|None", text)
        assert any(noun in text for noun in nouns)
        assert not re.search(r"\ban? (?!hour|umbrella)[aeiou]|\ban (?!hour|umbrella)|\ba (?:hour|umbrella)", text)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_colours_are_asked_only_where_every_object_of_the_category_has_one(program: Program, photographs) -> None:
    colours = set()
    for images, proposal in asked(program, photographs[0]):
        terms = proposal.terms
        umbrellas = [thing for image in images for thing in image.objects if thing.category == "umbrella"]
        for category, colour in (("category", "colour"), ("anchor_category", "anchor_colour")):
            if terms.get(colour) is not None:
                assert terms[category] == "umbrella"
                if program.form != "difference":
                    assert all("colour" in thing.attributes for thing in umbrellas)
                colours.add(terms[colour])
    assert colours <= {"red", "light blue"}


def test_nearest_offers_categories_of_which_the_image_has_one(photographs) -> None:
    (program,) = [program for program in PROGRAMS if program.name == "relate/nearest"]
    for images, proposal in asked(program, photographs[0]):
        (index,) = [index for index, role in enumerate(proposal.roles) if role == "evidence"]
        there = [thing.category for thing in images[index].objects]
        for option in proposal.options:
            (category,) = [category for category, names in NAMES.items() if names and names[0] == option]
            assert there.count(category) == 1


def test_categories_that_read_alike_are_not_asked_about(make_annotated) -> None:
    (total,) = [program for program in PROGRAMS if program.name == "compare/which-most"]
    names = ("dining table", "Dining_Table")
    objects = [[thing(name, 100 * place, 100, 50, 50) for place, name in enumerate(names, 1)] for _ in range(2)]
    objects[0].append(thing(names[0], 400, 100, 50, 50))
    pictures = [make_annotated(seed, WIDTH, HEIGHT, things) for seed, things in enumerate(objects)]
    assert all(total.propose(pictures, random.Random(seed)) is None for seed in range(20))


def test_outlines_can_contradict_boxes_on_which_is_largest(make_annotated) -> None:
    (largest,) = [program for program in PROGRAMS if program.name == "compare/which-largest"]
    agreeing = [thing("umbrella", 100, 100, 100, 100), thing("umbrella", 100, 100, 60, 60)]
    hollow = agreeing[0].model_copy(update={"attributes": {"area": 1500}})

    def proposal(first: ObjectAnnotation) -> Proposal | None:
        pictures = [make_annotated(seed, WIDTH, HEIGHT, [one]) for seed, one in enumerate((first, agreeing[1]))]
        return largest.propose(pictures, random.Random(0))

    assert proposal(agreeing[0]) is not None
    assert proposal(hollow) is None
