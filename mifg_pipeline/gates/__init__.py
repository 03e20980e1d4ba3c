"""Decisions on drafts and sets of items: pure functions over records."""

from collections.abc import Callable

from mifg_pipeline.config import GateSettings
from mifg_pipeline.gates.audit import AuditRow, FamilyAudit, audit
from mifg_pipeline.gates.duplicates import duplicates, question_key
from mifg_pipeline.gates.evidence import evidence
from mifg_pipeline.gates.lint import lint
from mifg_pipeline.gates.provenance import provenance
from mifg_pipeline.gates.quotas import Facets, QuotaRow, Quotas
from mifg_pipeline.gates.resolvability import first_view_scale, resolvability
from mifg_pipeline.gates.scorer_self_check import scorer_self_check
from mifg_pipeline.items import Draft, GateResult

Gate = Callable[[Draft, GateSettings], GateResult]

LINTS: tuple[Gate, ...] = (provenance, duplicates, lint, scorer_self_check, evidence)
"""The gates on one draft that need no model, in the order in which they run."""

FINAL_GATES = frozenset({"provenance", "duplicates"})
"""Names of gates whose failure lies in the images: another question over the same images cannot mend it."""

__all__ = [
    "FINAL_GATES",
    "LINTS",
    "AuditRow",
    "Facets",
    "FamilyAudit",
    "Gate",
    "QuotaRow",
    "Quotas",
    "audit",
    "duplicates",
    "evidence",
    "first_view_scale",
    "lint",
    "provenance",
    "question_key",
    "resolvability",
    "scorer_self_check",
]
