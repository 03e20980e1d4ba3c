"""Prompts for TRL's trainers: conversations with image parts, and what its reward function needs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from mifg_pipeline.config import EpisodeSettings
from mifg_pipeline.export.columns import IMAGE, answer_column
from mifg_pipeline.export.plain_images import PlainImages
from mifg_pipeline.export.selection import Entry
from mifg_pipeline.export.shards import PoolsWriter
from mifg_pipeline.export.wording import asked, image_heading
from mifg_pipeline.export.writer import FormatWriter
from mifg_pipeline.imagent.messages import system_text
from mifg_pipeline.items import Answer, ImageRef, Item
from mifg_pipeline.scoring import score_reply

_PART: Final = pa.struct([("type", pa.string()), ("text", pa.string())])
_MESSAGE: Final = pa.struct([("role", pa.string()), ("content", pa.list_(_PART))])

COLUMNS: Final = pa.schema(
    [
        ("id", pa.string()),
        ("prompt", pa.list_(_MESSAGE)),
        ("images", pa.list_(IMAGE)),
        ("solution", pa.string()),
        ("key", pa.string()),
        ("options", pa.list_(pa.string())),
    ]
)


class TrlWriter(FormatWriter):
    """Writes ``train-….parquet`` and so on; a model answers in one turn, without tools."""

    def __init__(self, folder: Path, plain: PlainImages) -> None:
        self._plain = plain
        self._rows = PoolsWriter(folder, COLUMNS)
        self._system = system_text(EpisodeSettings(tools=False), "thousandths")

    def write(self, entry: Entry, images: Sequence[bytes]) -> None:
        """See the base class."""
        item = entry.item
        row = {
            "id": item.id,
            "prompt": [_message("system", [_text(self._system)]), _message("user", _question_parts(item))],
            "images": [self._image(image, content) for image, content in zip(item.images, images, strict=True)],
            "solution": answer_column(item),
            "key": item.answer.model_dump_json(),
            "options": item.options,
        }
        self._rows.write(item.pool, row)

    def finish(self) -> None:
        """See the base class."""
        self._rows.finish()

    def close(self) -> None:
        """See the base class."""
        self._rows.close()

    def _image(self, image: ImageRef, content: bytes) -> dict[str, Any]:
        name, plain = self._plain.file(image, content, turned=True)  # `datasets` decodes it, and turns it upright
        return {"bytes": plain, "path": name}


def accuracy(
    completions: Sequence[Sequence[dict[str, Any]]],
    key: Sequence[str],
    options: Sequence[Sequence[str] | None],
    **_: Any,
) -> list[float]:
    """A reward function for TRL: 1.0 where the answer in the tags of a reply is right, else 0.0.

    Args:
        completions: The messages of each reply; the last one counts.
        key: That column of the rows.
        options: That column of the rows.
        _: The other columns, and what else TRL hands to a reward function.
    """
    return [
        _score(reply[-1]["content"], Answer.model_validate_json(answer), choices)
        for reply, answer, choices in zip(completions, key, options, strict=True)
    ]


def _score(content: str | list[dict[str, Any]], answer: Answer, options: Sequence[str] | None) -> float:
    reply = content if isinstance(content, str) else "".join(part.get("text") or "" for part in content)
    return score_reply(answer, options, reply)


def _question_parts(item: Item) -> list[dict[str, str]]:
    shown = [
        part for number in range(1, len(item.images) + 1) for part in (_text(image_heading(number)), {"type": "image"})
    ]
    return [*shown, _text(asked(item.question, item.options, item.answer))]


def _text(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


def _message(role: str, content: list[dict[str, str]]) -> dict[str, Any]:
    return {"role": role, "content": content}
