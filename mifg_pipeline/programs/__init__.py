"""Questions whose answer is true by construction; one file per family."""

from mifg_pipeline.programs.program import Derived, Picture, Pixels, Program, Proposal
from mifg_pipeline.programs.registry import all_programs, families, program_named

__all__ = ["Derived", "Picture", "Pixels", "Program", "Proposal", "all_programs", "families", "program_named"]
