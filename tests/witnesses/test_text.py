"""The text reader on the project's own drawn scenes, whose annotations it never sees."""

import subprocess
import sys

import numpy as np
import pytest

from mifg_pipeline.corpus.draw import draw_scene
from mifg_pipeline.witnesses import READERS

pytestmark = pytest.mark.ocr


def test_all_signs_of_drawn_scenes_are_read() -> None:
    for index in range(10):
        scene = draw_scene(seed=30, index=index)
        objects = scene.metadata["objects"]
        drawn = {
            (attributes["colour"], text)
            for category, attributes, text in zip(
                objects["category"], objects["attributes"], objects["text"], strict=True
            )
            if category == "sign"
        }
        assert {(sign["colour"], sign["text"]) for sign in READERS["text"](scene.pixels)} == drawn


def test_a_plate_without_letters_has_no_certain_text() -> None:
    board = np.full((200, 300, 3), 130, np.uint8)
    board[60:120, 80:220] = (215, 30, 35)
    (sign,) = READERS["text"](board)
    assert sign["certainty"] < 0.9 or sign["text"] == ""


def test_an_image_without_plates_has_no_text() -> None:
    assert READERS["text"](np.full((200, 300, 3), 130, np.uint8)) == []


def test_the_engine_works_without_network_and_without_a_word() -> None:
    code = """
import socket
import numpy as np
from mifg_pipeline.witnesses import READERS

def refused(*_):
    raise AssertionError("the text reader opened a socket")

socket.socket.connect = refused
board = np.full((200, 300, 3), 130, np.uint8)
board[60:120, 80:220] = (215, 30, 35)
assert len(READERS["text"](board)) == 1
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
