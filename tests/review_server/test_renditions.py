"""Renditions: upright, of the size that was asked for, and made of pixels alone."""

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from full_disk import files_up_to
from PIL import Image

from mifg_pipeline.corpus.pixels import ImageError
from mifg_pipeline.review.server.renditions import Picture, Renditions

PAYLOAD = b"<script>alert(1)</script>"


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def noise(width: int, height: int, cell: int = 8) -> Image.Image:
    cells = np.random.default_rng(0).integers(0, 256, (height // cell, width // cell, 3), np.uint8)
    return Image.fromarray(cells).resize((width, height), Image.Resampling.BICUBIC)


def decoded(picture: Picture) -> Image.Image:
    return Image.open(io.BytesIO(picture.data))


@pytest.fixture
def renditions(tmp_path: Path) -> Iterator[Renditions]:
    made = Renditions(tmp_path / "renditions")
    yield made
    made.close()


class Source:
    """A file to make renditions of."""

    def __init__(self, path: Path, data: bytes) -> None:
        path.write_bytes(data)
        self.path, self.sha256 = path, hashlib.sha256(data).hexdigest()

    def whole(self, renditions: Renditions, side: int = 512) -> Picture:
        return renditions.whole(self.path, self.sha256, side).result(30)


def test_the_longer_side_is_what_was_asked_for(renditions: Renditions, tmp_path: Path) -> None:
    source = Source(tmp_path / "a.jpg", encoded(noise(2400, 1600), "JPEG"))
    assert decoded(source.whole(renditions)).size == (512, 341)


def test_a_small_image_is_not_enlarged(renditions: Renditions, tmp_path: Path) -> None:
    source = Source(tmp_path / "a.jpg", encoded(noise(160, 80), "JPEG"))
    assert decoded(source.whole(renditions)).size == (160, 80)


def test_a_turned_photograph_is_shown_upright(renditions: Renditions, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    source = Source(tmp_path / "a.jpg", encoded(noise(1600, 800), "JPEG", exif=exif))
    assert decoded(source.whole(renditions)).size == (256, 512)


def test_a_drawing_that_fits_is_shown_without_loss(renditions: Renditions, tmp_path: Path) -> None:
    image = noise(160, 80)
    source = Source(tmp_path / "a.png", encoded(image, "PNG"))
    assert np.array_equal(np.asarray(decoded(source.whole(renditions))), np.asarray(image))


def test_a_reduced_decode_looks_like_the_whole_scaled_down(renditions: Renditions, tmp_path: Path) -> None:
    data = encoded(noise(2400, 1600, cell=80), "JPEG", quality=95)
    shown = np.asarray(decoded(Source(tmp_path / "a.jpg", data).whole(renditions)), float)
    whole = Image.open(io.BytesIO(data)).resize((512, 341), Image.Resampling.LANCZOS)
    assert np.abs(shown - np.asarray(whole, float)).mean() < 3


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_what_a_file_holds_beside_its_pixels_is_not_sent(renditions: Renditions, tmp_path: Path, kind: str) -> None:
    source = Source(tmp_path / "a", encoded(noise(160, 80), kind) + PAYLOAD)
    assert PAYLOAD not in source.whole(renditions).data


@pytest.mark.parametrize(
    "data",
    [
        b"<!doctype html><script>alert(1)</script>",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        encoded(noise(160, 80), "JPEG")[:700],
        b"\xff\xd8\xff" + PAYLOAD,
        b"",
    ],
    ids=["html", "svg", "truncated", "jpeg by its first bytes", "empty"],
)
def test_what_is_no_image_is_refused(renditions: Renditions, tmp_path: Path, data: bytes) -> None:
    with pytest.raises(ImageError, match="cannot be used as an image"):
        Source(tmp_path / "a.png", data).whole(renditions)


def test_a_file_that_has_changed_is_refused(renditions: Renditions, tmp_path: Path) -> None:
    source = Source(tmp_path / "a.png", encoded(noise(160, 80), "PNG"))
    source.path.write_bytes(encoded(noise(80, 160), "PNG"))
    with pytest.raises(ImageError, match="has changed"):
        source.whole(renditions)


def test_a_rendition_is_kept_on_disk(renditions: Renditions, tmp_path: Path) -> None:
    source = Source(tmp_path / "a.jpg", encoded(noise(1600, 800), "JPEG"))
    first = source.whole(renditions)
    source.path.unlink()
    assert source.whole(renditions) == first


def test_a_tile_is_the_native_pixels(renditions: Renditions, tmp_path: Path) -> None:
    image = noise(160, 80)
    source = Source(tmp_path / "a.png", encoded(image, "PNG"))
    tile = renditions.part(source.path, source.sha256, (20, 10, 60, 50), 1).result(30)
    assert np.array_equal(np.asarray(decoded(tile)), np.asarray(image)[10:50, 20:60])


def test_an_enlarged_tile_shows_each_pixel_as_a_square(renditions: Renditions, tmp_path: Path) -> None:
    image = noise(160, 80)
    source = Source(tmp_path / "a.png", encoded(image, "PNG"))
    tile = renditions.part(source.path, source.sha256, (20, 10, 60, 50), 2).result(30)
    assert np.array_equal(np.asarray(decoded(tile))[::2, ::2], np.asarray(image)[10:50, 20:60])


def test_a_picture_that_cannot_be_kept_is_shown(tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b"no folder")
    renditions = Renditions(tmp_path / "kept")
    picture = Source(tmp_path / "a.jpg", encoded(noise(160, 80), "JPEG")).whole(renditions)
    renditions.close()
    assert decoded(picture).size == (160, 80)


def test_a_full_disk_leaves_no_part_of_a_picture(renditions: Renditions, tmp_path: Path) -> None:
    source = Source(tmp_path / "a.jpg", encoded(noise(1600, 800), "JPEG"))
    with files_up_to(100):
        picture = source.whole(renditions)
    assert decoded(picture).size == (512, 256)
    assert list((tmp_path / "renditions").iterdir()) == []
