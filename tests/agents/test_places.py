"""The settings of a model say in which coordinates it speaks of places."""

from mifg_pipeline.agents.places import model_frame
from mifg_pipeline.config import ModelSettings
from mifg_pipeline.images.frame import Frame


def test_pixels_are_those_of_the_image_as_it_is_sent():
    settings = ModelSettings(model="m", image_pixels=500_000)
    assert model_frame(2000, 1000, settings) == Frame(2000, 1000, 1000, 500)


def test_thousandths_are_the_same_for_every_size():
    settings = ModelSettings(model="m", coordinates="thousandths", image_pixels=500_000)
    assert model_frame(2000, 1000, settings) == Frame(2000, 1000, 1000, 1000)
