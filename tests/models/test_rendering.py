import asyncio
import base64
import hashlib
import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mifg_pipeline.corpus.pixels import ImageError
from mifg_pipeline.models.chat import ImagePart
from mifg_pipeline.models.rendering import ImageRenderer, render_image, sent_size


@pytest.fixture
def saved(tmp_path):
    """Saves an image and returns the part that shows it."""

    def save(image, name="image.png", *, crop=None, max_pixels=1_003_520, min_pixels=0, **options):
        path = tmp_path / name
        image.save(path, **options)
        return ImagePart(hashlib.sha256(path.read_bytes()).hexdigest(), path, crop, max_pixels, min_pixels)

    return save


def gradient(width=60, height=40):
    rows, columns = np.mgrid[0:height, 0:width]
    return Image.fromarray(np.stack([rows * 4, columns * 3, rows + columns], axis=2).astype(np.uint8))


def rendered(part):
    """Media type, bytes and decoded image of what is sent."""
    media_type, _, data = json.loads(render_image(part)).partition(";base64,")
    content = base64.b64decode(data, validate=True)
    return media_type.removeprefix("data:"), content, Image.open(io.BytesIO(content))


@pytest.mark.parametrize(("name", "media_type"), [("image.jpg", "image/jpeg"), ("image.png", "image/png")])
def test_a_small_image_is_sent_as_it_is(saved, name, media_type):
    part = saved(gradient(), name)
    assert rendered(part)[:2] == (media_type, part.path.read_bytes())


def test_a_large_image_is_scaled_down(saved):
    media_type, _, sent = rendered(saved(gradient(600, 400), max_pixels=15_000))
    assert (media_type, sent.size) == ("image/jpeg", (150, 100))


def test_scaling_keeps_the_picture(saved):
    part = saved(gradient(600, 400), max_pixels=15_000)
    expected = np.asarray(Image.open(part.path).resize((150, 100), Image.Resampling.BOX), dtype=int)
    assert np.abs(np.asarray(rendered(part)[2], dtype=int) - expected).max() < 25


def test_a_crop_shows_its_part_in_full_size(saved):
    part = saved(gradient(), crop=(10, 5, 30, 15))
    expected = np.asarray(gradient(), dtype=int)[5:15, 10:30]
    assert np.abs(np.asarray(rendered(part)[2], dtype=int) - expected).max() < 12


def test_a_large_crop_is_scaled_down(saved):
    assert rendered(saved(gradient(600, 400), crop=(0, 0, 400, 400), max_pixels=10_000))[2].size == (100, 100)


def test_a_small_image_is_enlarged_where_that_is_asked_for(saved):
    media_type, _, sent = rendered(saved(gradient(60, 40), min_pixels=15_000))
    assert (media_type, sent.size) == ("image/jpeg", (150, 100))


def test_an_image_that_is_large_enough_is_sent_as_it_is(saved):
    part = saved(gradient(60, 40), min_pixels=60 * 40)
    assert rendered(part)[1] == part.path.read_bytes()


def test_what_is_enlarged_has_no_blocks(saved):
    edge = Image.new("RGB", (40, 40))
    edge.paste("white", (20, 0, 40, 40))
    row = np.asarray(rendered(saved(edge, crop=(18, 18, 22, 22), min_pixels=80 * 80))[2])[40, :, 0].astype(int)
    assert np.abs(np.diff(row)).max() < 40


def test_a_crop_beyond_the_image_is_a_mistake(saved):
    with pytest.raises(ValueError, match="not within the image of 60×40"):
        render_image(saved(gradient(), crop=(50, 0, 70, 10)))


def test_a_turned_photograph_is_sent_upright(saved):
    exif = Image.Exif()
    exif[0x0112] = 6
    assert rendered(saved(gradient(60, 40), "turned.jpg", exif=exif))[2].size == (40, 60)


def test_where_a_photograph_was_taken_is_not_sent(saved):
    exif = Image.Exif()
    exif[0x010E] = "at the home of Ada"
    assert b"home of Ada" not in rendered(saved(gradient(), "described.jpg", exif=exif))[1]


def test_what_shines_through_is_laid_over_white(saved):
    media_type, _, sent = rendered(saved(Image.new("RGBA", (60, 40), (0, 0, 0, 0))))
    assert media_type == "image/jpeg"
    assert np.asarray(sent).min() > 250


