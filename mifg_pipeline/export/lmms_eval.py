"""A task for lmms-eval over the rows of the dataset, and the functions that the task names."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml
from PIL import Image

from mifg_pipeline.config import EpisodeSettings
from mifg_pipeline.export.columns import answer_of
from mifg_pipeline.export.plain_images import PlainImages
from mifg_pipeline.export.selection import Entry
from mifg_pipeline.export.wording import asked
from mifg_pipeline.export.writer import FormatWriter
from mifg_pipeline.imagent.messages import system_text
from mifg_pipeline.images.decoding import to_rgb
from mifg_pipeline.items import POOLS, Pool
from mifg_pipeline.scoring import score_reply

_FUNCTIONS: Final = ("doc_to_visual", "doc_to_text", "doc_to_target", "process_results")
_NO_TOOLS: Final = EpisodeSettings(tools=False)


class LmmsEvalWriter(FormatWriter):
    """Writes ``mifg_qa.yaml`` with a task for each split, and ``utils.py``, where lmms-eval looks for its functions."""

    def __init__(self, folder: Path, plain: PlainImages) -> None:  # noqa: ARG002 - it has no images of its own
        self._folder = folder
        self._pools: set[Pool] = set()
        folder.mkdir(parents=True)

    def write(self, entry: Entry, images: Sequence[bytes]) -> None:  # noqa: ARG002 - the rows lie beside it already
        """Notes the split of an item: the rows themselves are those of the dataset."""
        self._pools.add(entry.item.pool)

    def finish(self) -> None:
        """See the base class."""
        for pool in POOLS:
            if pool in self._pools:
                (self._folder / f"mifg_qa_{pool}.yaml").write_text(_task(pool), encoding="utf-8")
        names = ", ".join(_FUNCTIONS)
        module = (
            f'"""The functions of the tasks; mifg-pipeline has to be installed."""\n\nfrom {__name__} import {names}\n'
        )
        (self._folder / "utils.py").write_text(f"{module}\n__all__ = {list(_FUNCTIONS)}\n", encoding="utf-8")

    def close(self) -> None:
        """Nothing is open between items."""


def _task(pool: Pool) -> str:
    settings = {
        "task": f"mifg_qa_{pool}",
        "dataset_path": "parquet",
        "dataset_kwargs": {"data_dir": "data"},  # lmms-eval is started in the folder of the dataset
        "test_split": pool,
        "output_type": "generate_until",
        "generation_kwargs": {
            "max_new_tokens": EpisodeSettings().max_turn_tokens,
            "temperature": 0,
            "do_sample": False,
        },
        "metric_list": [{"metric": "accuracy", "aggregation": "mean", "higher_is_better": True}],
        "metadata": [{"version": 1}],
    }
    # YAML's own writer has no plain way to write a tag.
    functions = "".join(f"{name}: !function utils.{name}\n" for name in _FUNCTIONS)
    return yaml.safe_dump(settings, sort_keys=False) + functions


def doc_to_visual(doc: Mapping[str, Any]) -> list[Image.Image]:
    """The images of a row, in order; lmms-eval shows them before the text."""
    return [to_rgb(image) for image in doc["images"]]


def doc_to_text(doc: Mapping[str, Any], lmms_eval_specific_kwargs: Mapping[str, str] | None = None) -> str:
    """The instructions and the question of a row."""
    asks = lmms_eval_specific_kwargs or {}
    question = asked(doc["question"], doc["options"], answer_of(doc))
    text = f"{system_text(_NO_TOOLS, 'thousandths')}\n\n{question}"
    return f"{asks.get('pre_prompt', '')}{text}{asks.get('post_prompt', '')}"


def doc_to_target(doc: Mapping[str, Any]) -> str:
    """The key of a row, as a right reply says it."""
    return str(doc["answer"])


def process_results(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, float]:
    """The accuracy of the reply to a row: 1.0 where the answer in its tags is right, else 0.0."""
    return {"accuracy": score_reply(answer_of(doc), doc["options"], results[0])}
