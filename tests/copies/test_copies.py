"""Copies of our images are found in other datasets, and other pictures are not taken for copies."""

import base64
import io
import json
import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Dataset, Features
from datasets import Image as ImageFeature
from PIL import Image, ImageOps

from mifg_pipeline.copies import find_copies
from mifg_pipeline.copies.encoded_images import encoded_images
from mifg_pipeline.copies.gallery import Gallery
from mifg_pipeline.copies.match import is_copy
from mifg_pipeline.copies.portrait import Portrait
from mifg_pipeline.corpus import Corpus, index_corpus
from mifg_pipeline.errors import MifgError

DATA = Path(__file__).parents[2] / "mifg_pipeline" / "data"


def jpeg(image, quality=90):
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def pictures():
    files = sorted(path for path in DATA.rglob("*.jpg"))
    chosen = [path for path in files if "photos" in path.parts][:5] + [
        path for path in files if "scenes" in path.parts
    ][:5]
    return [ImageOps.contain(Image.open(path).convert("RGB"), (900, 900)) for path in chosen]


@pytest.fixture(scope="session")
def ours(pictures, tmp_path_factory):
    root = tmp_path_factory.mktemp("corpus")
    for number, picture in enumerate(pictures):
        (root / f"{number}.jpg").write_bytes(jpeg(picture))
    index_corpus(root, workers=1)
    corpus = Corpus.open(root)
    assert len(corpus.images) == len(pictures)
    return {corpus.path_of(image): image for image in corpus.images}


def image_of(ours, number):
    return next(image for path, image in ours.items() if path.stem == str(number))


