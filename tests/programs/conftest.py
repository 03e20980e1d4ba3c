"""Pictures for the programs' tests: textured ones with pixels, annotated ones without."""

import random
import re
from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np
import pytest

from mifg_pipeline.items import CorpusImage, ObjectAnnotation
from mifg_pipeline.programs import Picture, Pixels, Program, Proposal, program_named

SHAPES = ("circle", "ring", "square", "triangle", "diamond", "star", "cross", "heart")
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "black", "white")
CELL_SIDE = 60
OBJECT_SIDES = range(36, 55)
BORDER = 3

Propose = Callable[[str, int], Iterator[tuple[Sequence[Picture], Proposal]]]


@pytest.fixture(params=[200, pytest.param(1000, marks=pytest.mark.slow)], ids="{}-draws".format)
def draws(request: pytest.FixtureRequest) -> int:
    return request.param


@pytest.fixture(params=[60, pytest.param(1000, marks=pytest.mark.slow)], ids="{}-draws".format)
def pixel_draws(request: pytest.FixtureRequest) -> int:
    """Fewer where an item costs pixels."""
    return request.param


def record(seed: int, width: int, height: int, objects: Sequence[ObjectAnnotation] = ()) -> CorpusImage:
    return CorpusImage(
        sha256=f"{seed:064x}",
        path=f"{seed}.png",
        width=width,
        height=height,
        phash=f"{seed:016x}",
        pool="train",
        cluster=f"{seed:064x}",
        sharpness=100.0,
        objects=tuple(objects),
    )


