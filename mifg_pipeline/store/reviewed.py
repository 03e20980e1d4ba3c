"""The items of a run together with what people decided on them."""

from mifg_pipeline.errors import MifgError
from mifg_pipeline.store.decisions import ReviewedItem, review_items
from mifg_pipeline.store.events import event_logs
from mifg_pipeline.store.review_rules import read_rules
from mifg_pipeline.store.run_folder import RunFolder


def reviewed_items(run: RunFolder) -> list[ReviewedItem]:
    """All candidates of the run, in order, with what became of each.

    Raises:
        MifgError: If there are no candidates yet, or a file is damaged.
    """
    events = [event for log in event_logs(run) for event in log.read().events]
    return list(review_items(run.candidates(), events, read_rules(run)))


def verified_items(run: RunFolder) -> list[ReviewedItem]:
    """The verified ones among them.

    Raises:
        MifgError: If there are no candidates yet, a file is damaged, or edits made two of them the same item.
    """
    verified: dict[str, ReviewedItem] = {}
    for reviewed in reviewed_items(run):
        if reviewed.status == "verified":
            same = verified.setdefault(reviewed.item.id, reviewed)
            if same is not reviewed:
                ids = f"{same.candidate.id} and {reviewed.candidate.id}"
                raise MifgError(f"Edits made items {ids} the same.", "Have one of the two rejected.")
    return list(verified.values())
