"""Options stand in a fair order, and the key follows them."""

import random

import pytest

from mifg_pipeline.programs.choices import choice_of_images, shuffled_choice


def test_images_stand_in_natural_order() -> None:
    choice = choice_of_images([4, 0, 2], 4)
    assert choice.options == ("Image 1", "Image 3", "Image 5")
    assert choice.answer.value == "C"


@pytest.mark.parametrize("seed", range(10))
def test_key_follows_the_shuffled_options(seed: int) -> None:
    choice = shuffled_choice(["7", "3", "12"], "12", random.Random(seed))
    assert sorted(choice.options) == ["12", "3", "7"]
    assert choice.options["ABC".index(choice.answer.value)] == "12"
