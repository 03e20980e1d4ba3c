"""Publishes an exported dataset on the Hugging Face hub, by ``datasets``' own push."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mifg_pipeline.dataset.check import DatasetReport, check_dataset
from mifg_pipeline.errors import MifgError
from mifg_pipeline.export import checksums, croissant

_REPLACED: Final = (checksums.FILE_NAME, croissant.FILE_NAME)
"""What is not sent, like the rows, which go by another way that writes their files anew: digests and Croissant's
description of the files would not hold. The hub makes both itself."""


@dataclass(frozen=True)
class PushPlan:
    """What a push would publish.

    Attributes:
        root: The dataset.
        repository: Its name on the hub, ``owner/name``.
        report: Of the check that it passed.
        beside: The card and what else lies beside the rows, relative to the dataset.
    """

    root: Path
    repository: str
    report: DatasetReport
    beside: tuple[str, ...]


def plan_push(root: Path, repository: str) -> PushPlan:
    """Checks a dataset and says what a push would publish; asks nobody but the disk.

    Raises:
        MifgError: If the dataset breaks a promise, or the name cannot be one on the hub.
    """
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    try:
        validate_repo_id(repository)
    except HFValidationError as error:
        raise MifgError(
            f"{repository!r} is no name on the hub: {_sentence(error)}", "Use the form owner/name."
        ) from error
    if "/" not in repository:
        raise MifgError(f"{repository!r} does not say whose the dataset is.", "Use the form owner/name.")
    report = check_dataset(root)
    if report.problems:
        first, count = report.problems[0], len(report.problems)
        raise MifgError(
            f"{root} is not sound: {first.place}: {first.reason}{f' (one of {count} problems)' * (count > 1)}.",
            f"See `mifg check {root}`, and mend it or export the run again.",
        )
    beside = [name for name in checksums.files_of(root) if name not in _REPLACED and not name.startswith("data/")]
    return PushPlan(root, repository, report, tuple(beside))


def push(plan: PushPlan, *, private: bool) -> str:
    """Publishes the dataset and returns the address of its page.

    The card goes first, so that no rows stand there without it; the push of the rows then brings its figures up to
    date. Rows of an earlier push are replaced.

    Raises:
        MifgError: If the hub refuses or cannot be reached.
    """
    from datasets import config, load_dataset
    from datasets.exceptions import DatasetGenerationError
    from huggingface_hub import CommitOperationAdd, HfApi
    from huggingface_hub.errors import (  # type: ignore[attr-defined]
        HfHubHTTPError,
        HTTPError,
        LocalTokenNotFoundError,
        OfflineModeIsEnabled,
    )

    hub = HfApi(endpoint=config.HF_ENDPOINT, library_name="mifg-pipeline")
    try:
        rows = load_dataset(str(plan.root))
    except (OSError, DatasetGenerationError) as error:
        raise MifgError(
            f"`datasets` cannot read {plan.root}: {_sentence(error)}",
            f"See that there is disk space for its cache, {config.HF_DATASETS_CACHE}, and push again.",
        ) from error
    beside = [CommitOperationAdd(path_in_repo=name, path_or_fileobj=plan.root / name) for name in plan.beside]
    try:
        url = hub.create_repo(plan.repository, repo_type="dataset", private=private, exist_ok=True)
        hub.create_commit(plan.repository, beside, repo_type="dataset", commit_message="Card of the dataset")
        rows.push_to_hub(plan.repository, commit_message="Rows of the dataset")
    except (HfHubHTTPError, LocalTokenNotFoundError) as error:
        raise MifgError(
            f"The hub did not take {plan.repository}: {_sentence(error)}",
            "Log in with `hf auth login` as somebody who may write there, and push again.",
        ) from error
    except (HTTPError, OfflineModeIsEnabled, ConnectionError) as error:
        raise MifgError(
            f"The hub at {config.HF_ENDPOINT} was not reached: {_sentence(error)}",
            "See that this machine has a way there and HF_HUB_OFFLINE is not set, and push again.",
        ) from error
    return str(url)


def _sentence(error: Exception) -> str:
    """What an error of the hub's libraries says, as one sentence."""
    return f"{' '.join(str(error).split()).rstrip('.') or type(error).__name__}."