def test_a_colour_that_stands_for_nothing_is_laid_over_white(saved):
    part = saved(Image.new("RGB", (60, 40), (9, 9, 9)), transparency=(9, 9, 9))
    assert np.asarray(rendered(part)[2]).min() > 250


def test_a_format_that_not_every_server_reads_is_sent_as_jpeg(saved):
    assert rendered(saved(gradient(), "image.webp"))[0] == "image/jpeg"


def test_a_file_far_larger_than_its_pixels_is_redrawn(saved):
    part = saved(gradient(), "padded.jpg")
    part.path.write_bytes(part.path.read_bytes() + bytes(100_000))
    padded = ImagePart(hashlib.sha256(part.path.read_bytes()).hexdigest(), part.path)
    assert len(rendered(padded)[1]) < 10_000


def test_a_file_that_was_changed_is_named(saved):
    part = saved(gradient(61, 40))
    Image.new("RGB", (60, 40)).save(part.path)
    with pytest.raises(ImageError, match="has changed"):
        render_image(part)


def test_a_file_that_is_no_image_is_named(tmp_path):
    path = tmp_path / "note.jpg"
    path.write_text("no image")
    with pytest.raises(ImageError, match=r"note\.jpg"):
        render_image(ImagePart(hashlib.sha256(b"no image").hexdigest(), path))


def test_the_same_view_is_rendered_once(saved):
    part = saved(gradient())

    async def run():
        with ImageRenderer() as renderer:
            first = await asyncio.gather(*(renderer.render(part) for _ in range(5)))
            part.path.unlink()
            return [*first, await renderer.render(part)]

    literals = asyncio.run(run())
    assert all(literal is literals[0] for literal in literals)


def test_different_views_of_an_image_differ(saved):
    part = saved(gradient(600, 400))
    others = ({"crop": (0, 0, 20, 20)}, {"max_pixels": 5_000}, {"min_pixels": 500_000})
    views = [part, *(ImagePart(part.sha256, part.path, **other) for other in others)]

    async def run():
        with ImageRenderer() as renderer:
            return [await renderer.render(view) for view in views]

    assert len(set(asyncio.run(run()))) == 4


def test_a_caller_that_gives_up_leaves_the_image_to_the_others(saved):
    part = saved(gradient())

    async def run():
        with ImageRenderer() as renderer:
            impatient, patient = (asyncio.create_task(renderer.render(part)) for _ in range(2))
            await asyncio.sleep(0)
            impatient.cancel()
            return await patient

    assert asyncio.run(run()) == render_image(part)


def test_a_failure_is_not_kept(saved):
    part = saved(gradient(62, 40))
    content = part.path.read_bytes()
    part.path.unlink()

    async def run():
        with ImageRenderer() as renderer:
            with pytest.raises(ImageError):
                await renderer.render(part)
            part.path.write_bytes(content)
            return await renderer.render(part)

    assert asyncio.run(run()) == render_image(part)


@given(st.integers(1, 60_000), st.integers(1, 60_000), st.integers(1, 4_000_000))
def test_the_sent_size_keeps_to_the_limit_and_the_shape(width, height, max_pixels):
    sent_width, sent_height = sent_size(width, height, max_pixels)
    assert 1 <= sent_width * sent_height <= max_pixels
    assert sent_width <= width
    assert sent_height <= height
    if min(sent_width, sent_height) > 1:
        assert abs(sent_width / width - sent_height / height) <= 1 / min(width, height) + 1e-9


@given(st.integers(1, 3_000), st.integers(1, 3_000), st.integers(1, 1_000_000))
def test_the_sent_size_reaches_the_least_unless_the_most_forbids(width, height, least):
    sent_width, sent_height = sent_size(width, height, 10**9, least)
    assert sent_width * sent_height >= least
    assert sent_width >= width
    assert sent_height >= height
    sent_width, sent_height = sent_size(width, height, least, least)
    assert 1 <= sent_width * sent_height <= least


@pytest.mark.parametrize(("size", "sent"), [((1, 60_000), (1, 10)), ((60_000, 1), (10, 1))])
def test_the_thinnest_image_keeps_to_the_limit(size, sent):
    assert sent_size(*size, 10) == sent


@given(st.integers(1, 2_000), st.integers(1, 2_000))
def test_a_size_within_the_limit_is_kept(width, height):
    assert sent_size(width, height, width * height) == (width, height)