def textured_pixels(seed: int, width: int, height: int) -> Pixels:
    """Bright and dark blots of many sizes over a soft background, like no other seed's."""
    generator = np.random.default_rng(seed)
    soft = generator.integers(60, 200, (4, 4, 3), dtype=np.uint8)
    canvas = cv2.resize(soft, (width, height), interpolation=cv2.INTER_CUBIC)
    for _ in range(width * height // 500):
        x, y = int(generator.integers(width)), int(generator.integers(height))
        colour = [int(level) for level in generator.integers(0, 256, 3)]
        axes = [int(axis) for axis in generator.integers(3, 24, 2)]
        cv2.ellipse(canvas, (x, y), axes, float(generator.integers(180)), 0, 360, colour, -1, cv2.LINE_AA)
    return canvas


def picture_of(seed: int, pixels: Pixels) -> Picture:
    pixels.setflags(write=False)
    return Picture(record(seed, pixels.shape[1], pixels.shape[0]), lambda: pixels)


@pytest.fixture(scope="session")
def make_picture() -> Callable[[int, Pixels], Picture]:
    return picture_of


@pytest.fixture(scope="session")
def textured_pictures() -> list[Picture]:
    sizes = [(300, 280), (280, 300), (320, 256), (256, 320), (289, 301), (340, 270)]
    return [picture_of(seed, textured_pixels(seed, *sizes[seed % len(sizes)])) for seed in range(12)]


@pytest.fixture(scope="session")
def textured_scenes() -> list[Picture]:
    """Larger ones, of which a part is worth a picture."""
    sizes = [(560, 460), (470, 540), (500, 500), (620, 450), (860, 720)]
    return [picture_of(seed, textured_pixels(seed, *sizes[seed % len(sizes)])) for seed in range(200, 212)]


@pytest.fixture(scope="session")
def large_pictures() -> list[Picture]:
    return [picture_of(seed, textured_pixels(seed, 1500, 1100)) for seed in range(100, 104)]


def _without_pixels() -> Pixels:
    raise AssertionError("a program over annotations looked at pixels")


def annotated_picture(seed: int) -> Picture:
    """An image with 4 to 30 shapes of a few kinds and up to 4 signs, known by its record only."""
    rng = random.Random(seed)
    cells = [
        (x, y) for x in range(BORDER, 1200 - CELL_SIDE, CELL_SIDE) for y in range(BORDER, 900 - CELL_SIDE, CELL_SIDE)
    ]
    rng.shuffle(cells)
    palette = rng.sample(COLOURS, 4)

    def placed(category: str, colour: str, text: str | None = None) -> ObjectAnnotation:
        x, y = cells.pop()
        side = rng.choice(OBJECT_SIDES)
        box = (x, y, x + side, y + side)
        return ObjectAnnotation(bbox=box, category=category, text=text, attributes={"colour": colour})

    shapes = [placed(rng.choice(SHAPES), rng.choice(palette)) for _ in range(rng.randint(4, 30))]
    signs = [placed("sign", colour, _sign_text(rng)) for colour in rng.sample(COLOURS, rng.randint(0, 4))]
    return Picture(record(seed, 1200, 900, [*shapes, *signs]), _without_pixels)


@pytest.fixture(scope="session")
def make_annotated() -> Callable[[int, int, int, Sequence[ObjectAnnotation]], Picture]:
    """A picture of that seed, width and height with these objects, known by its record only."""
    return lambda seed, width, height, objects: Picture(record(seed, width, height, objects), _without_pixels)


@pytest.fixture(scope="session")
def covered() -> Callable[[CorpusImage, str | None, str | None], list[ObjectAnnotation]]:
    """The objects of an image that have the category and colour of a claim's terms, found by a plain loop."""

    def find(image: CorpusImage, category: str | None, colour: str | None) -> list[ObjectAnnotation]:
        found = []
        for thing in image.objects:
            if thing.category == "sign":
                continue
            if category is not None and thing.category != category:
                continue
            if colour is not None and thing.attributes["colour"] != colour:
                continue
            found.append(thing)
        return found

    return find


def _sign_text(rng: random.Random) -> str:
    if rng.random() < 0.6:
        # Small numbers come up more than once, in one image and in several.
        return str(rng.randint(10, rng.choice((30, 9999))))
    return "".join(rng.choice("ACDEFHJKMNPRTUWXY3479") for _ in range(rng.randint(2, 5))) + "K"


@pytest.fixture(scope="session")
def draw_annotated() -> Callable[[int], Picture]:
    return annotated_picture


@pytest.fixture(scope="session")
def annotated_pictures() -> list[Picture]:
    return [annotated_picture(seed) for seed in range(300)]


@pytest.fixture(scope="session")
def pictures_for(
    textured_pictures: list[Picture], textured_scenes: list[Picture], annotated_pictures: list[Picture]
) -> Callable[[Program], list[Picture]]:
    """The pictures of the right kind that a program accepts."""
    pools = {
        "find-detail": textured_pictures,
        "match": textured_pictures,
        "order": textured_scenes,
        "same-scene": textured_scenes,
        "spot-change": textured_pictures,
    }

    def pictures(program: Program) -> list[Picture]:
        pool = pools.get(program.family, annotated_pictures)
        return [picture for picture in pool if program.accepts(picture.image)]

    return pictures


@pytest.fixture(scope="session")
def proposals(pictures_for: Callable[[Program], list[Picture]]) -> Propose:
    """That many proposals of the named program, each over pictures drawn at random, with these pictures."""

    def draw(name: str, count: int) -> Iterator[tuple[Sequence[Picture], Proposal]]:
        program = program_named(name)
        pool = pictures_for(program)
        rng = random.Random(f"{name} {count}")
        made = 0
        for _ in range(20 * count):
            pictures = rng.sample(pool, rng.choice(program.picture_counts))
            proposal = program.propose(pictures, rng)
            if proposal is not None:
                made += 1
                yield pictures, proposal
            if made == count:
                return
        raise AssertionError(f"{name}: {made} proposals in {20 * count} draws")

    return draw


@pytest.fixture(scope="session")
def words_of() -> Callable[[Proposal], str]:
    """The key as a person would say it."""

    def words(proposal: Proposal) -> str:
        value = proposal.answer.value
        if proposal.options is not None:
            return proposal.options["ABCDEFGHIJ".index(str(value))]
        return ", ".join(value) if isinstance(value, tuple) else str(value)

    return words


@pytest.fixture(scope="session")
def pixels_of() -> Callable[[Proposal, Sequence[Picture], int], Pixels]:
    """The pixels of one of the item's images."""

    def pixels(proposal: Proposal, pictures: Sequence[Picture], index: int) -> Pixels:
        image = proposal.images[index]
        return pictures[image].load() if isinstance(image, int) else image.pixels

    return pixels


@pytest.fixture(scope="session")
def images_named() -> Callable[[str], list[int]]:
    """0-based indices of the images that a text names, in its order."""

    def named(text: str) -> list[int]:
        phrases = re.findall(r"Images? (\d+(?:(?:, | and | or )\d+)*)", text)
        return [int(number) - 1 for phrase in phrases for number in re.findall(r"\d+", phrase)]

    return named
