"""Splits that share nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.errors import MifgError
from mifg_pipeline.export.separation import Separation
from mifg_pipeline.items import POOLS, CorpusImage


def image(index, pool, cluster=None):
    digest = f"{index:064x}"
    return CorpusImage(
        sha256=digest,
        path=f"{index}.png",
        width=9,
        height=9,
        phash="0" * 16,
        pool=pool,
        cluster=digest if cluster is None else f"{cluster:064x}",
        sharpness=1.0,
    )


def test_near_duplicates_in_two_splits_are_refused(make_item):
    images = [image(0, "train"), image(1, "train"), image(2, "test", cluster=1), image(3, "test")]
    separation = Separation(images)
    separation.check(make_item([picture.ref() for picture in images[:2]], "train"))
    with pytest.raises(MifgError, match="near-duplicate"):
        separation.check(make_item([picture.ref() for picture in images[2:]], "test"))


def test_one_derived_image_in_two_splits_is_refused(make_item):
    images = [image(0, "train"), image(1, "train"), image(2, "test"), image(3, "test")]

    def derived(parent):
        return images[0].ref().model_copy(update={"sha256": "f" * 64, "derived_from": (parent.sha256,)})

    separation = Separation(images)
    separation.check(make_item([images[1].ref(), derived(images[0])], "train"))
    with pytest.raises(MifgError, match="stands in another"):
        separation.check(make_item([images[3].ref(), derived(images[2])], "test"))


@given(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11), st.sampled_from(POOLS)), max_size=8))
def test_items_are_taken_exactly_if_all_their_images_are_of_their_split(make_item, choices):
    images = [image(index, POOLS[index % 3]) for index in range(12)]
    separation = Separation(images)
    for first, second, pool in choices:
        item = make_item([images[first].ref(), images[second].ref()], pool)
        if {images[first].pool, images[second].pool} == {pool}:
            separation.check(item)
        else:
            with pytest.raises(MifgError):
                separation.check(item)
