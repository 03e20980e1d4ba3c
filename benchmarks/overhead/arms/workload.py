"""What each arm asks: four calls a row, each after the reply to the one before. Needs the standard library alone."""

import argparse
import base64
import json
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

IN_FLIGHT = 64
"""Rows, or calls, that an arm has under way at a time."""


@dataclass(frozen=True)
class Call:
    """One call of a row.

    Attributes:
        system: Instructions.
        text: Of the user's message.
        schema: Of the reply, as the protocol writes it, with name and schema.
    """

    system: str
    text: str
    schema: dict[str, Any]

    def task(self, row: int | str, earlier: str) -> str:
        """The user's message for a row, with the reply to the call before."""
        return f"{self.text}\n\nRow {row}\n\nEarlier reply:\n{earlier}"


@dataclass(frozen=True)
class Workload:
    """The calls of every row.

    Attributes:
        calls: In their order.
        pairs: Paths of images; each call of a row shows the same pair. No images are shown where there is none.
    """

    calls: tuple[Call, ...]
    pairs: tuple[tuple[str, str], ...]

    @classmethod
    def read(cls, path: Path | str) -> Self:
        """The workload that ``write`` wrote."""
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        return cls(tuple(Call(**call) for call in content["calls"]), tuple(map(tuple, content["pairs"])))

    def write(self, path: Path) -> None:
        """Stores it as JSON."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    def pair_of(self, row: int) -> tuple[str, ...]:
        """Paths of the images of a row."""
        return self.pairs[row % len(self.pairs)] if self.pairs else ()

    def images_of(self, row: int) -> tuple[str, ...]:
        """Data URLs of the images of a row."""
        return self._urls[row % len(self._urls)] if self._urls else ()

    @cached_property
    def _urls(self) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(map(_data_url, pair)) for pair in self.pairs)


def _data_url(path: str) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(Path(path).read_bytes()).decode()}"


def parse_arguments() -> argparse.Namespace:
    """Arguments of an arm."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--workload", type=Path, required=True)
    parser.add_argument("--url", required=True, help="base URL of the server")
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True, help="for what the arm keeps")
    return parser.parse_args()
