"""Lets a process that gives up the rights of root look into the folder of a test."""

import os
import tempfile
from pathlib import Path


def open_to_others(folder: Path) -> None:
    """Opens a folder of pytest's, and those above it that pytest made, to other users; only root has to."""
    if os.geteuid() == 0:
        above = Path(tempfile.gettempdir()).resolve()
        for place in (folder, *folder.parents):
            if above in place.parents:
                place.chmod(place.stat().st_mode | 0o055)
