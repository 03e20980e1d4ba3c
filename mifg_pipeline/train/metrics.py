"""`metrics.jsonl`: one row of numbers a step, which a resumed run continues as if it had never stopped."""

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mifg_pipeline.errors import MifgError
from mifg_pipeline.store.files import replaced_file, unwritable

TIME: Final = "time"
"""The one key under which a row holds seconds, by section: all that may differ between equal runs."""

Row = Mapping[str, Any]
"""``step`` (from 1), numbers by dotted name (None where there is nothing to measure), and ``time``."""


@dataclass(frozen=True)
class MetricsLog:
    """The metrics of a run on disk."""

    path: Path

    def append(self, row: Row) -> None:
        """Writes a row; it is on the disk when this returns. Numbers that are not finite become null.

        Raises:
            MifgError: If the disk is full.
        """
        line = json.dumps(_finite(row), allow_nan=False, ensure_ascii=False) + "\n"
        try:
            with self.path.open("a", encoding="utf-8", newline="\n") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise unwritable(self.path, error) from error

    def rows_until(self, step: int) -> list[dict[str, Any]]:
        """The rows of the steps up to and with ``step``, in order.

        Raises:
            MifgError: If a step is missing among them.
        """
        rows = [row for _, row in self._whole_lines() if row["step"] <= step]
        if [row["step"] for row in rows] != list(range(1, step + 1)):
            raise MifgError(
                f"{self.path} does not hold the steps 1 to {step}, each once.",
                "Restore the file from a copy of the run, or start in a new folder.",
            )
        return rows

    def cut(self, step: int) -> None:
        """Drops the rows of later steps, and a line that was not written to its end."""
        if not self.path.exists():
            return
        kept = [line for line, row in self._whole_lines() if row["step"] <= step]
        with replaced_file(self.path) as file:
            file.writelines(kept)

    def _whole_lines(self) -> list[tuple[str, dict[str, Any]]]:
        """Lines with their rows; the last line is left out where a kill or a full disk cut it off."""
        if not self.path.exists():
            return []
        with self.path.open(encoding="utf-8", errors="replace", newline="\n") as file:
            lines = [line for line in file if line.endswith("\n")]
        try:
            return [(line, json.loads(line)) for line in lines]
        except json.JSONDecodeError as error:
            raise MifgError(
                f"{self.path} is damaged: {error}.",
                "Restore the file from a copy of the run, or start in a new folder.",
            ) from error


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value
