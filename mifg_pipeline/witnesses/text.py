"""Reader of text: recognises what is written on the plates that the shapes reader finds."""

from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import numpy as np
from pydantic import JsonValue

from mifg_pipeline.errors import MifgError
from mifg_pipeline.witnesses.shapes import read_shapes
from mifg_pipeline.witnesses.witness import Pixels

_MODELS = {"Det.model_path": "PP-OCRv6_det_small.onnx", "Rec.model_path": "PP-OCRv6_rec_small.onnx"}
# The recogniser scales a line to 48 pixels of height and pads it to this width at least; signs have few letters.
_LINE_SHAPE = [3, 48, 96]
# Share of a plate's height to leave out all around: its rim is no letter.
_RIM = 1 / 8


def read_text(pixels: Pixels) -> JsonValue:
    """What the signs of an image say, from top to bottom.

    Args:
        pixels: RGB uint8, shape (height, width, 3).

    Returns:
        A list of ``{"text", "colour", "bbox": [x0, y0, x1, y1], "certainty"}``: colour and box of the plate; the
        certainty, 0 to 1, is the recogniser's. Where nothing is read on a plate, the text is empty.

    Raises:
        MifgError: If the OCR package or its models are not installed.
    """
    shapes = cast("list[Mapping[str, Any]]", read_shapes(pixels))
    signs: list[JsonValue] = []
    for plate in (shape for shape in shapes if shape["category"] == "sign"):
        text, certainty = _recognise(_without_rim(pixels, plate["bbox"]))
        signs.append({"text": text, "colour": plate["colour"], "bbox": plate["bbox"], "certainty": certainty})
    return signs


def _without_rim(pixels: Pixels, box: tuple[int, int, int, int]) -> Pixels:
    x0, y0, x1, y1 = box
    rim = round((y1 - y0) * _RIM)
    return pixels[y0 + rim : y1 - rim, x0 + rim : x1 - rim]


def _recognise(line: Pixels) -> tuple[str, float]:
    blue_first = np.ascontiguousarray(line[:, :, ::-1])
    output = _engine()(blue_first, use_det=False, use_cls=False, use_rec=True)
    if not output.txts:
        return "", 0.0
    return output.txts[0].replace(" ", ""), round(float(output.scores[0]), 3)


@cache
def _engine() -> Any:
    """One recogniser per process, on one thread, from the models in the package: nothing is ever downloaded."""
    package = find_spec("rapidocr")
    if package is None or package.origin is None:
        raise MifgError("OCR is not installed.", "Run `pip install 'mifg-pipeline[ocr]'`, or switch ocr off.")
    folder = Path(package.origin).parent / "models"
    models = {key: folder / name for key, name in _MODELS.items()}
    if not all(path.is_file() for path in models.values()):
        raise MifgError(f"The OCR models are missing from {folder}.", "Install rapidocr 3.10 or newer again.")
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            **{key: str(path) for key, path in models.items()},
            "Rec.rec_img_shape": _LINE_SHAPE,
            "Global.log_level": "critical",
            "Global.text_score": 0.0,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )
