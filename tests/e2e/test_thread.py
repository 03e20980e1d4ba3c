"""The main job: corpus, candidates, review file, dataset."""

import json

import pytest

from mifg_pipeline.items import Item
from mifg_pipeline.programs import families

pytestmark = [pytest.mark.slow, pytest.mark.ocr]


def test_a_run_makes_items_of_all_families_with_their_images(finished_run):
    items = [Item.model_validate_json(line) for line in (finished_run / "candidates.jsonl").open()]
    assert len(items) == 40
    found = {item.provenance.writer.partition("/")[0] for item in items}
    assert found == set(families())
    derived = {image.path for item in items for image in item.images if image.is_derived}
    assert derived
    assert {f"images/{path.name}" for path in (finished_run / "images").iterdir()} == derived


def test_no_image_stands_in_two_pools(finished_run):
    pools_of: dict[str, set[str]] = {}
    for line in (finished_run / "candidates.jsonl").open():
        item = Item.model_validate_json(line)
        for image in item.images:
            for digest in (image.sha256, *image.derived_from):
                pools_of.setdefault(digest, set()).add(item.pool)
    assert {len(pools) for pools in pools_of.values()} == {1}


def test_the_report_stands_alone_and_shows_boxes(finished_run):
    html = (finished_run / "report.html").read_text()
    assert html.count('class="item"') >= 10
    assert 'class="box"' in html
    assert "data:image/jpeg;base64," in html
    assert "http" not in html.replace("http-equiv", "")


def test_status_tells_the_funnel(finished_run, mifg):
    figures = json.loads(mifg("status", finished_run, "--json").stdout)
    assert (figures["accepted"], figures["wanted"]) == (40, 40)
    assert figures["steps"]["answer_verifier"]["seen"] >= 40
    assert "answer_verifier" in mifg("status", finished_run).stdout


def test_a_person_verifies_by_file_and_the_verified_set_is_exported(finished_run, corpus, mifg, tmp_path, monkeypatch):
    import datasets

    review = tmp_path / "alice.jsonl"
    mifg("review", "pack", finished_run, "--annotator", "alice", "--out", review)
    lines = [json.loads(line) for line in review.read_text().splitlines()]
    for line in lines[:10]:
        line["decision"] = "accept"
    lines[10] |= {"decision": "reject", "reasons": ["wrong-answer"]}
    review.write_text("".join(json.dumps(line) + "\n" for line in lines))
    mifg("review", "submit", finished_run, review)

    dataset = tmp_path / "dataset"
    mifg("export", finished_run, "--out", dataset)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    splits = datasets.load_dataset(str(dataset), cache_dir=str(tmp_path / "cache"))
    rows = [row for split in splits.values() for row in split]
    assert {row["id"] for row in rows} == {line["id"] for line in lines[:10]}
    first = rows[0]
    assert len(first["images"]) == len(first["licenses"]) == len(first["roles"])
    assert first["images"][0].size[0] > 200


def test_a_second_run_of_the_same_command_keeps_what_people_decided_in_the_report(finished_run, corpus, mifg, tmp_path):
    review = tmp_path / "bob.jsonl"
    mifg("review", "pack", finished_run, "--annotator", "bob", "--out", review)
    first, *others = review.read_text().splitlines(keepends=True)
    decided = json.dumps({**json.loads(first), "decision": "accept"})
    review.write_text("".join([f"{decided}\n", *others]))
    mifg("review", "submit", finished_run, review)
    mifg("generate", "--corpus", corpus, "--out", finished_run, "--items", 40, "--seed", 7)
    html = (finished_run / "report.html").read_text()
    assert 'id="review"' in html
    assert "no person has checked them here" not in html


def test_a_second_run_of_the_same_command_changes_nothing(finished_run, corpus, mifg):
    before = (finished_run / "candidates.jsonl").read_bytes()
    again = mifg("generate", "--corpus", corpus, "--out", finished_run, "--items", 40, "--seed", 7)
    assert "Resuming after" in again.stderr
    assert (finished_run / "candidates.jsonl").read_bytes() == before
