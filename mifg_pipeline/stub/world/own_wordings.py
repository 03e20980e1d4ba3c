"""The questions that the world writes: sound ones, and one wording for each defect that a wording can have."""

from mifg_pipeline.stub.world import answers
from mifg_pipeline.stub.world.wordings import Wording

TOTAL = Wording("Counted over {images}, how many {kind} are there in all?", answers.total)
EXCESS = Wording("How far does the number of {kind} in {first} exceed that in {second}?", answers.excess)
MOST = Wording("Of {images}, which would come out on top if one counted {kind}?", answers.image_with_most)
SUM = Wording(
    "Add up the numbers on the {colour} sign in {first} and the {other_colour} sign in {second}: what do you get?",
    answers.sum_of_signs,
)
TOTAL_OF_THINGS = Wording(
    "Counted over {images}, how many {colour} things are there in all?",
    answers.total_with_or_without_signs,
    defect="ambiguous",
)
CORNERS_OF_BOTH = Wording(
    "How many corners do {shape} in {first} and {other_shape} in {second} have together?",
    answers.corners_of_both,
    decisive=(),
    defect="blind_answerable",
)
TOTAL_AND_CORNERS = Wording(
    "Take the number of {kind} in {first} and the number of corners of {shape} in {second}: what is their sum?",
    answers.total_and_corners,
    decisive=("first",),
    defect="image_not_needed",
)
TOTAL_AS_TOLD = Wording(
    "Counted over {images}, where there are {told} in all, how many {kind} are there?",
    answers.as_told,
    decisive=(),
    defect="leaking",
)

OWN_WORDINGS = (TOTAL, EXCESS, MOST, SUM, TOTAL_OF_THINGS, CORNERS_OF_BOTH, TOTAL_AND_CORNERS, TOTAL_AS_TOLD)
