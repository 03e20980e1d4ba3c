"""Crops show all evidence, once, with some of what is around it."""

from hypothesis import given
from hypothesis import strategies as st

from mifg_pipeline.agents.evidence_crops import evidence_crops
from mifg_pipeline.items import Draft, ImageRef, Region


def draft_with(*regions, width=1000, height=800):
    images = tuple(
        ImageRef(sha256=f"{number:064x}", path="a.jpg", width=width, height=height, phash="0" * 16)
        for number in range(2)
    )
    return Draft.model_construct(images=images, evidence=tuple(Region(image=image, bbox=box) for image, box in regions))


def boxes(width, height):
    def box(corners):
        (x0, x1), (y0, y1) = corners
        return (x0, y0, x1, y1)

    def spans(limit):
        return (
            st.tuples(st.integers(0, limit), st.integers(0, limit)).map(sorted).filter(lambda span: span[0] < span[1])
        )

    return st.tuples(spans(width), spans(height)).map(box)


evidence = st.lists(st.tuples(st.integers(0, 1), boxes(500, 300)), min_size=1, max_size=12)


def covers(window, box):
    return window[0] <= box[0] and window[1] <= box[1] and window[2] >= box[2] and window[3] >= box[3]


def overlap(one, other):
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@given(evidence)
def test_every_region_is_shown_within_the_bounds_of_its_image(regions):
    crops = evidence_crops(draft_with(*regions, width=500, height=300))
    assert all(any(image == shown and covers(window, box) for shown, window in crops) for image, box in regions)
    assert all(covers((0, 0, 500, 300), window) for _, window in crops)


@given(evidence)
def test_nothing_is_shown_twice_and_no_image_has_more_than_four_crops(regions):
    crops = evidence_crops(draft_with(*regions, width=500, height=300))
    for image in (0, 1):
        windows = [window for shown, window in crops if shown == image]
        assert len(windows) <= 4
        assert not any(overlap(one, other) for place, one in enumerate(windows) for other in windows[:place])


def test_a_small_region_is_shown_with_its_surroundings():
    assert evidence_crops(draft_with((1, (300, 300, 330, 330)))) == ((1, (259, 259, 371, 371)),)


def test_a_large_region_is_shown_with_half_of_its_longer_side_around_it():
    assert evidence_crops(draft_with((0, (200, 300, 400, 400)))) == ((0, (100, 200, 500, 500)),)


def test_at_the_border_the_crop_is_moved_into_the_image():
    assert evidence_crops(draft_with((0, (0, 780, 30, 800)))) == ((0, (0, 688, 112, 800)),)


def test_much_evidence_is_shown_in_one_crop():
    scattered = [(0, (x, 100, x + 30, 130)) for x in range(50, 900, 170)]
    assert len(scattered) == 5
    assert len(evidence_crops(draft_with(*scattered))) == 1


def test_what_touches_what_was_joined_is_joined_too():
    # The third overlaps the first alone; both together overlap the second.
    chain = [(0, (41, 91, 71, 121)), (0, (161, 71, 191, 101)), (0, (141, 191, 171, 221))]
    assert evidence_crops(draft_with(*chain)) == ((0, (0, 30, 232, 262)),)
