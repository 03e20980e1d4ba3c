import dataclasses

import pytest
import torch

from mifg_pipeline.engines.vision_inputs import VisionInputs


@pytest.fixture
def inputs(chat_format):
    return VisionInputs(chat_format.image_processor)


def test_patches_and_grids_are_those_of_the_librarys_processor(inputs, chat_format, make_view):
    views = [make_view("first", 1, 1), make_view("second", 2, 5), make_view("third", 4, 3)]
    processed = chat_format.image_processor(
        images=[view.pixels for view in views],
        do_resize=False,
        input_data_format="channels_last",
        return_tensors="pt",
    )
    batch = inputs.of(views)
    assert torch.equal(batch.pixel_values, processed["pixel_values"])
    assert torch.equal(batch.grids, processed["image_grid_thw"])


def test_a_view_is_cut_into_four_patches_per_visual_token(inputs, chat_format, make_view):
    view = make_view("first", 3, 7)
    assert inputs.of([view]).pixel_values.shape[0] == 4 * chat_format.tokens_of(view)


def test_an_image_that_is_no_view_is_refused(inputs, make_view):
    view = make_view("first", 2, 2)
    with pytest.raises(ValueError, match="not made of visual tokens"):
        inputs.of([dataclasses.replace(view, height=view.height + 1, pixels=view.pixels)])
