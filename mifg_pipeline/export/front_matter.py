"""The YAML front matter of a dataset card, as the Hugging Face hub defines it."""

import errno
import os
import re
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from mifg_pipeline.export.citation import TITLE
from mifg_pipeline.export.columns import COLUMNS
from mifg_pipeline.export.features import features_yaml
from mifg_pipeline.export.figures import Figures
from mifg_pipeline.export.selection import Status
from mifg_pipeline.export.shards import SplitFiles
from mifg_pipeline.items import UNKNOWN_LICENSE

TAG = "mifg-qa"
"""By this tag an export is recognised as one."""

_CREATIVE_COMMONS = frozenset(
    f"cc-{terms}-{version}"
    for terms, versions in {
        "by": ("2.0", "2.5", "3.0", "4.0"),
        "by-sa": ("3.0", "4.0"),
        "by-nd": ("4.0",),
        "by-nc": ("2.0", "3.0", "4.0"),
        "by-nc-nd": ("3.0", "4.0"),
        "by-nc-sa": ("2.0", "3.0", "4.0"),
    }.items()
    for version in versions
)
_HUB_LICENSES = _CREATIVE_COMMONS | {"cc0-1.0", "pddl", "odbl", "odc-by", "apache-2.0", "mit", "unlicense", "gfdl"}
"""Licences that images are under, among those that the hub knows by name."""

_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
)


def front_matter(figures: Figures, files: Sequence[SplitFiles], status: Status) -> dict[str, Any]:
    """The front matter.

    Args:
        figures: Of the rows in the files.
        files: Of each split that has rows.
        status: Whether people verified the items.
    """
    return {
        **license_fields(sorted(figures.licenses())),
        "language": ["en"],
        "pretty_name": TITLE,
        "task_categories": ["visual-question-answering"],
        "size_categories": [size_category(figures.rows)],
        "tags": [TAG, "multi-image", "fine-grained", "image", status if status == "verified" else "unverified"],
        "configs": [{"config_name": "default", "data_files": [_data_files(split) for split in files]}],
        "dataset_info": {
            "config_name": "default",
            "features": features_yaml(COLUMNS),
            "splits": [
                {"name": split.pool, "num_bytes": split.table_bytes, "num_examples": split.rows} for split in files
            ],
            "download_size": sum(split.file_bytes for split in files),
            "dataset_size": sum(split.table_bytes for split in files),
        },
    }


def license_fields(licenses: Sequence[str]) -> dict[str, str]:
    """The licence of the whole: its identifier where all images agree and the hub knows it, else ``other``.

    Args:
        licenses: The different licences of the source images, sorted.
    """
    if list(licenses) == [UNKNOWN_LICENSE]:
        return {"license": "unknown"}
    if len(licenses) == 1:
        (license_name,) = licenses
        identifier = license_name.lower()
        if identifier in _HUB_LICENSES:
            return {"license": identifier}
        return {"license": "other", "license_name": license_name}
    return {"license": "other", "license_name": "one per image"}


def size_category(rows: int) -> str:
    """The hub's word for a number of rows."""
    index = bisect_right([limit for limit, _ in _SIZES], rows)
    return _SIZES[index][1] if index < len(_SIZES) else "10M<n<100M"


def _data_files(split: SplitFiles) -> dict[str, str]:
    return {"split": split.pool, "path": f"data/{split.pool}-*.parquet"}


def read_front_matter(path: Path) -> dict[str, Any]:
    """The front matter of a card.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If it has none, or none that is a mapping.
    """
    if not path.is_file():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    parts = re.split(r"^---[ \t]*$", path.read_text(encoding="utf-8"), maxsplit=2, flags=re.MULTILINE)
    if len(parts) < 3 or parts[0].strip():
        raise ValueError("there is none")
    try:
        matter = yaml.safe_load(parts[1])
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(f"it is no YAML ({type(error).__name__})") from error
    if not isinstance(matter, dict):
        raise ValueError("it is no mapping")
    return matter
