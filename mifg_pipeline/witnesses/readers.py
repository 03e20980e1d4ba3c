"""The readers by name; their libraries are loaded when one is first used."""

from collections.abc import Callable, Mapping
from importlib.util import find_spec

from pydantic import JsonValue

from mifg_pipeline.witnesses.witness import Pixels


def _shapes(pixels: Pixels) -> JsonValue:
    from mifg_pipeline.witnesses.shapes import read_shapes

    return read_shapes(pixels)


def _text(pixels: Pixels) -> JsonValue:
    from mifg_pipeline.witnesses.text import read_text

    return read_text(pixels)


READERS: Mapping[str, Callable[[Pixels], JsonValue]] = {"shapes": _shapes, "text": _text}


def ocr_available() -> bool:
    """Whether the text reader can work; loads none of its libraries."""
    return all(find_spec(package) is not None for package in ("rapidocr", "onnxruntime"))
