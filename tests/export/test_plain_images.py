"""Files that everybody sees the same picture in."""

import io

import numpy as np
import pytest
from PIL import Image

from mifg_pipeline.export.plain_images import plain_file, plain_image
from mifg_pipeline.images.decoding import decode_upright
from mifg_pipeline.items import ImageRef

NOISE = np.random.default_rng(7).integers(0, 256, (24, 40, 4), np.uint8)


def file_of(image, file_format="JPEG", **options):
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def turned(orientation, file_format="JPEG"):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return file_of(Image.fromarray(NOISE[..., :3]), file_format, exif=exif)


def palette_with_a_clear_colour():
    image = Image.fromarray(NOISE[..., :3]).quantize(16)
    return file_of(image, "PNG", transparency=3)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_an_upright_file_stays_as_it_is(file_format):
    content = turned(1, file_format)
    assert plain_file(content) == content


def test_a_grey_file_stays_as_it_is():
    content = file_of(Image.fromarray(NOISE[..., 0]))
    assert plain_file(content) == content


def as_a_naive_reader_sees(content):
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_turned_file_gives_the_upright_pixels_to_everybody(orientation):
    content = turned(orientation)
    assert Image.open(io.BytesIO(plain_file(content))).getexif().get(0x0112) is None
    assert np.array_equal(as_a_naive_reader_sees(plain_file(content)), np.asarray(decode_upright(content)))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(file_of(Image.fromarray(NOISE), "PNG"), id="alpha"),
        pytest.param(file_of(Image.fromarray(NOISE), "WEBP", lossless=True), id="alpha in WEBP"),
        pytest.param(file_of(Image.fromarray(NOISE).convert("LA"), "PNG"), id="grey with alpha"),
        pytest.param(file_of(Image.fromarray(NOISE[..., :3]), "PNG", transparency=(0, 0, 0)), id="a clear colour"),
        pytest.param(palette_with_a_clear_colour(), id="palette with a clear colour"),
        pytest.param(file_of(Image.fromarray(NOISE[..., 0].astype(np.uint16) * 257), "PNG"), id="16-bit grey"),
        pytest.param(file_of(Image.fromarray(NOISE).convert("CMYK")), id="CMYK"),
    ],
)
def test_what_readers_differ_about_becomes_plain(content):
    plain = Image.open(io.BytesIO(plain_file(content)))
    assert (plain.format, plain.mode, plain.has_transparency_data) == ("PNG", "RGB", False)
    assert np.array_equal(np.asarray(plain), np.asarray(decode_upright(content)))


def named(content):
    image = ImageRef(sha256="ab" * 32, path="boats/harbour.jpg", width=40, height=24, phash="0" * 16)
    return plain_image(image, content)[0]


def test_the_name_says_what_the_file_is():
    assert named(turned(1)) == "harbour-abababababab.jpg"
    assert named(turned(6)) == "harbour-abababababab.png"


def test_equal_bytes_have_one_name_wherever_they_lie():
    content = turned(1)
    assert named(content) == named(bytes(bytearray(content)))
