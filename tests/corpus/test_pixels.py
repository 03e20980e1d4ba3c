"""Decoding of image files."""

import hashlib
import io
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mifg_pipeline.corpus.pixels import cached_upright, load_upright
from mifg_pipeline.errors import MifgError

ORIENTATION_TAG = 0x0112

MakePhoto = Callable[..., Image.Image]

STORED_AS = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.transpose(1, 0, 2),
    6: lambda upright: np.rot90(upright, 1),
    7: lambda upright: np.rot90(upright, 2).transpose(1, 0, 2),
    8: lambda upright: np.rot90(upright, -1),
}
"""How a camera that writes the orientation stores an upright scene (EXIF 2.32, tag 274)."""


def assert_flat(pixels: np.ndarray, colour: tuple[int, int, int], tolerance: int = 0) -> None:
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3
    assert np.abs(pixels.astype(int) - colour).max() <= tolerance


@pytest.mark.parametrize("suffix", ["png", "tif", "webp"])
@pytest.mark.parametrize("orientation", STORED_AS)
def test_every_orientation_is_turned_upright(
    tmp_path: Path, make_photo: MakePhoto, orientation: int, suffix: str
) -> None:
    upright = np.asarray(make_photo(1, width=40, height=24))
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = orientation
    path = tmp_path / f"photo.{suffix}"
    stored = Image.fromarray(np.ascontiguousarray(STORED_AS[orientation](upright)))
    stored.save(path, exif=exif, **({"lossless": True} if suffix == "webp" else {}))

    np.testing.assert_array_equal(load_upright(path), upright)


@pytest.mark.parametrize("orientation", STORED_AS)
def test_every_orientation_of_a_jpeg_is_turned_upright(tmp_path: Path, make_photo: MakePhoto, orientation: int) -> None:
    upright = np.asarray(make_photo(1, width=400, height=240))
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = orientation
    path = tmp_path / "photo.jpg"
    Image.fromarray(np.ascontiguousarray(STORED_AS[orientation](upright))).save(path, exif=exif, quality=95)

    pixels = load_upright(path)

    assert pixels.shape == upright.shape
    assert np.abs(pixels.astype(int) - upright).mean() < 3


def test_palette_is_looked_up(tmp_path: Path) -> None:
    image = Image.new("RGB", (6, 4), (200, 30, 10)).convert("P", palette=Image.Palette.ADAPTIVE)
    image.save(tmp_path / "palette.png")

    assert_flat(load_upright(tmp_path / "palette.png"), (200, 30, 10), tolerance=1)


def test_transparent_palette_entry_is_white(tmp_path: Path) -> None:
    image = Image.new("P", (6, 4), 0)
    image.putpalette([9, 9, 9, 200, 30, 10])
    image.save(tmp_path / "palette.gif", transparency=0)

    assert_flat(load_upright(tmp_path / "palette.gif"), (255, 255, 255))


@pytest.mark.parametrize(("name", "dtype"), [("grey.png", "<u2"), ("little.tif", "<u2"), ("big.tif", ">u2")])
def test_16_bit_grey_is_scaled(tmp_path: Path, name: str, dtype: str) -> None:
    Image.fromarray(np.full((4, 6), 0x8080, dtype)).save(tmp_path / name)

    assert_flat(load_upright(tmp_path / name), (128, 128, 128))


def test_16_bit_grey_in_32_bit_pixels_is_scaled(tmp_path: Path) -> None:
    (tmp_path / "grey.pgm").write_bytes(b"P5 6 4 65535\n" + struct.pack(">H", 0x8080) * 24)

    assert_flat(load_upright(tmp_path / "grey.pgm"), (128, 128, 128))


@pytest.mark.parametrize("values", [np.full((4, 6), 70_000, np.int32), np.full((4, 6), 0.5, np.float32)])
def test_pixels_of_unknown_range_are_refused(tmp_path: Path, values: np.ndarray) -> None:
    Image.fromarray(values).save(tmp_path / "wide.tif")

    with pytest.raises(MifgError, match="no known range"):
        load_upright(tmp_path / "wide.tif")


