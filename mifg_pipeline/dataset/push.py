"""Publishes an exported dataset on the Hugging Face hub, by ``datasets``' own push."""

from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

from mifg_pipeline.dataset.check import DatasetReport, check_dataset
from mifg_pipeline.errors import MifgError
from mifg_pipeline.export import checksums, croissant

_REPLACED: Final = ("data/*", checksums.FILE_NAME, croissant.FILE_NAME)
"""What is not sent as it lies there: the rows go by another way, which writes their files anew, so that digests and
Croissant's description of the files would not hold; the hub makes both itself."""


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
        raise MifgError(f"{repository!r} is no name on the hub: {error}", "Use the form owner/name.") from error
    report = check_dataset(root)
    if report.problems:
        first = report.problems[0]
        raise MifgError(
            f"{root} breaks {len(report.problems)} promises of a dataset, such as {first.place}: {first.reason}.",
            f"See `mifg check {root}`, and export the run again.",
        )
    files = (path.relative_to(root).as_posix() for path in sorted(root.rglob("*")) if path.is_file())
    beside = (name for name in files if not any(fnmatch(name, pattern) for pattern in _REPLACED))
    return PushPlan(root, repository, report, tuple(beside))


def push(plan: PushPlan, *, private: bool) -> str:
    """Publishes the dataset and returns the address of its page.

    The card goes first, so that no rows stand there without it; the push of the rows then brings its figures up to
    date. Rows of an earlier push are replaced.

    Raises:
        MifgError: If the hub refuses or cannot be reached.
    """
    from datasets import config, load_dataset
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HTTPError, LocalTokenNotFoundError  # type: ignore[attr-defined]

    hub = HfApi(endpoint=config.HF_ENDPOINT, library_name="mifg-pipeline")
    try:
        rows = load_dataset(str(plan.root))
        url = hub.create_repo(plan.repository, repo_type="dataset", private=private, exist_ok=True)
        hub.upload_folder(
            folder_path=plan.root,
            repo_id=plan.repository,
            repo_type="dataset",
            ignore_patterns=list(_REPLACED),
            commit_message="Card of the dataset",
        )
        rows.push_to_hub(plan.repository, commit_message="Rows of the dataset")
    except (HTTPError, LocalTokenNotFoundError, OSError) as error:
        raise MifgError(
            f"The hub did not take {plan.repository}: {error}",
            "Log in with `hf auth login` as somebody who may write there, and push again.",
        ) from error
    return str(url)
