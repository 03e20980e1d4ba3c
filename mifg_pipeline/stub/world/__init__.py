"""The simulated world behind the stub server: the truth of drawn scenes, and settable mistakes and defects.

As a solver the world reads each question back and works its answer out from the corpus's annotations; then it errs as
often as the settings say, by what the request shows. It understands the questions that it writes itself, and those of
the programs in ``UNDERSTOOD``; any other question, and any over images that are not in the corpus, it answers with a
guess.
"""

from mifg_pipeline.stub.world.conversation import CANNOT_BE_DETERMINED
from mifg_pipeline.stub.world.program_wordings import UNDERSTOOD
from mifg_pipeline.stub.world.settings import Accuracies, Defect, Defects, WorldSettings
from mifg_pipeline.stub.world.world import OBEYED, World

__all__ = [
    "CANNOT_BE_DETERMINED",
    "OBEYED",
    "UNDERSTOOD",
    "Accuracies",
    "Defect",
    "Defects",
    "World",
    "WorldSettings",
]
