import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mifg_pipeline.engines.positions import rotary_positions

# Each image with the text after it: in a conversation no two stand without a token between them.
images = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 4)), max_size=4)


def flags_of(text, images):
    flags = [False] * text
    for rows, columns, after in images:
        flags += [True] * (rows * columns) + [False] * after
    return flags


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.integers(1, 4), images=images)
def test_positions_are_those_of_the_library(model, text, images):
    flags = flags_of(text, images)
    merge = model.config.vision_config.spatial_merge_size
    expected, _ = model.model.get_rope_index(
        input_ids=torch.zeros(1, len(flags), dtype=torch.int64),
        mm_token_type_ids=torch.tensor([flags]).int(),
        image_grid_thw=torch.tensor([(1, merge * rows, merge * columns) for rows, columns, _ in images] or [(1, 2, 2)]),
    )
    positions = rotary_positions(flags, [(rows, columns) for rows, columns, _ in images])
    assert positions.tolist() == expected[:, 0].tolist()


@pytest.mark.parametrize(
    ("flags", "grids"),
    [
        ([False, True], []),
        ([False, True], [(1, 2)]),
        ([True, False, True], [(1, 2)]),
        ([True, True, True], [(1, 2)]),
        ([False], [(1, 1)]),
    ],
)
def test_images_that_do_not_fit_are_refused(flags, grids):
    with pytest.raises(ValueError, match="image"):
        rotary_positions(flags, grids)