def middle(picture):
    width, height = picture.size
    return picture.crop((width // 5, height // 5, width * 4 // 5, height * 4 // 5))


ALTERATIONS = {
    "crop": middle,
    "mirror image": ImageOps.mirror,
    "mirrored crop": lambda picture: ImageOps.mirror(middle(picture)),
    "grey": lambda picture: picture.convert("L"),
    "tilted": lambda picture: middle(picture.rotate(5)),
}


@pytest.mark.parametrize("alteration", ALTERATIONS)
def test_altered_photographs_are_found_by_their_features(pictures, ours, tmp_path, alteration):
    for number in range(5):
        (tmp_path / f"copy-{number}.jpg").write_bytes(jpeg(ALTERATIONS[alteration](pictures[number]), 60))
    found = find_copies(ours, [tmp_path]).of
    assert {sha256: copy.place for sha256, copy in found.items()} == {
        image_of(ours, number).sha256: f"copy-{number}.jpg" for number in range(5)
    }


def test_different_pictures_are_no_copies(pictures):
    portraits = [Portrait.both(picture) for picture in pictures]
    pairs = [
        (one, other)
        for one, mine in enumerate(portraits)
        for other, theirs in enumerate(portraits)
        if one != other and any(is_copy(portrait, theirs[0]) for portrait in mine)
    ]
    assert pairs == []


def test_the_cheapest_signal_that_tells_is_named(pictures, ours, tmp_path):
    path, image = next(iter(ours.items()))
    (tmp_path / "same.jpg").write_bytes(path.read_bytes())
    assert find_copies(ours, [tmp_path]).of[image.sha256].signal == "bytes"
    (tmp_path / "same.jpg").write_bytes(jpeg(Image.open(path), 30))
    assert find_copies(ours, [tmp_path]).of[image.sha256].signal == "phash"


def test_images_are_found_in_nested_columns_of_parquet_files(pictures, ours, tmp_path):
    rows = [{"question": "?", "images": [{"bytes": jpeg(middle(pictures[0])), "path": "x.jpg"}], "key": b"no image"}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "test-00000.parquet")
    found = find_copies(ours, [tmp_path])
    assert [(copy.dataset, copy.place) for copy in found.of.values()] == [(tmp_path.name, "test-00000.parquet, row 0")]
    assert (found.compared, found.undecodable) == ({tmp_path.name: 2}, 1)


def test_a_dataset_that_is_not_there_is_named(ours, tmp_path):
    with pytest.raises(MifgError, match="no dataset"):
        find_copies(ours, [tmp_path / "nowhere"])


def test_a_dataset_without_images_is_named(ours, tmp_path):
    (tmp_path / "others").mkdir()
    (tmp_path / "others" / "note.txt").write_text("no images")
    with pytest.raises(MifgError, match="others holds no images"):
        find_copies(ours, [tmp_path / "others"])


KINDS = {
    "fixed-size list": lambda content: pa.array([[content]], pa.list_(pa.binary(), 1)),
    "large list": lambda content: pa.array([[content]], pa.large_list(pa.large_binary())),
    "dictionary": lambda content: pa.array([content]).dictionary_encode(),
    "map": lambda content: pa.array([[("photo", content)]], pa.map_(pa.string(), pa.binary())),
    "struct in a list": lambda content: pa.array([[{"bytes": content}]]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_images_are_found_in_columns_of_every_kind(pictures, ours, tmp_path, kind):
    pq.write_table(pa.table({"image": KINDS[kind](jpeg(middle(pictures[0])))}), tmp_path / "rows.parquet")
    assert list(find_copies(ours, [tmp_path]).of) == [image_of(ours, 0).sha256]


def test_images_behind_links_are_compared(pictures, ours, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "copy.jpg").write_bytes(jpeg(middle(pictures[0])))
    (tmp_path / "benchmark").mkdir()
    (tmp_path / "benchmark" / "images").symlink_to(tmp_path / "elsewhere")
    assert list(find_copies(ours, [tmp_path / "benchmark"]).of) == [image_of(ours, 0).sha256]


def test_a_link_to_an_image_that_is_gone_is_named(pictures, ours, tmp_path):
    (tmp_path / "one.jpg").write_bytes(jpeg(pictures[0]))
    (tmp_path / "two.jpg").symlink_to(tmp_path / "nowhere.jpg")
    with pytest.raises(MifgError, match=r"two\.jpg cannot be read"):
        find_copies(ours, [tmp_path])


def test_a_table_without_images_counts_as_not_looked_into(pictures, ours, tmp_path):
    (tmp_path / "one.jpg").write_bytes(jpeg(pictures[0]))
    pq.write_table(pa.table({"question": ["?"]}), tmp_path / "questions.parquet")
    pq.write_table(pa.table({"image": pa.array([None], pa.binary())}), tmp_path / "empty.parquet")
    assert find_copies(ours, [tmp_path]).passed_over == {tmp_path.name: "2 .parquet without images"}


def as_text(content):
    return base64.b64encode(content).decode()


def a_file(path, table):
    with pa.ipc.new_file(path, table.schema) as file:
        file.write_table(table)


HOLDERS = {
    "a benchmark's TSV": (
        "bench.tsv",
        lambda path, one, two: path.write_text(f"index\timage\n0\t{as_text(one)}\n1\t{as_text(two)}\n"),
        ("line 2", "line 3"),
    ),
    "a TSV of lists": (
        "bench.tsv",
        lambda path, one, two: path.write_text(f"index\timage\n0\t\"['{as_text(one)}', '{as_text(two)}']\"\n"),
        ("line 2", "line 2"),
    ),
    "data URIs in JSON lines": (
        "rows.jsonl",
        lambda path, one, two: path.write_text(
            "".join(json.dumps({"url": f"data:image/jpeg;base64,{as_text(each)}"}) + "\n" for each in (one, two))
        ),
        ("line 1", "line 2"),
    ),
    "base64 without padding in JSON": (
        "rows.json",
        lambda path, one, two: path.write_text(json.dumps([as_text(each).rstrip("=") for each in (one, two)])),
        ("line 1", "line 1"),
    ),
    "texts in Parquet": (
        "rows.parquet",
        lambda path, one, two: pq.write_table(pa.table({"image": [as_text(one), None, as_text(two)]}), path),
        ("row 0", "row 2"),
    ),
    "what datasets saves": (
        "data-00000-of-00001.arrow",
        lambda path, one, two: Dataset.from_dict(
            {"image": [{"bytes": one}, {"bytes": two}]}, Features({"image": ImageFeature()})
        ).save_to_disk(path.parent),
        ("row 0", "row 1"),
    ),
    "a file of Arrow": (
        "rows.arrow",
        lambda path, one, two: a_file(path, pa.table({"image": [one] + [None] * 20 + [two]})),
        ("row 0", "row 21"),
    ),
}


@pytest.mark.parametrize("holder", HOLDERS)
def test_images_are_found_wherever_a_benchmark_keeps_them(pictures, ours, tmp_path, holder):
    name, write, places = HOLDERS[holder]
    write(tmp_path / name, *(jpeg(middle(picture)) for picture in pictures[:2]))
    found = find_copies(ours, [tmp_path])
    assert [found.of[image_of(ours, number).sha256].place for number in (0, 1)] == [
        f"{name}, {place}" for place in places
    ]
    assert found.compared == {tmp_path.name: 2}
    assert found.undecodable == 0


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "JPEG2000", "AVIF"])
def test_base64_of_every_kind_of_image_is_found_in_a_text(kind):
    buffer = io.BytesIO()
    Image.effect_noise((40, 30), 60).convert("RGB").save(buffer, kind)
    text = b'{"path": "/9j/k.jpg", "image": "' + base64.b64encode(buffer.getvalue()) + b'", "more": "UklGR"}'
    assert list(encoded_images(text)) == [(32, buffer.getvalue())]


def test_tables_and_texts_without_images_count_as_not_compared(pictures, ours, tmp_path):
    (tmp_path / "one.jpg").write_bytes(jpeg(pictures[0]))
    (tmp_path / "rows.json").write_text(json.dumps({"sha256": "0" * 64, "text": "iVBORw0KGgo is how it begins"}))
    (tmp_path / "rows.csv").touch()
    a_file(tmp_path / "rows.arrow", pa.table({"number": [1]}))
    (tmp_path / ".cache").mkdir()
    (tmp_path / ".cache" / "info.json").write_text("{}")
    passed_over = find_copies(ours, [tmp_path]).passed_over
    assert set(passed_over[tmp_path.name].split(", ")) == {
        "1 .json without images",
        "1 .csv without images",
        "1 .arrow without images",
    }


@pytest.mark.parametrize("name", ["a.parquet", "a.arrow"])
def test_a_damaged_table_is_named(ours, tmp_path, name):
    (tmp_path / name).write_bytes(b"PAR1")
    with pytest.raises(MifgError, match=re.escape(name)):
        find_copies(ours, [tmp_path])


def test_a_picture_without_features_is_a_copy_of_nothing(pictures):
    blank = Portrait.of(Image.new("RGB", (300, 200), "white"))
    gallery = Gallery([Portrait.of(picture) for picture in pictures])
    assert gallery.copies_of(blank) == []
    assert Gallery([blank]).copies_of(Portrait.of(pictures[0])) == []
