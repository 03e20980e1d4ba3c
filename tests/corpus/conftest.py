"""Folders of small real image files."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image


def make_photo(seed: int, width: int = 320, height: int = 300) -> Image.Image:
    """A smooth random picture; different seeds give hashes that are far apart."""
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def save_photo(path: Path, seed: int, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    make_photo(seed, **options).save(path, compress_level=1)
    return path


def write_lines(path: Path, records: Iterable[Any]) -> Path:
    """Writes JSON lines; bytes and text are written as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        record if isinstance(record, bytes) else (record if isinstance(record, str) else json.dumps(record)).encode()
        for record in records
    ]
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


@pytest.fixture(name="make_photo")
def _make_photo() -> Callable[..., Image.Image]:
    return make_photo


@pytest.fixture(name="save_photo")
def _save_photo() -> Callable[..., Path]:
    return save_photo


@pytest.fixture(name="write_lines")
def _write_lines() -> Callable[..., Path]:
    return write_lines


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with three photographs: ``a.png``, ``b.png`` and ``sub/c.png``."""
    root = tmp_path / "photos"
    for seed, name in enumerate(("a.png", "b.png", "sub/c.png")):
        save_photo(root / name, seed)
    return root
