"""The size that a header tells is the size that decoding gives."""

import io

import pytest
from PIL import Image

from mifg_pipeline.images.decoding import UnusableImage, decode_upright, upright_size

ORIENTATION = 0x0112


def encoded(file_format, orientation=None, mode="RGB"):
    """A picture of 60 by 40 pixels as a file."""
    exif = Image.Exif()
    if orientation is not None:
        exif[ORIENTATION] = orientation
    file = io.BytesIO()
    Image.new(mode, (60, 40)).save(file, file_format, **({"exif": exif} if orientation is not None else {}))
    return file.getvalue()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_the_size_is_that_of_the_upright_image(file_format, orientation):
    data = encoded(file_format, orientation)
    assert upright_size(data) == decode_upright(data).size == ((60, 40) if orientation < 5 else (40, 60))


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF", "JPEG2000"])
def test_the_size_of_a_file_without_orientation(file_format):
    assert upright_size(encoded(file_format)) == (60, 40)


def test_the_size_of_a_damaged_photograph_is_told_though_it_cannot_be_decoded():
    data = encoded("JPEG")[:-40]
    assert upright_size(data) == (60, 40)
    with pytest.raises(UnusableImage):
        decode_upright(data)


@pytest.mark.parametrize("size", [upright_size, decode_upright])
def test_what_is_no_image_has_no_size(size):
    with pytest.raises(UnusableImage, match="not an image"):
        size(b"no image")
