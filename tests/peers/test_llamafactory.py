"""LLaMA-Factory's own loader and multimodal plugin take our conversations."""

import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="module")
def data_module():
    """Its module for data; torchaudio, which it imports for questions on sounds, has no build beside our torch."""
    silent = ModuleType("torchaudio")
    silent.__spec__ = ModuleSpec("torchaudio", None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "torchaudio", silent)
        patch.setenv("DISABLE_VERSION_CHECK", "1")  # it asks for an older transformers than verl does
        from llamafactory.data import loader, mm_plugin, parser
        from llamafactory.hparams import DataArguments

        yield SimpleNamespace(loader=loader, plugin=mm_plugin, parser=parser, DataArguments=DataArguments)


@pytest.fixture(scope="module")
def rows(exported, data_module, tmp_path_factory):
    """The training split as its trainers get it."""
    folder = str(exported.root / "sharegpt")
    arguments = data_module.DataArguments(dataset="mifg_qa_train", dataset_dir=folder, media_dir=folder)
    (declared,) = data_module.parser.get_dataset_list(["mifg_qa_train"], folder)
    model = SimpleNamespace(cache_dir=str(tmp_path_factory.mktemp("cache")), hf_hub_token=None)
    training = SimpleNamespace(dataloader_num_workers=0, seed=0, local_process_index=0)
    return list(data_module.loader._load_single_dataset(declared, model, arguments, training))


def test_rows_are_the_items(exported, rows):
    assert [row["_response"][0]["content"] for row in rows] == ["3", "B", "HÄFEN", "2.5", "1, 2", "no"]
    for item, row in zip(exported.of_pool("train"), rows, strict=True):
        assert item.question in row["_prompt"][0]["content"]


def test_images_are_found_and_show_the_pixels_of_the_question(exported, rows):
    for item, row in zip(exported.of_pool("train"), rows, strict=True):
        shown = [np.asarray(Image.open(Path(path)).convert("RGB")) for path in row["_images"]]
        assert all(map(np.array_equal, shown, exported.pixels_of(item)))


def test_each_image_has_its_mark(data_module, rows):
    plugin = data_module.plugin.get_mm_plugin("qwen2_vl", image_token="<|image_pad|>")
    processor = SimpleNamespace(image_processor=SimpleNamespace())
    for row in rows:
        plugin._validate_input(processor, row["_images"], [], [])
        plugin._validate_messages(row["_prompt"], row["_images"], [], [])
        with pytest.raises(ValueError, match="number of images"):
            plugin._validate_messages(row["_prompt"], row["_images"][1:], [], [])
