from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.config import GateSettings
from mifg_pipeline.gates import resolvability
from mifg_pipeline.items import Draft, ImageRef, Region

MakeDraft = Callable[..., Draft]
MakeImage = Callable[..., ImageRef]

# Two images of 1000 x 1000 share half a megapixel: the first view is at scale 0.5.
HALF = GateSettings(first_view_pixels=500_000, legible_side=28, legible_glyph=12)


@pytest.fixture
def with_sides(make_draft: MakeDraft, make_image_ref: MakeImage) -> Callable[..., Draft]:
    def build(*sides: int, skills: tuple[str, ...] = ("counting",)) -> Draft:
        return make_draft(
            images=tuple(make_image_ref(name, width=1000, height=1000) for name in ("first", "second")),
            evidence=tuple(Region(image=1, bbox=(0, 0, 100, side)) for side in sides),
            skills=skills,
        )

    return build


@pytest.mark.parametrize(("side", "difficulty"), [(56, "glance"), (55, "zoom"), (28, "zoom"), (27, None)])
def test_the_shortest_side_in_the_view_decides(
    with_sides: Callable[..., Draft], side: int, difficulty: str | None
) -> None:
    found, result = resolvability(with_sides(90, side), HALF)
    assert found == difficulty
    assert result.passed is (difficulty is not None)


@pytest.mark.parametrize("skill", ["reading", "read-text"])
def test_text_needs_legible_glyphs_too(with_sides: Callable[..., Draft], skill: str) -> None:
    settings = HALF.model_copy(update={"legible_glyph": 20.0})
    difficulties = [resolvability(with_sides(side, skills=(skill,)), settings)[0] for side in (80, 79, 40, 39)]
    assert difficulties == ["glance", "zoom", "zoom", None]


def test_glyphs_do_not_count_where_nothing_is_read(with_sides: Callable[..., Draft]) -> None:
    settings = HALF.model_copy(update={"legible_glyph": 1000.0})
    assert resolvability(with_sides(60), settings)[0] == "glance"


def test_small_images_are_not_enlarged_in_the_first_view(with_sides: Callable[..., Draft]) -> None:
    plenty = HALF.model_copy(update={"first_view_pixels": 100_000_000})
    difficulty, result = resolvability(with_sides(27), plenty)
    assert difficulty is None
    assert result.figures["first_view_scale"] == 1.0


@given(side=st.integers(1, 1000), budget=st.integers(1, 10_000_000))
def test_what_is_legible_at_a_glance_stays_so_with_more_pixels(side: int, budget: int) -> None:
    image = ImageRef(sha256="0" * 64, path="a.jpg", width=1000, height=1000, phash="0" * 16)
    draft = Draft.model_construct(
        images=(image, image), evidence=(Region(image=0, bbox=(0, 0, side, 1000)),), skills=()
    )
    now, with_more = (
        resolvability(draft, HALF.model_copy(update={"first_view_pixels": pixels}))[0]
        for pixels in (budget, 2 * budget)
    )
    assert now != "glance" or with_more == "glance"
    assert (now is None) == (with_more is None)
