from collections.abc import Callable

import pytest

from mifg_pipeline.config import GateSettings
from mifg_pipeline.gates import provenance
from mifg_pipeline.items import Draft, ImageRef

MakeDraft = Callable[..., Draft]
MakeImage = Callable[..., ImageRef]
DEMANDING = GateSettings(require_license=True)


@pytest.mark.parametrize("license_name", ["unknown", "Unknown ", ""])
def test_an_unknown_licence_is_rejected_where_the_run_demands_one(
    make_draft: MakeDraft, make_image_ref: MakeImage, license_name: str
) -> None:
    draft = make_draft(images=(make_image_ref("first"), make_image_ref("second", license=license_name)))
    result = provenance(draft, DEMANDING)
    assert not result.passed
    assert result.figures == {"images": [1]}


def test_an_unknown_licence_passes_where_nobody_demands_one(make_draft: MakeDraft, make_image_ref: MakeImage) -> None:
    draft = make_draft(images=(make_image_ref("first"), make_image_ref("second", license="unknown")))
    assert provenance(draft, GateSettings()).passed


def test_known_licences_pass_where_the_run_demands_them(make_draft: MakeDraft) -> None:
    assert provenance(make_draft(), DEMANDING).passed


def test_a_derived_image_without_licence_is_rejected_too(make_draft: MakeDraft, make_image_ref: MakeImage) -> None:
    first = make_image_ref("first")
    derived = make_image_ref("second", license="unknown", derived_from=(first.sha256,))
    assert not provenance(make_draft(images=(first, derived)), DEMANDING).passed


@pytest.mark.parametrize(("width", "passed"), [(255, False), (256, True)])
def test_a_corpus_image_has_the_least_side(
    make_draft: MakeDraft, make_image_ref: MakeImage, width: int, passed: bool
) -> None:
    draft = make_draft(images=(make_image_ref("first"), make_image_ref("second", width=width)))
    assert provenance(draft, GateSettings()).passed is passed


@pytest.mark.parametrize(("height", "passed"), [(63, False), (64, True)])
def test_a_derived_image_may_be_smaller_but_not_tiny(
    make_draft: MakeDraft, make_image_ref: MakeImage, height: int, passed: bool
) -> None:
    first = make_image_ref("first")
    derived = make_image_ref("second", height=height, derived_from=(first.sha256,))
    assert provenance(make_draft(images=(first, derived)), GateSettings()).passed is passed
