"""Inventories are taken image by image, and told to other models in their own coordinates."""

import asyncio
from pathlib import Path

import pytest

from mifg_pipeline.agents.inventory import inventory_request, take_inventories, told
from mifg_pipeline.config import ModelSettings
from mifg_pipeline.corpus.pixels import ImageError
from mifg_pipeline.images.frame import Frame

SEEN = {
    "objects": [{"label": "red mug", "bbox": [100, 200, 150, 260]}, {"label": "lamp", "bbox": [900, 10, 5000, 90]}],
    "texts": [{"label": "MW994\nrow 2", "bbox": [10, 10, 60, 40]}],
    "details": [{"label": "  ", "bbox": [10, 10, 60, 40]}],
}


def test_places_are_kept_in_pixels_of_the_original_where_they_lie_in_it(scripted, two_images, two_paths):
    settings = ModelSettings(model="m", image_pixels=200_000)  # sent at 500 × 400
    taken = asyncio.run(take_inventories(two_images, two_paths, scripted(inventory=[SEEN]), settings))
    mug, lamp = taken.images[0].objects
    assert mug.bbox == (200, 400, 300, 520)
    assert (lamp.label, lamp.bbox) == ("lamp", None)


def test_labels_are_on_one_line_and_empty_ones_are_dropped(scripted, two_images, two_paths, settings):
    taken = asyncio.run(take_inventories(two_images, two_paths, scripted(inventory=[SEEN]), settings))
    assert taken.images[0].texts[0].label == "MW994 row 2"
    assert taken.images[0].details == ()


def test_an_inventory_is_told_in_the_coordinates_of_whoever_is_told(scripted, two_images, two_paths, settings):
    taken = asyncio.run(take_inventories(two_images, two_paths, scripted(inventory=[SEEN]), settings))
    words = told(taken.images[0], Frame(1000, 800, 1000, 1000))
    assert words["objects"] == [{"label": "red mug", "bbox": [100, 250, 150, 325]}, {"label": "lamp", "bbox": None}]
    assert told(None, Frame(1000, 800, 1000, 1000)) is None


def test_a_reply_that_cannot_be_read_costs_that_image_alone_its_inventory(scripted, two_images, two_paths, settings):
    def reply(request):
        return SEEN if request.messages[1].parts[1].sha256 == two_images[1].sha256 else "I see a gate."

    taken = asyncio.run(take_inventories(two_images, two_paths, scripted(inventory=[reply]), settings))
    assert [image is None for image in taken.images] == [True, False]
    assert "no JSON object" in taken.fault
    assert taken.usage.calls == len(taken.calls) == 3


def test_the_same_image_is_asked_about_in_the_same_words(two_images, two_paths, settings, shown):
    request = inventory_request(two_images[0], two_paths[0], settings)
    assert request.key == inventory_request(two_images[0], Path("elsewhere.jpg"), settings).key
    assert (request.temperature, request.sample) == (0.0, 0)
    assert shown(request)[:2] == ["Image 1:", two_images[0].sha256]


def test_an_image_that_cannot_be_read_ends_the_others_too(two_images, two_paths, settings):
    ended = []

    class Unreadable:
        async def complete(self, request):
            if request.messages[1].parts[1].sha256 == two_images[0].sha256:
                raise ImageError(two_paths[0], "has changed", "Index the corpus again.")
            try:
                await asyncio.Event().wait()
            finally:
                ended.append(request)

    with pytest.raises(ImageError, match="has changed"):
        asyncio.run(take_inventories(two_images, two_paths, Unreadable(), settings))
    assert len(ended) == 1
