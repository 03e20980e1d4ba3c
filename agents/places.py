"""How the models of a run speak of places in images."""

from mifg_pipeline.config import ModelSettings
from mifg_pipeline.images.frame import Frame
from mifg_pipeline.models.rendering import sent_size


def model_frame(width: int, height: int, settings: ModelSettings) -> Frame:
    """The frame of an image of that size for the model of these settings."""
    if settings.coordinates == "thousandths":
        return Frame.in_thousandths(width, height)
    return Frame(width, height, *sent_size(width, height, settings.image_pixels))
