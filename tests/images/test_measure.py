"""What is measured of an image."""

import numpy as np
import pytest
from PIL import Image

from mifg_pipeline.images.measure import measure_sharpness


def test_sharpness_falls_with_blur_and_hardly_depends_on_scale() -> None:
    rng = np.random.default_rng(0)
    sharp = rng.integers(0, 256, (512, 512), dtype=np.uint8)
    blurred = np.asarray(Image.fromarray(sharp).reduce(8).resize((512, 512)))
    enlarged = np.asarray(Image.fromarray(sharp).resize((1024, 1024), Image.Resampling.NEAREST))
    larger_still = np.asarray(Image.fromarray(sharp).resize((2048, 2048), Image.Resampling.NEAREST))

    assert measure_sharpness(blurred) < measure_sharpness(sharp) / 10
    assert measure_sharpness(larger_still) == pytest.approx(measure_sharpness(enlarged), rel=0.01)
