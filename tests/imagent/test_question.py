"""Images of questions are decoded when they are looked at, and are the ones that were meant."""

import io

import numpy as np
import pytest
from PIL import Image

from mifg_pipeline.errors import MifgError
from mifg_pipeline.imagent.question import QuestionImage


def png(image):
    buffer = io.BytesIO()
    image.save(buffer, "png")
    return buffer.getvalue()


def test_pixels_are_those_of_the_upright_image(tmp_path):
    pixels = np.random.default_rng(1).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels).save(tmp_path / "turned.png", exif=exif)
    assert np.array_equal(QuestionImage.of_file(tmp_path / "turned.png").pixels(), np.rot90(pixels, -1))


def test_bytes_and_file_are_the_same_image(tmp_path):
    data = png(Image.effect_noise((20, 10), 50))
    (tmp_path / "image.png").write_bytes(data)
    of_bytes, of_file = QuestionImage.of_bytes(data), QuestionImage.of_file(tmp_path / "image.png")
    assert of_bytes == of_file
    assert np.array_equal(of_bytes.pixels(), of_file.pixels())


def test_pixels_cannot_be_changed_and_are_decoded_once():
    image = QuestionImage.of_bytes(png(Image.effect_noise((21, 10), 50)))
    pixels = image.pixels()
    assert not pixels.flags.writeable
    assert image.pixels() is pixels


def test_a_file_that_became_another_one_is_named(tmp_path):
    path = tmp_path / "image.png"
    Image.effect_noise((22, 10), 50).save(path)
    image = QuestionImage.of_file(path)
    Image.effect_noise((23, 10), 50).save(path)
    with pytest.raises(MifgError, match=r"image\.png has changed"):
        image.pixels()


def test_a_file_that_is_no_image_is_named(tmp_path):
    (tmp_path / "note.png").write_text("no image")
    with pytest.raises(MifgError, match=r"note\.png cannot be used as an image"):
        QuestionImage.of_file(tmp_path / "note.png").pixels()


def test_bytes_that_are_no_image_are_named_by_their_digest():
    image = QuestionImage.of_bytes(b"no image")
    with pytest.raises(MifgError, match=image.sha256):
        image.pixels()


def test_a_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(MifgError, match=r"gone\.png cannot be read \(No such file"):
        QuestionImage.of_file(tmp_path / "gone.png")


def test_the_size_is_told_before_and_after_decoding():
    image = QuestionImage.of_bytes(png(Image.effect_noise((24, 10), 50)))
    assert image.size() == (24, 10)
    assert image.pixels().shape[:2] == (10, 24)
    assert image.size() == (24, 10)
