"""Takes the decisions of a review file into the event logs: every line is checked, and a bad one adds nothing."""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from mifg_pipeline.config import GateSettings
from mifg_pipeline.errors import MifgError
from mifg_pipeline.gates import lint, scorer_self_check
from mifg_pipeline.items import Draft, Item, QuestionRecord
from mifg_pipeline.review.lines import Refusal, read_lines
from mifg_pipeline.review.records import ReviewLine
from mifg_pipeline.store.decisions import edited_item
from mifg_pipeline.store.events import Appended, EventLog
from mifg_pipeline.store.review_records import Edits, Judgement, validation_problems
from mifg_pipeline.store.run_folder import RunFolder


@dataclass(frozen=True)
class Checked:
    """What a review file holds.

    Attributes:
        judgements: By annotator, in the order of the lines.
        open: Lines without a decision.
        refused: Lines of which nothing is taken, in order.
    """

    judgements: Mapping[str, list[Judgement]]
    open: int
    refused: list[Refusal]


@dataclass(frozen=True)
class Submission:
    """What became of a review file.

    Attributes:
        checked: What it holds.
        appended: What was stored, by annotator.
    """

    checked: Checked
    appended: Mapping[str, Appended] = field(default_factory=dict)

    @property
    def stored(self) -> int:
        """Decisions that were stored."""
        return sum(len(appended.events) for appended in self.appended.values())

    @property
    def unchanged(self) -> int:
        """Decisions that counted already."""
        return sum(map(len, self.checked.judgements.values())) - self.stored


def submit(run: RunFolder, path: Path, time: datetime) -> Submission:
    """Stores what the lines of a review file decide; submitting it again changes nothing.

    Args:
        run: The run.
        path: The review file.
        time: Now, UTC.

    Raises:
        MifgError: If the file or the run cannot be read, or the run cannot be written.
    """
    items = {item.id: item for item in run.candidates()}
    checked = check_lines(read_lines(path), items)
    appended = {
        annotator: EventLog.of(run, annotator).append(judgements, time)
        for annotator, judgements in checked.judgements.items()
    }
    return Submission(checked, appended)


def check_lines(lines: Iterable[tuple[int, ReviewLine | Refusal]], items: Mapping[str, Item]) -> Checked:
    """Sorts the lines of a review file into judgements, open ones and refused ones.

    Lines of one annotator on one item are all refused, because nobody can say which of them is meant.

    Args:
        lines: With their numbers.
        items: The candidates of the run by id.
    """
    outcomes: dict[int, Judgement | Refusal | None] = {}
    numbers: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for number, line in lines:
        if isinstance(line, Refusal):
            outcomes[number] = line
            continue
        outcomes[number] = _outcome(number, line, items)
        numbers[line.annotator, line.id].append(number)
    judgements: defaultdict[str, list[Judgement]] = defaultdict(list)
    for (annotator, _), same_item in numbers.items():
        if len(same_item) > 1:
            outcomes.update(_repetition(same_item))
        outcome = outcomes[same_item[0]]
        if isinstance(outcome, Judgement):
            judgements[annotator].append(outcome)
    return Checked(
        judgements=judgements,
        open=sum(outcome is None for outcome in outcomes.values()),
        refused=[outcome for outcome in outcomes.values() if isinstance(outcome, Refusal)],
    )


def check_line(line: ReviewLine, items: Mapping[str, Item]) -> Judgement | None:
    """What a line decides; None if it is open.

    Args:
        line: As somebody filled it in.
        items: The candidates of the run by id.

    Raises:
        MifgError: If nothing of the line may be taken.
    """
    item = items.get(line.id)
    if item is None:
        raise MifgError(f"The run has no item {line.id[:80]!r}.", "Submit the file to the run that it was packed from.")
    if line.digest != item.digest:
        raise MifgError(f"Item {item.id} has changed since it was packed.", "Pack it again, and decide on it as it is.")
    if changed := line.changed_fields(item):
        raise MifgError(
            f"Fields of item {item.id} were changed in place: {', '.join(changed)}.",
            'Put them back, write what they should say into "edits" and decide "edit".',
        )
    if line.decision is None and (line.reasons or line.comment or line.edits != Edits()):
        raise MifgError(f"Item {item.id} has reasons, edits or a comment but no decision.", "Fill in the decision.")
    try:
        judgement = line.judgement()
    except ValidationError as error:
        raise MifgError(f"Item {item.id}: {validation_problems(error)}.", "Fill in what is missing.") from error
    if judgement is not None and judgement.decision == "edit":
        require_valid_edit(item, judgement.edits, items)
    return judgement


def require_valid_edit(item: Item, edits: Edits, ids: Container[str]) -> Item:
    """The item that the edits make, if the gates and the scorer have nothing against it.

    Args:
        item: The candidate.
        edits: What somebody writes instead.
        ids: Of all candidates.

    Raises:
        MifgError: If they make no valid item, or one that the run has already.
    """
    edited = edited_item(item, edits)
    if edited.id != item.id and edited.id in ids:
        raise MifgError(f"The edits make item {item.id} the same as item {edited.id}.", "Reject one of the two.")
    question = {name: getattr(edited, name) for name in QuestionRecord.model_fields}
    draft = Draft(**question, writer=edited.provenance.writer)
    for gate in (lint, scorer_self_check):
        result = gate(draft, GateSettings())
        if not result.passed:
            raise MifgError(f"The edits of item {item.id} do not pass the gates: {result.reason}.", "Mend the edits.")
    return edited


def _outcome(number: int, line: ReviewLine, items: Mapping[str, Item]) -> Judgement | Refusal | None:
    try:
        return check_line(line, items)
    except MifgError as error:
        return Refusal(number, str(error))


def _repetition(numbers: Sequence[int]) -> dict[int, Refusal]:
    named = ", ".join(map(str, numbers))
    return {number: Refusal(number, f"Lines {named} are about the same item. Keep one of them.") for number in numbers}
