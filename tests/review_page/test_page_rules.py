"""The page's pure modules: layout, view, diff, edits."""

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.slow

FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SIDES = st.integers(40, 4000)
IMAGES = st.lists(st.fixed_dictionaries({"width": SIDES, "height": SIDES}), min_size=2, max_size=8)
WORDS = st.text("ab c\nü夜", max_size=30)
CAPTION = 22


@FEW
@given(IMAGES, st.integers(500, 1600), st.integers(400, 1000))
def test_images_keep_their_shape_and_do_not_overlap_in_the_room(evaluate, images, width, height):
    places = evaluate("layout.js", "arrange", images, width, height)
    for image, place in zip(images, places, strict=True):
        assert place["width"] / place["height"] == pytest.approx(image["width"] / image["height"])
        assert -0.5 <= place["left"] <= place["left"] + place["width"] <= width + 0.5
        assert CAPTION - 0.5 <= place["top"] <= place["top"] + place["height"] <= height + 0.5
    for number, one in enumerate(places):
        for other in places[number + 1 :]:
            beside = one["left"] + one["width"] <= other["left"] or other["left"] + other["width"] <= one["left"]
            above = one["top"] + one["height"] <= other["top"] - CAPTION or other["top"] + other["height"] <= one["top"]
            assert beside or above


@pytest.mark.parametrize(("count", "least"), [(2, 0.48), (3, 0.55), (4, 0.7), (6, 0.6), (8, 0.55)])
def test_photographs_use_most_of_a_laptop_screen(evaluate, count, least):
    places = evaluate("layout.js", "arrange", [{"width": 1200, "height": 900}] * count, 908, 672)
    assert sum(place["width"] * place["height"] for place in places) / (908 * 672) >= least


@FEW
@given(st.floats(1, 30), st.floats(0, 1), st.floats(0, 1), st.floats(0.2, 5), st.floats(0, 1), st.floats(0, 1))
def test_zooming_keeps_the_view_within_the_image(evaluate, zoom, x, y, factor, px, py):
    view = evaluate("view.js", "zoomedAt", {"zoom": zoom, "x": x, "y": y}, factor, px, py, 40)
    assert 1 <= view["zoom"] <= 40
    for centre in (view["x"], view["y"]):
        assert 0.5 / view["zoom"] - 1e-9 <= centre <= 1 - 0.5 / view["zoom"] + 1e-9


@FEW
@given(st.floats(1.5, 4), st.floats(0.4, 0.6), st.floats(0.4, 0.6))
def test_the_place_under_the_pointer_stays_there_when_zooming_in(evaluate, factor, px, py):
    before = {"zoom": 2, "x": 0.5, "y": 0.5}
    after = evaluate("view.js", "zoomedAt", before, factor, px, py, 40)
    assert evaluate("view.js", "imagePlace", after, px, py) == pytest.approx(
        evaluate("view.js", "imagePlace", before, px, py)
    )


@FEW
@given(WORDS, WORDS)
def test_a_diff_gives_back_both_texts(evaluate, before, after):
    parts = evaluate("diff.js", "wordDiff", before, after)
    assert "".join(part["text"] for part in parts if part["kind"] != "new") == before
    assert "".join(part["text"] for part in parts if part["kind"] != "gone") == after


def test_a_diff_marks_the_words_that_changed_alone(evaluate):
    parts = evaluate("diff.js", "wordDiff", "Which red square?", "Which blue square?")
    assert [(part["kind"], part["text"]) for part in parts] == [
        ("same", "Which "),
        ("gone", "red"),
        ("new", "blue"),
        ("same", " square?"),
    ]


def test_a_diff_of_texts_beyond_comparison_shows_both_whole(evaluate):
    before, after = "a " * 5000, "b " * 5000
    assert [part["text"] for part in evaluate("diff.js", "wordDiff", before, after)] == [before, after]


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({}, None),
        ({"question": " "}, "question is empty"),
        ({"question": "What of Image 3?"}, "names Image 3"),
        ({"options": ["x"]}, "2 to 10 options"),
        ({"options": ["x", "X"]}, "say the same"),
        ({"answer": {"kind": "choice", "value": "C"}}, "no value"),
        ({"options": None, "answer": {"kind": "integer", "value": 1.5}}, "no value"),
        ({"evidence": []}, "no evidence"),
        ({"evidence": [{"image": 0, "bbox": [0, 0, 11, 5], "label": ""}]}, "does not lie inside Image 1"),
        ({"evidence": [{"image": 1, "bbox": [5, 0, 5, 5], "label": ""}]}, "does not lie inside Image 2"),
    ],
)
def test_offline_an_edit_must_make_a_record(evaluate, changed, problem):
    fields = {
        "question": "Which of Images 1 and 2?",
        "options": ["x", "y"],
        "answer": {"kind": "choice", "value": "A"},
        "evidence": [{"image": 0, "bbox": [0, 0, 10, 5], "label": ""}],
    }
    found = evaluate("validate.js", "validate", {**fields, **changed}, [{"width": 10, "height": 10}] * 2)
    assert found is None if problem is None else problem in found


@FEW
@given(SIDES, st.sampled_from([1, 1.5, 2]))
def test_a_rendition_is_never_coarser_than_the_screen_until_the_largest(evaluate, long_side, pixels):
    side = evaluate("layout.js", "renditionSide", long_side, pixels)
    assert side == 4096 or side >= long_side * pixels
    assert math.log2(side).is_integer()
