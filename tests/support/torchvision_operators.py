"""Lets torchvision import beside a CPU build of torch that it was not built for.

torchvision registers fakes for two operators of its C++ extension, which such a build cannot load. They are declared
here, just before torchvision is imported. A ``.pth`` file loads this module into every process of the environment.
"""

import sys
from importlib.abc import MetaPathFinder


class OperatorDeclaration(MetaPathFinder):
    """Finds nothing: the search for torchvision is the moment to declare its operators."""

    def find_spec(self, name, path=None, target=None):
        if name == "torchvision":
            sys.meta_path.remove(self)
            declare_operators()


def declare_operators():
    import torch

    if torch.version.cuda is None:
        OperatorDeclaration.library = library = torch.library.Library("torchvision", "DEF")
        library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")


sys.meta_path.insert(0, OperatorDeclaration())
