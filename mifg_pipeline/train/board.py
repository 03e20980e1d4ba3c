"""TensorBoard, by name."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mifg_pipeline.errors import MifgError


class Board:
    """Writes rows of metrics for TensorBoard.

    Args:
        folder: Where its files go.
        step: Finished steps; what earlier starts wrote of later ones is hidden.

    Raises:
        MifgError: If TensorBoard is not installed.
    """

    def __init__(self, folder: Path, step: int) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise MifgError(
                "log.tensorboard is on, but TensorBoard is not installed.",
                "Install it with `pip install tensorboard`, or leave the setting out: metrics.jsonl has every number.",
            ) from error
        self._writer = SummaryWriter(str(folder), purge_step=step + 1)

    def write(self, row: Mapping[str, Any]) -> None:
        """Takes in the row of a step; what is not a number is left out."""
        for name, figure in _figures("", row):
            self._writer.add_scalar(name, figure, row["step"])
        self._writer.flush()

    def close(self) -> None:
        """Ends the file."""
        self._writer.close()


def _figures(prefix: str, row: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Numbers by name; TensorBoard groups them by what stands before a slash."""
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from _figures(f"{prefix}{name}/", value)
        elif isinstance(value, int | float) and name != "step":
            yield f"{prefix}{name}".replace(".", "/"), float(value)
