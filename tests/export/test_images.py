"""Names of exported images."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.errors import MifgError
from mifg_pipeline.export.images import ImageFiles, file_name
from mifg_pipeline.items import ImageRef


def named(path, sha256="ab" * 32):
    return file_name(ImageRef(sha256=sha256, path=path, width=1, height=1, phash="0" * 16))


def test_name_is_readable():
    assert named("boats/Old harbour.JPG") == "Old_harbour-abababababab.jpg"


def test_letters_of_any_script_stay():
    assert named("写真 é.png") == "写真_é-abababababab.png"


@pytest.mark.parametrize("letter", ["a", "é", "写", "🜁", "𝒜"])
@pytest.mark.parametrize("suffix", [".png", f".{'x' * 200}", ".jpg?size=large/small"])
def test_a_name_that_a_disk_holds_stays_the_same_when_it_is_made_again(letter, suffix):
    name = named(f"{letter * 250}{suffix}")
    assert len(name.encode()) <= 149
    assert named(name) == name


@given(st.text(min_size=1).filter(lambda text: PurePosixPath(text).name not in ("", "..")))
def test_name_is_one_short_file_name(stem):
    name = named(f"folder/{stem}.png")
    assert PurePosixPath(name).name == name
    assert len(name.encode()) <= 149
    assert name.isprintable()


def test_a_file_that_changes_between_two_items_is_found(made, monkeypatch):
    monkeypatch.setattr("mifg_pipeline.export.images._KEPT_BYTES", 0)
    files, image = ImageFiles(made.selection().images), made.items[0].images[0]
    path = made.file_of(image)
    content = files.read(image)
    assert files.read(image) == content
    path.write_bytes(bytes([*content[:-1], content[-1] ^ 1]))
    with pytest.raises(MifgError, match="has changed"):
        files.read(image)
