"""The shapes reader on the project's own drawn scenes, whose annotations it never sees."""

from collections import Counter
from itertools import groupby
from math import cos, pi, sin

import cv2
import numpy as np
import pytest

from mifg_pipeline.corpus.draw import draw_scene
from mifg_pipeline.witnesses import READERS
from mifg_pipeline.witnesses.witness import Pixels

MUTED, RED, WHITE = (140, 135, 125), (215, 30, 35), (250, 250, 250)


def _board() -> Pixels:
    noise = np.random.default_rng(0).normal(0, 6, (400, 400, 1))
    return (np.array(MUTED) + noise).clip(0, 255).astype(np.uint8)


def _seen(pixels: Pixels) -> list[tuple[str, str]]:
    return [(figure["category"], figure["colour"]) for figure in READERS["shapes"](pixels)]


@pytest.mark.slow
def test_drawn_scenes_are_read_without_a_mistake() -> None:
    seen: Counter[tuple[str, str, str]] = Counter()
    drawn: Counter[tuple[str, str, str]] = Counter()
    for index in range(20):
        scene = draw_scene(seed=20, index=index)
        objects = scene.metadata["objects"]
        for category, attributes in zip(objects["category"], objects["attributes"], strict=True):
            drawn[str(index), category, attributes["colour"]] += 1
        seen.update((str(index), *figure) for figure in _seen(scene.pixels))
    assert seen == drawn


def test_boxes_of_a_drawn_scene_are_exact_to_a_few_pixels() -> None:
    scene = draw_scene(seed=21, index=0)
    drawn = sorted((x, y, x + width, y + height) for x, y, width, height in scene.metadata["objects"]["bbox"])
    seen = sorted(tuple(figure["bbox"]) for figure in READERS["shapes"](scene.pixels))
    distances = np.abs(np.array(seen)[:, None] - np.array(drawn)[None]).max(axis=2).min(axis=1)
    assert distances.max() <= 5


def test_a_muted_texture_has_no_figures() -> None:
    assert _seen(_board()) == []


def test_a_dotted_square_is_one_square_of_its_ground_colour() -> None:
    board = _board()
    board[100:160, 100:160] = RED
    for x, y in ((115, 115), (145, 115), (130, 130), (115, 145), (145, 145)):
        cv2.circle(board, (x, y), 4, WHITE, cv2.FILLED, cv2.LINE_AA)
    assert _seen(board) == [("square", "red")]


def test_a_plate_with_letters_is_one_sign_and_its_letters_are_no_figures() -> None:
    board = _board()
    board[100:160, 100:250] = RED
    cv2.putText(board, "HM", (110, 148), cv2.FONT_HERSHEY_SIMPLEX, 1.8, WHITE, 7)
    assert _seen(board) == [("sign", "red")]


def test_a_small_figure_in_the_bay_of_a_large_one_is_seen() -> None:
    board = _board()
    points = [(180 + r * sin(k * pi / 5), 180 - r * cos(k * pi / 5)) for k, r in enumerate([100, 45] * 5)]
    cv2.fillPoly(board, [np.array(points).round().astype(np.int32)], RED, cv2.LINE_AA)
    cv2.circle(board, (110, 105), 17, WHITE, cv2.FILLED, cv2.LINE_AA)
    assert sorted(_seen(board)) == [("circle", "white"), ("star", "red")]


def test_a_figure_between_two_categories_is_in_doubt() -> None:
    board = _board()
    cv2.ellipse(board, (150, 150), (40, 24), 20, 0, 360, RED, cv2.FILLED, cv2.LINE_AA)
    (figure,) = READERS["shapes"](board)
    assert figure["certainty"] < 0.5


@pytest.mark.parametrize(("width", "height"), [(20, 100), (40, 60)])
def test_a_rectangle_taller_than_wide_is_in_doubt(width: int, height: int) -> None:
    board = _board()
    board[100 : 100 + height, 100 : 100 + width] = RED
    (figure,) = READERS["shapes"](board)
    assert figure["certainty"] < 0.5


def test_a_figure_unlike_all_shapes_is_in_doubt() -> None:
    board = _board()
    board[100:120, 100:190] = RED
    board[100:190, 100:110] = RED
    (figure,) = READERS["shapes"](board)
    assert figure["certainty"] < 0.5


def test_every_vivid_hue_has_a_colour() -> None:
    named = []
    for hue in range(180):
        board = _board()
        board[100:140, 100:140] = cv2.cvtColor(np.full((1, 1, 3), (hue, 230, 230), np.uint8), cv2.COLOR_HSV2RGB)
        (figure,) = READERS["shapes"](board)
        assert figure["certainty"] > 0.5, f"hue {hue}"
        named.append(figure["colour"])
    assert [colour for colour, _ in groupby(named)] == ["red", "orange", "yellow", "green", "blue", "purple", "red"]


def test_a_figure_of_two_colours_in_equal_parts_is_in_doubt() -> None:
    board = _board()
    board[100:150, 100:125] = RED
    board[100:150, 125:150] = (20, 80, 190)
    (figure,) = READERS["shapes"](board)
    assert figure["certainty"] < 0.5
