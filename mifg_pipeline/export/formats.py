"""The formats of a dataset by name, and where each lies in its folder."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from mifg_pipeline.export.lmms_eval import LmmsEvalWriter
from mifg_pipeline.export.sharegpt import ShareGPTWriter
from mifg_pipeline.export.trl import TrlWriter
from mifg_pipeline.export.verl.writer import VerlWriter
from mifg_pipeline.export.vlmevalkit import VLMEvalKitWriter
from mifg_pipeline.export.writer import FormatWriter

FormatName = Literal["verl", "trl", "sharegpt", "vlmevalkit", "lmms-eval"]

FORMATS: Final[Mapping[FormatName, type[FormatWriter]]] = MappingProxyType(
    {
        "verl": VerlWriter,
        "trl": TrlWriter,
        "sharegpt": ShareGPTWriter,
        "vlmevalkit": VLMEvalKitWriter,
        "lmms-eval": LmmsEvalWriter,
    }
)
"""What may lie beside the Hugging Face dataset, each in a folder of its name."""
