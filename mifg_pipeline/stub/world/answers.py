"""What is right: the answers of the question forms that the world understands, from annotations."""

import math
from collections.abc import Callable, Iterable, Mapping

from mifg_pipeline.items import ObjectAnnotation
from mifg_pipeline.programs.kinds import Kind, colour_of
from mifg_pipeline.stub.world.scenes import Scene
from mifg_pipeline.stub.world.wordings import Said, Scenes

CORNERS: Mapping[str, int] = {"triangle": 3, "square": 4, "diamond": 4, "star": 10, "cross": 12}
"""Of the shapes that have any."""

Found = tuple[str, ...]


def total(said: Said, scenes: Scenes) -> Found:
    """How many of the kind the images show together."""
    return (str(sum(_counts(said, scenes).values())),)


def total_with_or_without_signs(said: Said, scenes: Scenes) -> Found:
    """How many things of the colour the images show together, and how many with the signs of that colour."""
    kind = Kind(None, said.words["colour"])
    shapes = sum(scenes[number].counts[kind] for number in said.images["images"])
    signs = sum(scenes[number].sign_plates(said.words["colour"]) for number in said.images["images"])
    return tuple(dict.fromkeys((str(shapes), str(shapes + signs))))


def images_with(said: Said, scenes: Scenes) -> Found:
    """In how many of the images there is one of the kind."""
    return (str(sum(count > 0 for count in _counts(said, scenes).values())),)


def excess(said: Said, scenes: Scenes) -> Found:
    """How many more of the kind the first image shows than the second."""
    kind = said.kinds["kind"]
    return (str(scenes[said.image("first")].counts[kind] - scenes[said.image("second")].counts[kind]),)


def count_beside_anchor(said: Said, scenes: Scenes) -> Found:
    """How many of the kind there are in the only image that shows the anchor."""
    return tuple(str(scene.counts[said.kinds["kind"]]) for scene, _ in _anchor(said, scenes))


def image_with_most(said: Said, scenes: Scenes) -> Found:
    """The image that shows more of the kind than any other."""
    return _extreme(_counts(said, scenes), max)


def image_with_fewest(said: Said, scenes: Scenes) -> Found:
    """The image that shows fewer of the kind than any other."""
    return _extreme(_counts(said, scenes), min)


def image_with_leftmost(said: Said, scenes: Scenes) -> Found:
    """The image in which the one object of the kind is nearest to the left edge, as a share of the width."""
    return _extreme(_measures(said, scenes, lambda thing, scene: thing.bbox[0] / scene.image.width), min)


def image_with_largest(said: Said, scenes: Scenes) -> Found:
    """The image of which the one object of the kind covers the largest part."""

    def share(thing: ObjectAnnotation, scene: Scene) -> float:
        x0, y0, x1, y1 = thing.bbox
        return (x1 - x0) * (y1 - y0) / (scene.image.width * scene.image.height)

    return _extreme(_measures(said, scenes, share), max)


def image_without(said: Said, scenes: Scenes) -> Found:
    """The only image that shows none of the kind."""
    return _only([number for number, count in _counts(said, scenes).items() if count == 0])


def image_with(said: Said, scenes: Scenes) -> Found:
    """The only image that shows one of the kind."""
    return _only([number for number, count in _counts(said, scenes).items() if count > 0])


def nearest_to_anchor(said: Said, scenes: Scenes) -> Found:
    """The object nearest to the anchor, by colour and category and by category alone: options have either."""
    for scene, anchor in _anchor(said, scenes):
        others = [thing for thing in scene.things if thing is not anchor]
        if others:
            nearest = min(others, key=lambda thing: math.dist(_centre(thing), _centre(anchor)))
            kinds = (Kind(nearest.category, colour_of(nearest)), Kind(nearest.category, None))
            return tuple(dict.fromkeys(kind.singular for kind in kinds))
    return ()


def side_of_anchor(said: Said, scenes: Scenes) -> Found:
    """On which side of the anchor the object of the kind is."""
    for scene, anchor in _anchor(said, scenes):
        things = [thing for thing in scene.of(said.kinds["kind"]) if thing is not anchor]
        if len(things) == 1:
            return ("left" if _centre(things[0])[0] < _centre(anchor)[0] else "right",)
    return ()


def sum_of_signs(said: Said, scenes: Scenes) -> Found:
    """The sum of the numbers on two signs."""
    signs = [
        scenes[said.image(image)].signs.get(said.words[colour])
        for image, colour in (("first", "colour"), ("second", "other_colour"))
    ]
    if any(sign is None or not sign.is_number for sign in signs):
        return ()
    return (str(sum(int(sign.text) for sign in signs if sign is not None)),)


def corners_of_both(said: Said, _scenes: Scenes) -> Found:
    """How many corners two shapes have together; whoever knows shapes needs no image for that."""
    return (str(CORNERS[said.category("shape")] + CORNERS[said.category("other_shape")]),)


def total_and_corners(said: Said, scenes: Scenes) -> Found:
    """How many of the kind the first image shows, and the corners of a shape, of which no image need be seen."""
    return (str(scenes[said.image("first")].counts[said.kinds["kind"]] + CORNERS[said.category("shape")]),)


def as_told(said: Said, _scenes: Scenes) -> Found:
    """What the question says itself."""
    return (said.words["told"],)


def _counts(said: Said, scenes: Scenes) -> dict[int, int]:
    """How many of the kind each of the images shows, by number."""
    return {number: scenes[number].counts[said.kinds["kind"]] for number in said.images["images"]}


def _measures(said: Said, scenes: Scenes, measure: Callable[[ObjectAnnotation, Scene], float]) -> dict[int, float]:
    """A measure of the one object of the kind in each image, by number; empty where an image has not exactly one."""
    things = {number: scenes[number].of(said.kinds["kind"]) for number in said.images["images"]}
    if any(len(found) != 1 for found in things.values()):
        return {}
    return {number: measure(found[0], scenes[number]) for number, found in things.items()}


def _anchor(said: Said, scenes: Scenes) -> list[tuple[Scene, ObjectAnnotation]]:
    """The only object of the anchor's kind in all images with its scene; empty where there is not exactly one."""
    named = [scenes[number] for number in said.images["images"]]
    found = [(scene, thing) for scene in named for thing in scene.of(said.kinds["anchor"])]
    return found if len(found) == 1 else []


def _extreme(measures: Mapping[int, float], extreme: Callable[[Iterable[float]], float]) -> Found:
    """The image with the largest or smallest measure; both where two share it."""
    if not measures:
        return ()
    wanted = extreme(measures.values())
    return tuple(f"Image {number}" for number, measure in measures.items() if measure == wanted)


def _only(numbers: list[int]) -> Found:
    return (f"Image {numbers[0]}",) if len(numbers) == 1 else ()


def _centre(thing: ObjectAnnotation) -> tuple[float, float]:
    x0, y0, x1, y1 = thing.bbox
    return (x0 + x1) / 2, (y0 + y1) / 2
