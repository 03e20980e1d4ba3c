"""Files for readers that ignore the EXIF orientation."""

import io

import numpy as np
import pytest
from PIL import Image

from mifg_pipeline.export.upright import upright_file
from mifg_pipeline.images.decoding import decode_upright


def picture(orientation, file_format="JPEG"):
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = np.random.default_rng(7).integers(0, 256, (24, 40, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, file_format, exif=exif)
    return file.getvalue()


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_an_upright_file_stays_as_it_is(file_format):
    content = picture(1, file_format)
    assert upright_file(content) is content


@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_turned_file_gives_the_upright_pixels_to_everybody(orientation):
    content = picture(orientation)
    plain = Image.open(io.BytesIO(upright_file(content)))
    assert plain.getexif().get(0x0112) is None
    assert np.array_equal(np.asarray(plain), np.asarray(decode_upright(content)))
