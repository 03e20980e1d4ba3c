"""Painted scenes, judged by their pixels."""

import colorsys

import cv2
import numpy as np
import pytest

from mifg_pipeline.corpus.draw import draw_scene

REACH = 7
"""Pixels around a box that belong to no other thing."""


@pytest.fixture(scope="module")
def scenes():
    return [draw_scene(21, index) for index in range(4)]


@pytest.fixture(scope="module")
def things(scenes):
    """Every annotated thing: category, attributes, box within its window, and the window's pixels."""
    found = []
    for scene in scenes:
        objects = scene.metadata["objects"]
        for (x, y, width, height), category, attributes in zip(
            objects["bbox"], objects["category"], objects["attributes"], strict=True
        ):
            window = scene.pixels[y - REACH : y + height + REACH, x - REACH : x + width + REACH]
            found.append((category, attributes, (REACH, REACH, width, height), window))
    return found


def stands_out(pixels):
    """Pixels that no surface has: vivid, nearly black or nearly white ones."""
    high, low = pixels.max(axis=2).astype(float), pixels.min(axis=2)
    saturation = (high - low) / np.maximum(high, 1)
    return (saturation > 0.4) | (high < 55) | (low > 215)


def extent(mask):
    """Box of a mask as x, y, width, height."""
    return cv2.boundingRect(mask.astype(np.uint8))


def test_boxes_are_tight_around_the_drawn_pixels(things):
    for category, attributes, box, window in things:
        assert extent(stands_out(window)) == pytest.approx(box, abs=2), (category, attributes)


def test_each_thing_is_one_connected_blob_apart_from_its_surroundings(things):
    for category, attributes, (x, y, width, height), window in things:
        mask = stands_out(window)
        assert cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)[0] == 2, (category, attributes)
        assert not np.delete(mask[y : y + height], np.s_[x : x + width], axis=1).any()


def test_the_most_frequent_tone_is_the_annotated_colour(things):
    hues = {"red": 355, "orange": 26, "yellow": 52, "green": 142, "blue": 216, "purple": 284}
    for _, attributes, (x, y, width, height), window in things:
        inside = window[y : y + height, x : x + width][stands_out(window[y : y + height, x : x + width])]
        tones, counts = np.unique(inside, axis=0, return_counts=True)
        hue, saturation, value = colorsys.rgb_to_hsv(*(tones[counts.argmax()] / 255))
        if saturation < 0.15:
            colour = "white" if value > 0.5 else "black"
        else:
            colour = min(hues, key=lambda name: abs((360 * hue - hues[name] + 180) % 360 - 180))
        assert colour == attributes["colour"]


def test_dotted_shapes_show_several_dots_and_plain_ones_none(things):
    for category, attributes, (x, y, width, height), window in things:
        if category == "sign":
            continue
        inside = window[y : y + height, x : x + width].astype(int)
        dark = attributes["colour"] in ("white", "yellow", "orange")
        dot = (inside.max(axis=2) < 50) if dark else (inside.min(axis=2) > 225)
        count = cv2.connectedComponents(dot.astype(np.uint8))[0] - 1
        assert (count >= 4) == (attributes["pattern"] == "dotted"), (category, attributes, count)
        assert (count == 0) == (attributes["pattern"] == "plain"), (category, attributes, count)


def test_surroundings_with_shadows_stay_muted_and_of_middle_brightness(scenes):
    for scene in scenes:
        clear = np.ones(scene.pixels.shape[:2], bool)
        for x, y, width, height in scene.metadata["objects"]["bbox"]:
            clear[y : y + height, x : x + width] = False
        surroundings = scene.pixels[clear].astype(float)
        value = surroundings.max(axis=1)
        assert ((value - surroundings.min(axis=1)) / value).max() < 0.25
        assert value.min() / 255 > 0.24
        assert value.max() / 255 < 0.8


def test_the_same_seed_and_index_give_the_same_pixels(scenes):
    assert (draw_scene(21, 2).pixels == scenes[2].pixels).all()
