"""Witnesses, which recompute answers from pixels, and the readers whose readings they go by."""

from collections.abc import Mapping

from mifg_pipeline.witnesses.count_across import COUNT_ACROSS
from mifg_pipeline.witnesses.find_detail import FIND_DETAIL
from mifg_pipeline.witnesses.read_across import READ_ACROSS
from mifg_pipeline.witnesses.readers import READERS, ocr_available
from mifg_pipeline.witnesses.spot_change import SPOT_CHANGE
from mifg_pipeline.witnesses.witness import Sight, Testimony, Witness

WITNESSES: Mapping[str, Witness] = {
    witness.family: witness for witness in (COUNT_ACROSS, FIND_DETAIL, READ_ACROSS, SPOT_CHANGE)
}

__all__ = ["READERS", "WITNESSES", "Sight", "Testimony", "Witness", "ocr_available"]
