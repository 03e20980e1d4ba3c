"""Witnesses, which recompute answers from pixels, and the readers whose readings they go by."""

from collections.abc import Mapping

from mifg_pipeline.witnesses.compare import COMPARE
from mifg_pipeline.witnesses.count_across import COUNT_ACROSS
from mifg_pipeline.witnesses.find_detail import FIND_DETAIL
from mifg_pipeline.witnesses.match import MATCH
from mifg_pipeline.witnesses.odd_one_out import ODD_ONE_OUT
from mifg_pipeline.witnesses.order import ORDER
from mifg_pipeline.witnesses.read_across import READ_ACROSS
from mifg_pipeline.witnesses.readers import READERS, ocr_available
from mifg_pipeline.witnesses.relate import RELATE
from mifg_pipeline.witnesses.same_scene import SAME_SCENE
from mifg_pipeline.witnesses.spot_change import SPOT_CHANGE
from mifg_pipeline.witnesses.two_hop import TWO_HOP
from mifg_pipeline.witnesses.witness import Sight, Testimony, Witness

WITNESSES: Mapping[str, Witness] = {
    witness.family: witness
    for witness in (
        COMPARE,
        COUNT_ACROSS,
        FIND_DETAIL,
        MATCH,
        ODD_ONE_OUT,
        ORDER,
        READ_ACROSS,
        RELATE,
        SAME_SCENE,
        SPOT_CHANGE,
        TWO_HOP,
    )
}

__all__ = ["READERS", "WITNESSES", "Sight", "Testimony", "Witness", "ocr_available"]
