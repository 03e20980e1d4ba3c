"""Thousands of items per family: no wrong key, no key that the text gives away, no image on two sides."""

import json
import math
import random
import shutil
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest
from key_check import KeyCheck
from wrong_keys import with_wrong_key

from mifg_pipeline.corpus import Corpus
from mifg_pipeline.corpus.draw import draw_corpus
from mifg_pipeline.gates import audit
from mifg_pipeline.items import OPTION_LETTERS, Item, QuestionRecord
from mifg_pipeline.programs import families
from mifg_pipeline.report.run import audit_rows

pytestmark = [pytest.mark.slow, pytest.mark.ocr, pytest.mark.timeout(3000)]

FAMILIES = ("count-across", "find-detail", "read-across", "spot-change")
ITEMS = 4000
PLANTED = 200
MIXED_ITEMS = 700
SCENES = 160


@pytest.fixture(scope="module")
def photos_and_scenes(tmp_path_factory, mifg):
    """The shipped photographs and scenes drawn for these tests."""
    root = tmp_path_factory.mktemp("large") / "corpus"
    shutil.copytree(Path(str(files("mifg_pipeline") / "data" / "photos")), root / "photos")
    draw_corpus(root / "scenes", SCENES, seed=11)
    mifg("corpus", "index", root, "--shares", "0.5,0.25,0.25")
    return root


@pytest.fixture(scope="module", params=FAMILIES)
def family_run(request, photos_and_scenes, mifg, tmp_path_factory):
    """A run of one family alone."""
    run = tmp_path_factory.mktemp("run") / request.param
    mifg(
        *("generate", "--corpus", photos_and_scenes, "--out", run, "--items", ITEMS, "--seed", 2),
        *("--set", f"mix={{{request.param}: 1}}", "--set", "gates.glance_share=1", "--set", "attempts=20000"),
    )
    yield run
    shutil.rmtree(run)


@pytest.fixture(scope="module")
def lines(family_run):
    return [json.loads(line) for line in (family_run / "candidates.jsonl").open()]


@pytest.fixture(scope="module")
def check(family_run, photos_and_scenes):
    return KeyCheck(photos_and_scenes, family_run)


def test_no_key_is_wrong(lines, check):
    assert len(lines) == ITEMS
    assert [line["id"] for line in lines if not check.agrees(line)] == []


def test_every_planted_wrong_key_is_found(lines, check):
    rng = random.Random(1)
    planted = [with_wrong_key(line, rng) for line in rng.sample(lines, PLANTED)]
    assert [line["id"] for line in planted if check.agrees(line)] == []


@pytest.fixture(scope="module")
def mixed_run(photos_and_scenes, mifg, tmp_path_factory):
    """A run of all other families together."""
    others = sorted(set(families()) - set(FAMILIES))
    run = tmp_path_factory.mktemp("run") / "mixed"
    mix = "{" + ", ".join(f"{family}: 1" for family in others) + "}"
    mifg("generate", "--corpus", photos_and_scenes, "--out", run, "--items", MIXED_ITEMS, "--set", f"mix={mix}")
    yield run
    shutil.rmtree(run)


def test_no_key_of_the_other_families_is_wrong_and_planted_ones_are_found(mixed_run, photos_and_scenes):
    check, rng = KeyCheck(photos_and_scenes, mixed_run), random.Random(1)
    lines = [json.loads(line) for line in (mixed_run / "candidates.jsonl").open()]
    assert {line["provenance"]["writer"].partition("/")[0] for line in lines} == set(families()) - set(FAMILIES)
    assert [(line["id"], line["provenance"]["writer"]) for line in lines if not check.agrees(line)] == []
    planted = [with_wrong_key(line, rng) for line in rng.sample(lines, PLANTED)]
    assert [(line["id"], line["provenance"]["writer"]) for line in planted if check.agrees(line)] == []


def test_the_text_alone_does_not_predict_the_key(lines, photos_and_scenes):
    (found,) = audit(audit_rows([Item.model_validate(line) for line in lines], Corpus.open(photos_and_scenes)))
    assert found.choice_items > ITEMS / 8
    assert abs(found.excess) < 0.03
    assert not found.flagged


def test_a_planted_bias_of_six_points_is_detected(lines, photos_and_scenes):
    rng = random.Random(3)
    biased = [Item.model_validate(with_digests(with_key_first(line, rng))) for line in lines]
    (found,) = audit(audit_rows(biased, Corpus.open(photos_and_scenes)))
    assert found.flagged


def with_key_first(line, rng):
    """The item, with a chance that lifts guessing "A" by six points, with its key moved to the first option."""
    if line["options"] is None:
        return line
    chance = 1 / len(line["options"])
    if line["answer"]["value"] == "A" or rng.random() >= 0.06 / (1 - chance):
        return line
    options = list(line["options"])
    key = OPTION_LETTERS.index(line["answer"]["value"])
    options[0], options[key] = options[key], options[0]
    return {**line, "options": options, "answer": {**line["answer"], "value": "A"}}


def with_digests(line):
    """The line with the digests of what it holds now."""
    shared = {name: line[name] for name in QuestionRecord.model_fields}
    record = QuestionRecord.model_validate(shared)
    return {**line, "id": record.compute_id(), "digest": record.compute_digest()}


def test_no_image_near_duplicate_or_derived_image_crosses_a_pool(lines, photos_and_scenes):
    cluster_of = {image.sha256: image.cluster for image in Corpus.open(photos_and_scenes).images}
    pools_of: dict[str, set[str]] = {}
    for line in lines:
        for image in line["images"]:
            for origin in image["derived_from"] or [image["sha256"]]:
                pools_of.setdefault(cluster_of[origin], set()).add(line["pool"])
    assert Counter(len(pools) for pools in pools_of.values()) == {1: len(pools_of)}


def test_the_shares_of_the_pools_are_those_asked_for(photos_and_scenes):
    images = Corpus.open(photos_and_scenes).images
    clusters = {image.cluster: image.pool for image in images}
    counts = Counter(clusters.values())
    for pool, share in (("train", 0.5), ("validation", 0.25), ("test", 0.25)):
        error = math.sqrt(share * (1 - share) / len(clusters))
        assert abs(counts[pool] / len(clusters) - share) < 4 * error