def test_cmyk_is_converted(tmp_path: Path) -> None:
    Image.new("CMYK", (16, 16), (0, 255, 255, 0)).save(tmp_path / "print.jpg", quality=95)

    assert_flat(load_upright(tmp_path / "print.jpg"), (255, 0, 0), tolerance=4)


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("RGBA", (255, 0, 0, 0), (255, 255, 255)),
        ("RGBA", (255, 0, 0, 51), (255, 204, 204)),
        ("LA", (0, 51), (204,) * 3),
    ],
)
def test_alpha_is_laid_over_white(
    tmp_path: Path, mode: str, colour: tuple[int, ...], expected: tuple[int, int, int]
) -> None:
    Image.new(mode, (6, 4), colour).save(tmp_path / "alpha.png")

    assert_flat(load_upright(tmp_path / "alpha.png"), expected, tolerance=1)


def test_colour_key_transparency_is_white(tmp_path: Path) -> None:
    Image.new("RGB", (6, 4), (1, 2, 3)).save(tmp_path / "key.png", transparency=(1, 2, 3))

    assert_flat(load_upright(tmp_path / "key.png"), (255, 255, 255))


def test_one_bit_is_black_and_white(tmp_path: Path) -> None:
    image = Image.new("1", (2, 1), 0)
    image.putpixel((1, 0), 1)
    image.save(tmp_path / "bits.png")

    assert load_upright(tmp_path / "bits.png").tolist() == [[[0, 0, 0], [255, 255, 255]]]


@pytest.mark.parametrize("suffix", ["gif", "png", "webp"])
def test_first_frame_of_an_animation_is_taken(tmp_path: Path, suffix: str) -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in ((200, 0, 0), (0, 200, 0), (0, 0, 200))]
    path = tmp_path / f"moving.{suffix}"
    frames[0].save(path, save_all=True, append_images=frames[1:], **({"lossless": True} if suffix == "webp" else {}))

    assert_flat(load_upright(path), (200, 0, 0), tolerance=2)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "gif", "tif", "avif"])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.9])
def test_truncated_file_is_refused(tmp_path: Path, make_photo: MakePhoto, suffix: str, share: float) -> None:
    path = tmp_path / f"photo.{suffix}"
    make_photo(1).save(path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])

    with pytest.raises(MifgError, match="cannot be used as an image"):
        load_upright(path)


def test_huge_declared_size_is_refused_from_the_header(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    path = tmp_path / "bomb.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b""))

    with pytest.raises(MifgError, match="too large"):
        load_upright(path)


def test_size_limit_holds_where_pillow_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    path = tmp_path / "large.bmp"
    buffer = io.BytesIO()
    Image.new("1", (8, 8)).save(buffer, "BMP")
    data = bytearray(buffer.getvalue())
    data[18:26] = struct.pack("<ii", 20_000, 20_000)
    path.write_bytes(data)

    with pytest.raises(MifgError, match="too large: 20000×20000"):
        load_upright(path)


def test_text_named_like_an_image_is_refused(tmp_path: Path) -> None:
    (tmp_path / "note.jpg").write_text("not an image")

    with pytest.raises(MifgError, match="not an image in a supported format"):
        load_upright(tmp_path / "note.jpg")


def test_missing_file_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(MifgError, match=r"gone\.jpg cannot be read .* Restore the file"):
        load_upright(tmp_path / "gone.jpg")


def test_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")

    with pytest.raises(MifgError, match="not a regular file"):
        load_upright(tmp_path / "pipe.jpg")


def test_pixels_are_read_only(folder: Path) -> None:
    assert not load_upright(folder / "a.png").flags.writeable


def test_cached_pixels_are_decoded_once(folder: Path) -> None:
    path = folder / "a.png"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()

    assert cached_upright(path, digest) is cached_upright(path, digest)


def test_file_that_changed_since_it_was_indexed_is_refused(folder: Path) -> None:
    with pytest.raises(MifgError, match="has changed since it was indexed"):
        cached_upright(folder / "a.png", "0" * 64)
