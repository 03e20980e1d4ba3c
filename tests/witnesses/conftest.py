"""Pictures of which the tests know everything: textures, details, edits and drawn scenes."""

from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
import pytest

from mifg_pipeline.items import Claim
from mifg_pipeline.witnesses import WITNESSES, Sight, Testimony
from mifg_pipeline.witnesses.witness import Pixels


def _texture(seed: int, width: int = 640, height: int = 480) -> Pixels:
    """Smooth random colours with detail on several scales, such that each place looks its own."""
    rng = np.random.default_rng(seed)
    image = np.full((height, width, 3), 128.0)
    for cell, strength in ((4, 12), (12, 20), (48, 30)):
        noise = rng.normal(0, strength, (height // cell + 2, width // cell + 2, 3))
        image += cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    return image.clip(0, 255).astype(np.uint8)


def _as_jpeg(image: Pixels) -> Pixels:
    whole_chroma = (cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444)
    _, data = cv2.imencode(".jpg", image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90, *whole_chroma])
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[:, :, ::-1])


def _magnified(image: Pixels, x: int, y: int, side: int, factor: int) -> Pixels:
    window = image[y : y + side, x : x + side]
    return _as_jpeg(cv2.resize(window, (side * factor, side * factor), interpolation=cv2.INTER_CUBIC))


def _edited(image: Pixels, *boxes: tuple[int, int, int, int]) -> Pixels:
    """The image with the colours of each (x0, y0, x1, y1) turned around."""
    copy = image.copy()
    for x0, y0, x1, y1 in boxes:
        copy[y0:y1, x0:x1] = np.roll(255 - copy[y0:y1, x0:x1], 1, axis=2)
    return copy


def _testify(family: str, form: str, images: Sequence[Pixels], /, **terms: Any) -> Testimony:
    sights = [Sight(lambda image=image: image) for image in images]
    return WITNESSES[family].testify(Claim(family=family, form=form, terms=terms), sights)


def _testify_from_readings(
    family: str, form: str, readings: Sequence[dict[str, Any]], size: tuple[int, int] | None = None, **terms: Any
) -> Testimony:
    """The testimony on images of which only the readings are known, and perhaps the (width, height)."""

    def blank() -> Pixels:
        if size is None:
            raise AssertionError("this witness goes by the readings alone")
        return np.zeros((size[1], size[0], 3), np.uint8)

    sights = [Sight(blank, reading) for reading in readings]
    return WITNESSES[family].testify(Claim(family=family, form=form, terms=terms), sights)


def _figure(
    category: str, colour: str, certainty: float = 0.9, box: tuple[int, int, int, int] = (10, 10, 60, 60)
) -> dict[str, Any]:
    return {"category": category, "colour": colour, "bbox": [*box], "certainty": certainty}


def _reading(*figures: dict[str, Any], signs: dict[str, str] | None = None, certainty: float = 0.99) -> dict[str, Any]:
    """Readings of one image: figures, and signs as text by colour of the plate."""
    signs = signs or {}
    return {
        "shapes": [*figures, *(_figure("sign", colour) for colour in signs)],
        "text": [
            {"text": text, "colour": colour, "bbox": [10, 10, 90, 60], "certainty": certainty}
            for colour, text in signs.items()
        ],
    }


@pytest.fixture
def texture() -> Callable[..., Pixels]:
    return _texture


@pytest.fixture
def as_jpeg() -> Callable[[Pixels], Pixels]:
    return _as_jpeg


@pytest.fixture
def magnified() -> Callable[..., Pixels]:
    return _magnified


@pytest.fixture
def edited() -> Callable[..., Pixels]:
    return _edited


@pytest.fixture
def testify() -> Callable[..., Testimony]:
    return _testify


@pytest.fixture
def testify_from_readings() -> Callable[..., Testimony]:
    return _testify_from_readings


@pytest.fixture
def figure() -> Callable[..., dict[str, Any]]:
    return _figure


@pytest.fixture
def reading() -> Callable[..., dict[str, Any]]:
    return _reading
