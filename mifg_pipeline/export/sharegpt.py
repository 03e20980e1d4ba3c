"""Conversations in ShareGPT's form beside their image files, for LLaVA-NeXT and LLaMA-Factory."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, TextIO

from mifg_pipeline.export.columns import answer_column
from mifg_pipeline.export.plain_images import PlainImages
from mifg_pipeline.export.selection import Entry
from mifg_pipeline.export.wording import mark_in, marked
from mifg_pipeline.export.writer import FormatWriter
from mifg_pipeline.items import ImageRef, Item, Pool

_IMAGES: Final = "images"


class ShareGPTWriter(FormatWriter):
    """Writes ``train.json`` and so on, ``images/`` and ``dataset_info.json``; the model's turn is the answer alone."""

    def __init__(self, folder: Path, plain: PlainImages) -> None:
        self._folder = folder
        self._plain = plain
        self._files: dict[Pool, TextIO] = {}
        self._names: dict[str, str] = {}
        (folder / _IMAGES).mkdir(parents=True)

    @staticmethod
    def unfit(item: Item) -> str | None:
        """See the base class."""
        return mark_in(item)

    def write(self, entry: Entry, images: Sequence[bytes]) -> None:
        """See the base class."""
        item = entry.item
        names = [self._write_image(image, content) for image, content in zip(item.images, images, strict=True)]
        begun = item.pool in self._files
        if not begun:
            self._files[item.pool] = (self._folder / f"{item.pool}.json").open("w", encoding="utf-8")
        self._files[item.pool].write((",\n" if begun else "[\n") + json.dumps(_row(item, names), ensure_ascii=False))

    def finish(self) -> None:
        """See the base class."""
        for file in self._files.values():
            file.write("\n]\n")
        info = {f"mifg_qa_{pool}": _dataset_info(pool) for pool in self._files}
        (self._folder / "dataset_info.json").write_text(json.dumps(info, indent=2) + "\n", encoding="utf-8")
        self.close()

    def close(self) -> None:
        """See the base class."""
        for file in self._files.values():
            file.close()

    def _write_image(self, image: ImageRef, content: bytes) -> str:
        """The name of the image relative to the folder; its file is written once."""
        if image.sha256 not in self._names:
            name, plain = self._plain.file(image, content)
            (self._folder / _IMAGES / name).write_bytes(plain)
            self._names[image.sha256] = f"{_IMAGES}/{name}"
        return self._names[image.sha256]


def _row(item: Item, images: list[str]) -> dict[str, Any]:
    """The conversation; LLaVA-NeXT looks for its images under ``image``, LLaMA-Factory under ``images``."""
    turns = [{"from": "human", "value": marked(item)}, {"from": "gpt", "value": answer_column(item)}]
    return {"id": item.id, "image": images, "images": images, "conversations": turns}


def _dataset_info(pool: Pool) -> dict[str, Any]:
    return {
        "file_name": f"{pool}.json",
        "formatting": "sharegpt",
        "columns": {"messages": "conversations", "images": "images"},
        "tags": {"role_tag": "from", "content_tag": "value", "user_tag": "human", "assistant_tag": "gpt"},
    }
