"""One attempt's way of putting a question: options in random order, images perhaps as well."""

import random
from dataclasses import dataclass

from mifg_pipeline.agents.permutation import Permutation, can_be_permuted, permuted
from mifg_pipeline.agents.untrusted import shortened
from mifg_pipeline.items import OPTION_LETTERS, Draft
from mifg_pipeline.scoring import same_option, score_text
from mifg_pipeline.scoring.choices import read_choice

CANNOT_BE_DETERMINED = "cannot be determined"

_LONGEST_ANSWER = 200
"""Characters of an open answer that a record keeps."""
_LONGEST_CHOICE = 4096
"""Characters beyond which a reply chooses nothing."""


@dataclass(frozen=True)
class Variation:
    """A draft as one attempt puts it, and the way back.

    Attributes:
        draft: As it is shown; with the further option "cannot be determined" where there is one.
        permutation: Of the images.
        letters: For each option that is shown the letter that it has in the original draft; empty for the further one.
    """

    draft: Draft
    permutation: Permutation
    letters: tuple[str, ...]

    def is_right(self, reply: str) -> bool:
        """Whether the reply answers the question as it is shown."""
        return score_text(self.draft.answer, self.draft.options, reply) == 1.0

    def original_answer(self, reply: str) -> str:
        """What the reply says in terms of the original draft: a letter, or the open answer; empty where nothing.

        Letters are those of the original options, and images have their original numbers.
        """
        if self.draft.options is None:
            text = shortened(reply, _LONGEST_ANSWER)
            return self.permutation.inverse.answer_text(text, self.draft.answer)
        letter = read_choice(self.draft.options, reply) if len(reply) <= _LONGEST_CHOICE else None
        if letter is None:
            return ""
        return self.letters[OPTION_LETTERS.index(letter)] or CANNOT_BE_DETERMINED


def vary(draft: Draft, rng: random.Random, *, permute: bool = False, may_give_up: bool = False) -> Variation:
    """Draws a way of putting the question.

    Args:
        draft: The question.
        rng: Decides the orders.
        permute: Whether images are shown in random order; they stay where the texts do not allow it.
        may_give_up: Whether a choice has the further option "cannot be determined", always the last, where a letter is
            left for it.
    """
    count = len(draft.images)
    order = rng.sample(range(count), count) if permute and can_be_permuted(draft) else range(count)
    permutation = Permutation(tuple(order))
    shown = permuted(draft, permutation) if permute else draft
    if shown.options is None:
        return Variation(shown, permutation, ())
    places = rng.sample(range(len(shown.options)), len(shown.options))
    options = [shown.options[place] for place in places]
    letters = [OPTION_LETTERS[place] for place in places]
    key = OPTION_LETTERS[letters.index(str(shown.answer.value))]
    if may_give_up and len(options) < len(OPTION_LETTERS) and not _offers_to_give_up(draft):
        options.append(CANNOT_BE_DETERMINED)
        letters.append("")
    answer = shown.answer.model_copy(update={"value": key})
    return Variation(
        shown.model_copy(update={"options": tuple(options), "answer": answer}), permutation, tuple(letters)
    )


def _offers_to_give_up(draft: Draft) -> bool:
    return any(same_option(option, CANNOT_BE_DETERMINED) for option in draft.options or ())
