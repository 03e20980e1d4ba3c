"""The key of a request is what replayed calls are found by: it changes with what is asked and with nothing else."""

from pathlib import Path

from mifg_pipeline.models.chat import ChatRequest, ImagePart, Message


def key(**fields):
    part = ImagePart("a" * 64, Path("image.jpg"), (0, 1, 2, 3), **fields)
    return ChatRequest("m", (Message("user", (part,)),), "test").key


def test_the_key_of_an_image_without_a_least_size_is_the_one_that_stored_calls_have():
    assert key() == key(min_pixels=0) == "5f5e72c58ddfb92a778285c924d5ddd1"


def test_the_least_size_is_part_of_the_key():
    assert len({key(), key(min_pixels=100), key(min_pixels=200), key(max_pixels=100)}) == 4
