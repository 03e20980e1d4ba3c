"""Drafts: what an annotator has filled in and not yet decided, kept beside the event logs."""

from pathlib import Path
from typing import Any, Final

import orjson

from mifg_pipeline.review.server.refusals import RefusalError
from mifg_pipeline.store.files import replaced_file, unwritable

MAX_BYTES: Final = 64 << 10
"""Longer drafts are refused."""


class Drafts:
    """``FOLDER/ANNOTATOR/ITEM.json``: any JSON; the page alone knows what it means.

    Names come from the token file and ids from the run, never from a request that was not checked against them.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, annotator: str, item: str) -> Any:
        """The draft; None where there is none."""
        try:
            return orjson.loads(self._path(annotator, item).read_bytes())
        except FileNotFoundError:
            return None

    def write(self, annotator: str, item: str, content: bytes) -> None:
        """Keeps a draft in the place of the one before.

        Raises:
            RefusalError: If it is too long or no JSON.
            MifgError: If it cannot be written; the one before is then still there.
        """
        if len(content) > MAX_BYTES:
            raise RefusalError(413, f"The draft is longer than {MAX_BYTES} bytes.", "Shorten it, or send it.")
        try:
            draft = orjson.loads(content)
        except orjson.JSONDecodeError as error:
            raise RefusalError(422, "The draft is not JSON.", "Send JSON.") from error
        path = self._path(annotator, item)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(path, error) from error
        with replaced_file(path) as file:
            file.write(orjson.dumps(draft).decode())

    def drop(self, annotator: str, item: str) -> None:
        """Forgets a draft, if there is one."""
        self._path(annotator, item).unlink(missing_ok=True)

    def _path(self, annotator: str, item: str) -> Path:
        return self._folder / annotator / f"{item}.json"
