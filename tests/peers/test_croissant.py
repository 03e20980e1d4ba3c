"""ML Commons' own library reads our Croissant metadata, and the rows through it."""

import mlcroissant
import pytest

from mifg_pipeline.items import POOLS


@pytest.fixture(scope="module")
def dataset(exported):
    return mlcroissant.Dataset(str(exported.root / "croissant.json"))


def test_nothing_is_wrong_with_the_metadata(dataset):
    assert not dataset.metadata.ctx.issues.errors


@pytest.mark.parametrize("pool", POOLS)
def test_records_are_the_items(exported, dataset, pool):
    prefix = f"{pool}_rows"
    records = list(dataset.records(prefix))
    assert [record[f"{prefix}/id"].decode() for record in records] == [item.id for item in exported.of_pool(pool)]
    for item, record in zip(exported.of_pool(pool), records, strict=True):
        assert record[f"{prefix}/question"].decode() == item.question
        assert len(record[f"{prefix}/images"]) == len(item.images)
        boxes = [tuple(region[f"{prefix}/evidence/bbox"]) for region in record[f"{prefix}/evidence"]]
        assert boxes == [region.bbox for region in item.evidence]
