"""Changes the rules of a run's review: names adjudicators, takes in gold items, sets how much is decided twice."""

from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path

from mifg_pipeline.errors import MifgError
from mifg_pipeline.review.lines import read_lines
from mifg_pipeline.review.submit import Checked, check_lines
from mifg_pipeline.store.events import EventLog
from mifg_pipeline.store.review_records import Judgement
from mifg_pipeline.store.review_rules import ReviewRules, read_rules, write_rules
from mifg_pipeline.store.run_folder import RunFolder


def name_adjudicators(run: RunFolder, names: Sequence[str]) -> ReviewRules:
    """Lets people settle what others disagree on.

    Raises:
        MifgError: If one of them has decided items as an annotator, or can be no annotator's name.
    """
    rules = read_rules(run)
    for name in names:
        if name not in rules.adjudicators and EventLog.of(run, name).read().events:
            raise MifgError(
                f"{name} has decided items of the run as an annotator, and would settle their own disagreements.",
                "Name somebody else, or give the same person another name for it.",
            )
    changed = rules.model_copy(update={"adjudicators": tuple(sorted({*rules.adjudicators, *names}))})
    write_rules(run, changed)
    return changed


def change_shares(run: RunFolder, *, overlap: float | None = None, gold_share: float | None = None) -> ReviewRules:
    """Sets the share of items that two people decide, and that of gold items; what is None stays.

    Raises:
        MifgError: If the rules cannot be read or written.
    """
    given = {name: value for name, value in (("overlap", overlap), ("gold_share", gold_share)) if value is not None}
    changed = ReviewRules.model_validate({**read_rules(run).model_dump(), **given})
    write_rules(run, changed)
    return changed


def take_gold(run: RunFolder, path: Path, time: datetime) -> ReviewRules:
    """Makes the items of a review file gold ones: what an adjudicator decided in it is their known answer.

    Args:
        run: The run.
        path: A review file that an adjudicator filled in.
        time: Now, UTC.

    Raises:
        MifgError: If a line is no decision of an adjudicator, accept, edit or reject; nothing is taken then.
    """
    rules = read_rules(run)
    checked = check_lines(read_lines(path), {item.id: item for item in run.candidates()})
    _require_gold(checked, rules.adjudicators)
    gold = set(rules.gold)
    for annotator, judgements in checked.judgements.items():
        EventLog.of(run, annotator).append(judgements, time)
        gold |= {judgement.item_id for judgement in judgements}
    changed = rules.model_copy(update={"gold": tuple(sorted(gold))})
    write_rules(run, changed)
    return changed


def _require_gold(checked: Checked, adjudicators: Collection[str]) -> None:
    for refusal in checked.refused:
        raise MifgError(f"Line {refusal.number}: {refusal.problem}", "Mend the file; nothing of it was taken.")
    for annotator, judgements in checked.judgements.items():
        if annotator not in adjudicators:
            raise MifgError(
                f"{annotator} is no adjudicator, and cannot say what is right.",
                f"Say so first: mifg review rules RUN --adjudicator {annotator}.",
            )
        for judgement in judgements:
            _require_answer(judgement)


def _require_answer(judgement: Judgement) -> None:
    if judgement.decision not in ("accept", "edit", "reject"):
        raise MifgError(
            f"Item {judgement.item_id} is decided {judgement.decision!r}, which is no answer.",
            "Accept, edit or reject it, or take the line out of the file.",
        )
