"""Files that everybody sees the same picture in."""

import hashlib
import io

import numpy as np
import pytest
from PIL import Image

from mifg_pipeline.export.plain_images import PlainImages
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


IMAGE = ImageRef(sha256="ab" * 32, path="boats/harbour.jpg", width=40, height=24, phash="0" * 16)


@pytest.fixture
def plain(tmp_path):
    images = PlainImages(tmp_path / "plain")

    def plain_file(content, **options):
        image = IMAGE.model_copy(update={"sha256": hashlib.sha256(content).hexdigest()})
        return images.file(image, content, **options)[1]

    return plain_file


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_an_upright_file_stays_as_it_is(plain, file_format):
    content = turned(1, file_format)
    assert plain(content) == content


def test_a_grey_file_stays_as_it_is(plain):
    content = file_of(Image.fromarray(NOISE[..., 0]))
    assert plain(content) == content


def as_a_naive_reader_sees(content):
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_turned_file_gives_the_upright_pixels_to_everybody(plain, orientation):
    content = turned(orientation)
    assert Image.open(io.BytesIO(plain(content))).getexif().get(0x0112) is None
    assert np.array_equal(as_a_naive_reader_sees(plain(content)), np.asarray(decode_upright(content)))


def test_a_reader_that_turns_images_gets_a_turned_file_as_it_is(plain):
    content = turned(6)
    assert plain(content, turned=True) == content
    assert plain(content) != content


ODD = [
    pytest.param(file_of(Image.fromarray(NOISE), "PNG"), id="alpha"),
    pytest.param(file_of(Image.fromarray(NOISE), "WEBP", lossless=True), id="alpha in WEBP"),
    pytest.param(file_of(Image.fromarray(NOISE).convert("LA"), "PNG"), id="grey with alpha"),
    pytest.param(file_of(Image.fromarray(NOISE[..., :3]), "PNG", transparency=(0, 0, 0)), id="a clear colour"),
    pytest.param(palette_with_a_clear_colour(), id="palette with a clear colour"),
    pytest.param(file_of(Image.fromarray(NOISE[..., 0].astype(np.uint16) * 257), "PNG"), id="16-bit grey"),
    pytest.param(file_of(Image.fromarray(NOISE).convert("CMYK")), id="CMYK"),
    pytest.param(file_of(Image.fromarray(NOISE).convert("CMYK"), icc_profile=b"of CMYK"), id="CMYK with a profile"),
    pytest.param(file_of(Image.merge("LAB", Image.fromarray(NOISE[..., :3]).split()), "TIFF"), id="LAB"),
]


@pytest.mark.parametrize("turns", [True, False])
@pytest.mark.parametrize("content", ODD)
def test_what_readers_differ_about_becomes_plain(plain, content, turns):
    shown = Image.open(io.BytesIO(plain(content, turned=turns)))
    assert (shown.format, shown.mode, shown.has_transparency_data, shown.info) == ("PNG", "RGB", False, {})
    assert np.array_equal(np.asarray(shown), np.asarray(decode_upright(content)))


@pytest.mark.parametrize("content", ODD)
def test_the_same_image_gives_the_same_bytes(tmp_path, content):
    first, second = (PlainImages(tmp_path / name).file(IMAGE, content) for name in ("one", "other"))
    assert first == second


def test_an_image_is_made_plain_once(tmp_path, monkeypatch):
    decoded = []

    def counted(content):
        decoded.append(content)
        return decode_upright(content)

    monkeypatch.setattr("mifg_pipeline.export.plain_images.decode_upright", counted)
    images = PlainImages(tmp_path / "plain")
    assert images.bytes_of([IMAGE, IMAGE], [turned(6)] * 2) == [images.file(IMAGE, turned(6))[1]] * 2
    assert len(decoded) == 1


def test_the_name_says_what_the_file_is(tmp_path):
    images = PlainImages(tmp_path / "plain")
    assert images.file(IMAGE, turned(6))[0] == "harbour-abababababab.png"
    assert images.file(IMAGE, turned(6), turned=True)[0] == "harbour-abababababab.jpg"
