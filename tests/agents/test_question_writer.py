"""Derived images are named by content and inherit what their parents say."""

from hashlib import sha256

import numpy as np
import pytest

from mifg_pipeline.agents.question_writer import store_derived
from mifg_pipeline.errors import MifgError
from mifg_pipeline.images.measure import measure_file
from mifg_pipeline.programs import Derived

PIXELS = np.full((40, 60, 3), 120, np.uint8)


def test_a_derived_image_is_named_by_its_content_and_knows_its_parents(tmp_path, make_image_ref):
    parent = make_image_ref("parent", attribution="A. Smith", source="archive")
    ref = store_derived(Derived(PIXELS, parents=(0,)), [parent], tmp_path)
    content = (tmp_path / f"{ref.sha256}.jpg").read_bytes()
    assert sha256(content).hexdigest() == ref.sha256
    assert (ref.path, ref.width, ref.height) == (f"images/{ref.sha256}.jpg", 60, 40)
    assert ref.derived_from == (parent.sha256,)
    assert (ref.license, ref.attribution, ref.source) == ("CC0-1.0", "A. Smith", "archive")


@pytest.mark.parametrize("seed", range(8))
def test_a_derived_image_has_the_measures_of_its_file(tmp_path, make_image_ref, seed):
    """A faint noise: what JPEG makes of it has another perceptual hash than the pixels had."""
    pixels = np.random.default_rng(seed).integers(118, 123, (96, 128, 3), dtype=np.uint8)
    ref = store_derived(Derived(pixels, parents=(0,)), [make_image_ref("parent")], tmp_path)
    measured = measure_file(tmp_path / f"{ref.sha256}.jpg")
    assert (ref.width, ref.height, ref.phash) == (measured.width, measured.height, measured.phash)


def test_equal_pixels_give_one_file(tmp_path, make_image_ref):
    for _ in range(2):
        store_derived(Derived(PIXELS, parents=(0,)), [make_image_ref("parent")], tmp_path)
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("licenses", "inherited"),
    [
        (("CC0-1.0", "CC0-1.0"), "CC0-1.0"),
        (("CC0-1.0", "CC-BY-4.0"), "CC-BY-4.0 AND CC0-1.0"),
        (("CC0-1.0", "unknown"), "unknown"),
    ],
)
def test_licences_of_several_parents_are_joined(licenses, inherited, tmp_path, make_image_ref):
    parents = [make_image_ref(f"parent {n}", license=text) for n, text in enumerate(licenses)]
    assert store_derived(Derived(PIXELS, parents=(0, 1)), parents, tmp_path).license == inherited


def test_a_folder_that_cannot_be_made_is_an_error_with_a_remedy(tmp_path, make_image_ref):
    (tmp_path / "file").write_text("")
    with pytest.raises(MifgError, match="Cannot write"):
        store_derived(Derived(PIXELS, parents=(0,)), [make_image_ref("parent")], tmp_path / "file" / "staging")
