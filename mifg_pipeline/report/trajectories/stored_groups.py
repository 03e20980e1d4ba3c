"""Finds groups in files of trajectories, and reads only those that are shown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson
from pydantic import ValidationError

from mifg_pipeline.errors import MifgError
from mifg_pipeline.imagent.trained_trajectory import TrainedTrajectory


@dataclass(frozen=True)
class StoredGroup:
    """Where the trajectories of one draw lie.

    Attributes:
        path: Their file.
        offsets: Of their lines, bytes from its start.
    """

    path: Path
    offsets: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.offsets)


def index_groups(paths: Iterable[Path]) -> list[StoredGroup]:
    """The groups of files of trajectories, in their order.

    Raises:
        MifgError: If a file cannot be read.
    """
    return [group for path in paths for group in _groups_of(path)]


def spread(groups: Sequence[StoredGroup], most: int) -> list[StoredGroup]:
    """As many whole groups as have at most ``most`` trajectories, evenly over all; one at least."""
    if sum(map(len, groups)) <= most:
        return list(groups)
    count = max(1, most // max(map(len, groups)))
    return [groups[place * len(groups) // count] for place in range(count)]


def read_group(group: StoredGroup) -> list[TrainedTrajectory]:
    """The trajectories of a group.

    Raises:
        MifgError: If a line is damaged.
    """
    lines = []
    try:
        with group.path.open("rb") as file:
            for offset in group.offsets:
                file.seek(offset)
                lines.append(TrainedTrajectory.model_validate_json(file.readline()))
    except (OSError, ValidationError) as error:
        raise _unreadable(group.path, error) from error
    return lines


def _groups_of(path: Path) -> list[StoredGroup]:
    offsets: dict[int, list[int]] = {}
    place = 0
    try:
        with path.open("rb") as file:
            for line in file:
                offsets.setdefault(orjson.loads(line)["draw"], []).append(place)
                place += len(line)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unreadable(path, error) from error
    return [StoredGroup(path, tuple(places)) for places in offsets.values()]


def _unreadable(path: Path, error: Exception) -> MifgError:
    reason = error.strerror if isinstance(error, OSError) else str(error).partition("\n")[0]
    return MifgError(f"{path} is no file of trajectories: {reason}.", "Name the folder of a run of `mifg train`.")
