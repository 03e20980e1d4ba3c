"""``datasets`` 3 reads what we write; it excludes the version that this project uses, so it has an environment."""

import json
import subprocess
from pathlib import Path

import pytest

PYTHON = Path(__file__).parents[2] / ".venv-datasets-3" / "bin" / "python"

READ_SPLITS = """
import json, sys
from datasets import load_dataset
dataset = load_dataset(sys.argv[1], cache_dir=sys.argv[2])
print(json.dumps({
    split: [[row["id"], [image.size for image in row["images"]], row["evidence"]] for row in rows]
    for split, rows in dataset.items()
}))
"""


@pytest.fixture(scope="module")
def splits(exported, tmp_path_factory):
    """The key, the sizes of the images and the regions of each row, by split."""
    command = [
        str(PYTHON),
        "-W",
        "ignore",
        "-c",
        READ_SPLITS,
        str(exported.root),
        str(tmp_path_factory.mktemp("cache")),
    ]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def sizes_of(item):
    return [[image.width, image.height] for image in item.images]


def test_rows_are_the_items_with_upright_images(exported, splits):
    for pool, rows in splits.items():
        assert [row[:2] for row in rows] == [[item.id, sizes_of(item)] for item in exported.of_pool(pool)]


def test_regions_are_a_list_of_structures(exported, splits):
    for pool, rows in splits.items():
        regions = [[region.model_dump(mode="json") for region in item.evidence] for item in exported.of_pool(pool)]
        assert [row[2] for row in rows] == regions
