"""Prompts for verl's agent loop, with the settings of its tools and a launch recipe beside them."""

import json
import re
import shutil
from collections.abc import Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import yaml

from mifg_pipeline.config import EpisodeSettings
from mifg_pipeline.export.columns import answer_column
from mifg_pipeline.export.plain_images import PlainImages
from mifg_pipeline.export.selection import Entry
from mifg_pipeline.export.shards import PoolsWriter
from mifg_pipeline.export.wording import mark_in, marked
from mifg_pipeline.export.writer import FormatWriter
from mifg_pipeline.imagent.messages import system_text
from mifg_pipeline.items import Item

_TOOLS_SECTION: Final = re.compile(r"# Tools\n\n<tools>\n(.*?)\n</tools>\n\n", re.DOTALL)

_TOKEN_SIDE: Final = 28
"""Pixels of a side of a visual token of Qwen2.5-VL."""

_STRINGS: Final = pa.list_(pa.string())
_MESSAGE: Final = pa.struct([("role", pa.string()), ("content", pa.string())])
_IMAGE: Final = pa.struct([("bytes", pa.binary()), ("min_pixels", pa.int32()), ("max_pixels", pa.int32())])
_REWARD: Final = pa.struct([("style", pa.string()), ("ground_truth", pa.string())])
_EXTRA: Final = pa.struct(
    [
        ("index", pa.int32()),
        ("split", pa.string()),
        ("id", pa.string()),
        ("images", pa.int32()),
        ("key", pa.string()),
        ("options", _STRINGS),
    ]
)

COLUMNS: Final = pa.schema(
    [
        ("data_source", pa.string()),
        ("agent_name", pa.string()),
        ("prompt", pa.list_(_MESSAGE)),
        ("images", pa.list_(_IMAGE)),
        ("ability", pa.string()),
        ("reward_model", _REWARD),
        ("extra_info", _EXTRA),
    ]
)


class VerlWriter(FormatWriter):
    """Writes ``train-….parquet`` and so on, ``tools.yaml`` and ``launch.sh``."""

    def __init__(self, folder: Path, plain: PlainImages) -> None:
        self._folder = folder
        self._plain = plain
        self._rows = PoolsWriter(folder, COLUMNS)
        self._settings = EpisodeSettings()
        self._system = system_without_tools(self._settings)
        self._count = 0

    @staticmethod
    def unfit(item: Item) -> str | None:
        """See the base class."""
        return mark_in(item)

    def write(self, entry: Entry, images: Sequence[bytes]) -> None:
        """See the base class."""
        item = entry.item
        bounds = {"min_pixels": self._settings.min_pixels, "max_pixels": self._settings.max_pixels}
        row = {
            "data_source": "mifg-qa",
            "agent_name": "tool_agent",
            "prompt": [{"role": "system", "content": self._system}, {"role": "user", "content": marked(item)}],
            "images": [{"bytes": content, **bounds} for content in self._plain.bytes_of(item.images, images)],
            "ability": item.provenance.family,
            "reward_model": {"style": "rule", "ground_truth": answer_column(item)},
            "extra_info": self._extra(item),
        }
        self._rows.write(item.pool, row)
        self._count += 1

    def finish(self) -> None:
        """See the base class."""
        self._rows.finish()
        tools = yaml.safe_dump(tool_settings(), sort_keys=False, allow_unicode=True, width=1000)
        (self._folder / "tools.yaml").write_text(tools, encoding="utf-8")
        with as_file(files("mifg_pipeline.export") / "templates" / "verl_launch.sh") as recipe:
            shutil.copyfile(recipe, self._folder / "launch.sh")
        (self._folder / "launch.sh").chmod(0o755)

    def close(self) -> None:
        """See the base class."""
        self._rows.close()

    def _extra(self, item: Item) -> dict[str, Any]:
        return {
            "index": self._count,
            "split": item.pool,
            "id": item.id,
            "images": len(item.images),
            "key": item.answer.model_dump_json(),
            "options": item.options,
        }


def system_without_tools(settings: EpisodeSettings) -> str:
    """The instructions without the list of the tools: verl has the chat template name them."""
    return _TOOLS_SECTION.sub("", system_text(settings, "thousandths"))


def tool_settings() -> dict[str, Any]:
    """The content of ``tools.yaml``: the tools as the instructions describe them, and who carries them out."""
    section = _TOOLS_SECTION.search(system_text(EpisodeSettings(), "thousandths"))
    assert section is not None
    return {
        "tools": [
            {
                "class_name": "mifg_pipeline.export.verl.tools.LookingTool",
                "config": {"type": "native", "token_side": _TOKEN_SIDE},
                "tool_schema": json.loads(line),
            }
            for line in section[1].splitlines()
        ]
    }
