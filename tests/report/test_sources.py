"""Every image that is used is credited, with how often it is used."""

import hashlib

import pytest

from mifg_pipeline.items import CorpusImage
from mifg_pipeline.report.sources import credits_of, licenses_of, most_used


@pytest.fixture
def images(make_image_ref):
    def image(name, **fields):
        ref = make_image_ref(name, **fields)
        return CorpusImage(**ref.model_dump(), pool="train", cluster=ref.sha256, sharpness=100)

    return (
        image("a", license="CC0-1.0", attribution="Ana", source="here"),
        image("b", license="CC0-1.0", attribution="Ana", source="there"),
        image("c", license="MIT", attribution="Bo"),
        image("d", license="MIT", attribution="nobody uses it"),
    )


def sha256(name):
    return hashlib.sha256(name.encode()).hexdigest()


@pytest.fixture
def uses():
    return {sha256("a"): 2, sha256("b"): 5, sha256("c"): 5}


def test_images_of_one_licence_and_attribution_are_one_credit(images, uses):
    ana, bo = credits_of(images, uses)
    assert (ana.license, ana.attribution, ana.images, ana.uses, list(ana.sources)) == (
        "CC0-1.0",
        "Ana",
        2,
        7,
        ["here", "there"],
    )
    assert (bo.attribution, bo.images, bo.uses, list(bo.sources)) == ("Bo", 1, 5, [])


def test_licences_count_the_images_that_are_used(images, uses):
    assert licenses_of(credits_of(images, uses)) == [("CC0-1.0", 2), ("MIT", 1)]


def test_most_used_come_first_and_then_go_by_path(images, uses):
    assert [(image.path, count) for image, count in most_used(images, uses, 2)] == [("b.jpg", 5), ("c.jpg", 5)]
