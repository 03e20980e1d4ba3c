from collections.abc import Callable

from mifg_pipeline.config import GateSettings
from mifg_pipeline.gates import FINAL_GATES, LINTS
from mifg_pipeline.items import Draft


def test_the_gates_run_in_order_and_a_good_draft_passes_all(make_draft: Callable[..., Draft]) -> None:
    results = [gate(make_draft(), GateSettings()) for gate in LINTS]
    assert [(result.gate, result.passed) for result in results] == [
        ("provenance", True),
        ("duplicates", True),
        ("lint", True),
        ("scorer_self_check", True),
        ("evidence", True),
    ]


def test_only_faults_of_the_images_are_final() -> None:
    assert {gate.__name__ for gate in LINTS} & FINAL_GATES == {"provenance", "duplicates"}
