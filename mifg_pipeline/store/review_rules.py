"""The rules of a run's review: how many decide an item, who settles disagreements, what checks the annotators."""

import hashlib
from pathlib import Path

import yaml
from pydantic import Field, ValidationError

from mifg_pipeline.errors import MifgError
from mifg_pipeline.items import SCHEMA_VERSION, Record, SchemaVersion
from mifg_pipeline.store.files import replaced_file, unwritable
from mifg_pipeline.store.review_records import Annotator, validation_problems
from mifg_pipeline.store.run_folder import RunFolder


class ReviewRules(Record):
    """``RUN/review/rules.yaml``; where there is no such file, the defaults hold.

    Attributes:
        overlap: Share of the items that two people decide, neither of whom sees what the other decided.
        adjudicators: People who settle what others disagree on; what one of them decides on an item is final.
        gold: Ids of items whose answer is known, because an adjudicator decided them; everybody gets them.
        gold_share: Share of gold items among those that an annotator gets, as long as there are any.
    """

    schema_version: SchemaVersion = SCHEMA_VERSION
    overlap: float = Field(default=0.0, ge=0, le=1)
    adjudicators: tuple[Annotator, ...] = ()
    gold: tuple[str, ...] = ()
    gold_share: float = Field(default=0.05, ge=0, le=0.5)

    def people(self, item_id: str) -> int:
        """How many people decide the item: a matter of its id alone, so that neither order nor time changes it."""
        return 2 if share_of("overlap", item_id) < self.overlap else 1


def share_of(purpose: str, *names: object) -> float:
    """A number in [0, 1) that looks random, is the same for the same names, and differs by purpose."""
    named = "\0".join((purpose, *map(str, names)))
    return int.from_bytes(hashlib.sha256(named.encode()).digest()[:6], "big") / (1 << 48)


def rules_path(run: RunFolder) -> Path:
    """Where the rules of a run lie."""
    return run.review / "rules.yaml"


def rules_signature(run: RunFolder) -> tuple[int, int, int] | None:
    """What changes whenever the rules are written; None where there are none."""
    try:
        status = rules_path(run).stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def read_rules(run: RunFolder) -> ReviewRules:
    """The rules of a run.

    Raises:
        MifgError: If the file is damaged.
    """
    path = rules_path(run)
    try:
        return ReviewRules.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return ReviewRules()
    except ValidationError as error:
        raise _damaged(path, validation_problems(error)) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise _damaged(path, str(error)) from error
    except OSError as error:
        raise MifgError(f"Cannot read {path}: {error.strerror}.", "Check its permissions.") from error


def write_rules(run: RunFolder, rules: ReviewRules) -> None:
    """Puts the rules in the place of those before.

    Raises:
        MifgError: If the file cannot be written; it is then as it was.
    """
    try:
        run.review.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(run.review, error) from error
    with replaced_file(rules_path(run)) as file:
        yaml.safe_dump(rules.model_dump(mode="json"), file, sort_keys=False, allow_unicode=True)


def _damaged(path: Path, problem: str) -> MifgError:
    return MifgError(f"{path} does not hold rules: {problem}.", "Write it anew by `mifg review rules`.")
