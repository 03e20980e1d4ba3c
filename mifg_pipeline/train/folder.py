"""The folder of a training run: where its files lie, who may write to it, and what it may be resumed with."""

import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import yaml
from pydantic import ValidationError

from mifg_pipeline.config import TrainSettings
from mifg_pipeline.errors import MifgError
from mifg_pipeline.items import Record, content_digest
from mifg_pipeline.store.files import locked_folder, replaced_file, unwritable
from mifg_pipeline.train.metrics import MetricsLog

MAY_CHANGE: Final = (
    "steps",
    "out",
    "memory_limit",
    "checkpoint.",
    "alarms.",
    "log.",
    "rollout.engine",
    "rollout.batch_size",
    "rollout.vllm.",
    "rollout.max_gap",
    "rollout.retries",
    "optimizer.micro_batch_tokens",
)
"""Settings, or sections of them, that a run may be resumed with other values of: they say how far, where and how fast,
not what is learned."""

_STEP_NAME: Final = re.compile(r"step-(\d{6,})")


@dataclass(frozen=True)
class TrainFolder:
    """A training run on disk.

    Steps count from 1. What belongs to step 7 was sampled with the weights that six steps made, and
    ``checkpoints/step-000007`` holds what seven made.

    At the end of a step the trajectories are written first, then the row of metrics, then the checkpoint if one is due.
    Whenever a process is killed, ``cut`` to the newest checkpoint gives the state that the run had at its end.
    """

    root: Path

    @property
    def settings_path(self) -> Path:
        """``settings.yaml``: all settings that the run was last started with."""
        return self.root / "settings.yaml"

    @property
    def metrics(self) -> MetricsLog:
        """``metrics.jsonl``."""
        return MetricsLog(self.root / "metrics.jsonl")

    @property
    def checkpoints(self) -> Path:
        """Folder of the checkpoints."""
        return self.root / "checkpoints"

    @property
    def board(self) -> Path:
        """Folder of TensorBoard's files."""
        return self.root / "tensorboard"

    def engine_log(self, rank: int) -> Path:
        """What the vLLM engine of a rank writes."""
        return self.root / f"engine-{rank}.log"

    def trajectories_path(self, step: int) -> Path:
        """Where the trajectories of a step lie, one a line."""
        return self.root / "trajectories" / f"{step_name(step)}.jsonl"

    def failed(self, step: int) -> Path:
        """Folder for the trajectories and the model of a step whose loss was not finite."""
        return self.root / "failed" / step_name(step)

    @classmethod
    def open(cls, root: Path) -> Self:
        """The run in ``root``.

        Raises:
            MifgError: If there is no run.
        """
        folder = cls(root)
        if not folder.settings_path.is_file():
            raise MifgError(
                f"{root} is not the folder of a training run: it has no settings.yaml.",
                "Name a folder that `mifg train` made.",
            )
        return folder

    def prepare(self, settings: TrainSettings) -> None:
        """Writes the settings; of a run that has finished a step, those that have to stay are compared first.

        Raises:
            MifgError: If the folder holds something else, or a setting that has to stay was changed.
        """
        if not self.settings_path.exists():
            if any(not entry.name.startswith(".") for entry in self.root.glob("*")):
                raise MifgError(
                    f"{self.root} holds files but no settings.yaml.", "Choose an empty or new folder as out."
                )
        elif self._has_begun():
            self._check_unchanged(settings)
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            with replaced_file(self.settings_path) as file:
                file.write(settings_yaml(settings))
            for folder in (self.trajectories_path(0).parent, self.checkpoints):
                folder.mkdir(exist_ok=True)
        except OSError as error:
            raise unwritable(self.root, error) from error

    def read_settings(self) -> TrainSettings:
        """The settings that the run was started with.

        Raises:
            MifgError: If ``settings.yaml`` is damaged.
        """
        try:
            return TrainSettings.model_validate(yaml.safe_load(self.settings_path.read_text(encoding="utf-8")))
        except (yaml.YAMLError, ValidationError, UnicodeDecodeError) as error:
            raise MifgError(
                f"{self.settings_path} cannot be read: {error}.",
                "Restore the file from a copy of the run, or start in a new folder.",
            ) from error

    def write_trajectories(self, path: Path, trajectories: Iterable[Record]) -> None:
        """Writes trajectories, one a line; ``path`` holds all of them or does not exist.

        Args:
            path: ``trajectories_path(step)``, or a file in ``failed(step)``.
            trajectories: In the order of their groups.

        Raises:
            MifgError: If the disk is full.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(path, error) from error
        with replaced_file(path) as file:
            file.writelines(f"{trajectory.model_dump_json()}\n" for trajectory in trajectories)

    def cut(self, step: int) -> None:
        """Takes the folder back to the end of ``step``: later metrics and trajectories go, and what is half written."""
        try:
            self.metrics.cut(step)
            for path in self.trajectories_path(0).parent.glob("*"):
                if path.name.startswith(".step-") or (step_of(path) or 0) > step:
                    path.unlink()
            for partial in self.checkpoints.glob(".step-*"):
                shutil.rmtree(partial)
        except OSError as error:
            raise unwritable(self.root, error) from error

    def locked(self) -> AbstractContextManager[None]:
        """Keeps other processes from writing to the run.

        Raises:
            MifgError: If another process has it.
        """
        return locked_folder(self.root)

    def _has_begun(self) -> bool:
        """Whether there is anything that another setting would belie."""
        folders = (self.trajectories_path(0).parent, self.checkpoints, self.failed(0).parent)
        has_rows = self.metrics.path.exists() and self.metrics.path.stat().st_size > 0
        return has_rows or any(any(folder.glob("step-*")) for folder in folders)

    def _check_unchanged(self, settings: TrainSettings) -> None:
        then, now = fixed_settings(self.read_settings()), fixed_settings(settings)
        changes = [
            f"{key} was {_shown(then.get(key))}, is {_shown(now.get(key))}"
            for key in sorted(then.keys() | now.keys())
            if then.get(key) != now.get(key)
        ]
        if changes:
            raise MifgError(
                f"{self.root} was started with other settings: {'; '.join(changes)}.",
                f"Give the settings of {self.settings_path} to resume, or start in a new folder.",
            )


def step_name(step: int) -> str:
    """The name of a step's file or folder, without suffix."""
    return f"step-{step:06d}"


def step_of(path: Path) -> int | None:
    """The step that a file or folder belongs to by its name; None where the name says nothing of a step."""
    match = _STEP_NAME.fullmatch(path.name.partition(".")[0])
    return int(match[1]) if match else None


def settings_yaml(settings: TrainSettings) -> str:
    """All settings as YAML, which ``mifg train`` takes as CONFIG."""
    return yaml.safe_dump(settings.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=120)


def fixed_settings(settings: TrainSettings) -> dict[str, Any]:
    """The settings that have to stay when a run is resumed, by dotted key."""
    content = dict(_leaves("", settings.model_dump(mode="json")))
    return {key: value for key, value in content.items() if not any(_covers(name, key) for name in MAY_CHANGE)}


def settings_digest(settings: TrainSettings) -> str:
    """Digest of the settings that have to stay."""
    return content_digest(fixed_settings(settings))


def _covers(name: str, key: str) -> bool:
    return key.startswith(name) if name.endswith(".") else key == name


def _leaves(prefix: str, content: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in content.items():
        if isinstance(value, dict):
            yield from _leaves(f"{prefix}{name}.", value)
        else:
            yield f"{prefix}{name}", value


def _shown(value: Any) -> str:
    return yaml.safe_dump(value, default_flow_style=True, width=1000).removesuffix("...\n").strip()
