"""Names of exported images."""

from pathlib import PurePosixPath

from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.export.images import file_name
from mifg_pipeline.items import ImageRef


def named(path, sha256="ab" * 32):
    return file_name(ImageRef(sha256=sha256, path=path, width=1, height=1, phash="0" * 16))


def test_name_is_readable():
    assert named("boats/Old harbour.JPG") == "Old_harbour-abababababab.jpg"


def test_letters_of_any_script_stay():
    assert named("写真 é.png") == "写真_é-abababababab.png"


@given(st.text(min_size=1).filter(lambda text: PurePosixPath(text).name not in ("", "..")))
def test_name_is_one_short_file_name(stem):
    name = named(f"folder/{stem}.png")
    assert PurePosixPath(name).name == name
    assert len(name) <= 77
    assert name.isprintable()
