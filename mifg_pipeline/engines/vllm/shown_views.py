"""What client and server remember of views, so that the pixels of each go over once.

Both keep a ``ViewCache`` of equal size and look the same views up in the same order, so that both always hold the same.
"""

import numpy as np

from mifg_pipeline.engines.view import View
from mifg_pipeline.engines.vllm.messages import Shown

MAX_REMEMBERED_BYTES = 2**30
"""Of pixels: about 500 views of 600,000."""


def shown(view: View) -> Shown:
    """Names a view."""
    return Shown(view.sha256, view.box, view.height, view.width)


def without_pixels(named: Shown) -> View:
    """Returns a view that equals the named one, and has no pixels."""
    return View(named.sha256, named.box, named.height, named.width, np.empty((0, 0, 3), np.uint8))
