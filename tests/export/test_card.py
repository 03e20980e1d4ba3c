"""The card: front matter as the hub wants it, and figures of the run."""

import re

import pytest
import yaml
from huggingface_hub import DatasetCard, DatasetCardData
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mifg_pipeline.corpus import RunImages, index_corpus
from mifg_pipeline.export import Selection, export_dataset
from mifg_pipeline.export.card import markdown_cell
from mifg_pipeline.export.front_matter import license_fields, size_category
from mifg_pipeline.items import UNKNOWN_LICENSE, Probe


@pytest.fixture
def export_card(made, tmp_path):
    def export(status="candidate"):
        export_dataset(made.selection(status), tmp_path / "out")
        return DatasetCard.load(tmp_path / "out" / "README.md")

    return export


def test_front_matter_is_what_the_hub_expects(export_card):
    data = export_card().data
    assert isinstance(data, DatasetCardData)
    assert data.license == "cc0-1.0"
    assert data.task_categories == ["visual-question-answering"]
    assert data.size_categories == ["n<1K"]
    assert [file["split"] for file in data.configs[0]["data_files"]] == ["train", "validation", "test"]


def test_front_matter_counts_what_the_files_hold(export_card, tmp_path):
    info = export_card().data.dataset_info
    files = list((tmp_path / "out" / "data").iterdir())
    assert [split["num_examples"] for split in info["splits"]] == [6, 6, 6]
    assert info["download_size"] == sum(path.stat().st_size for path in files)


def test_candidates_are_called_unverified(export_card):
    card = export_card()
    assert "UNVERIFIED" in card.text
    assert "unverified" in card.data.tags


def test_verified_rows_are_not_called_unverified(made, export_card):
    made.judge("ana", made.items[0])
    card = export_card("verified")
    assert "unverified" not in card.content.lower()
    assert "| ana | 1 |" in card.text
    assert "| accept | 1 |" in card.text


def test_funnel_is_that_of_the_ledger(export_card):
    text = export_card().text
    assert "19 attempts gave 18 candidates" in text
    assert "| lint | 19 | 0 | 1 |" in text


def test_every_source_image_is_credited(made, export_card):
    used = {digest for item in made.items for image in item.images for digest in image.derived_from or (image.sha256,)}
    text = export_card().text
    lines = [line for line in text.splitlines() if line.startswith("| CC0-1.0 |")]
    assert sum(int(line.split("|")[-2]) for line in lines) == len(used)
    assert f"use {len(used)} source images" in text


def test_attributions_are_text_and_not_markup(export_card):
    text = export_card().text
    assert "<b>" not in text
    assert r"Ana \| \<b\>" in text


def test_unknown_licences_are_counted(made, make_item, tmp_path):
    index = made.corpus_root / "metadata.jsonl"
    index.unlink()
    index_corpus(made.corpus_root, min_side=32, workers=1)
    corpus = made.corpus
    item = made.items[0]
    images = [image.model_copy(update={"license": UNKNOWN_LICENSE}) for image in item.images]
    made.rewrite([make_item(images, item.pool)])
    export_dataset(Selection(RunImages(made.run, corpus), "candidate"), tmp_path / "out")
    card = DatasetCard.load(tmp_path / "out" / "README.md")
    assert card.data.license == "unknown"
    assert "Of 3 source images the licence is unknown" in card.text
    assert "1 rows show one of them" in card.text


@pytest.mark.parametrize(
    ("licenses", "fields"),
    [
        (["CC-BY-4.0"], {"license": "cc-by-4.0"}),
        (["Public domain"], {"license": "other", "license_name": "Public domain"}),
        (["CC-BY-4.0", "CC0-1.0"], {"license": "other", "license_name": "one per image"}),
        (["CC0-1.0", "unknown"], {"license": "other", "license_name": "one per image"}),
        (["unknown"], {"license": "unknown"}),
    ],
)
def test_licence_is_named_only_where_all_agree(licenses, fields):
    assert license_fields(licenses) == fields


@pytest.mark.parametrize(
    ("rows", "word"), [(1, "n<1K"), (999, "n<1K"), (1_000, "1K<n<10K"), (10_000, "10K<n<100K"), (10**7, "10M<n<100M")]
)
def test_size_is_given_in_the_words_of_the_hub(rows, word):
    assert size_category(rows) == word


@given(st.text())
def test_a_cell_never_breaks_its_table(text):
    cell = markdown_cell(text)
    assert len(cell.splitlines()) <= 1
    assert "|" not in cell.replace("\\\\", "").replace("\\|", "")


def test_the_card_shows_a_row_of_each_family_with_its_pictures(made, export_card, tmp_path):
    text = export_card().text
    pictures = re.findall(r"!\[Image \d\]\((samples/[^)]+)\)", text)
    detail = next(item for item in made.items if item.provenance.writer.startswith("find-detail"))
    assert len(pictures) == len(made.items[0].images) + len(detail.images)
    for name in pictures:
        with Image.open(tmp_path / "out" / name) as picture:
            assert max(picture.size) <= 320


def test_the_card_says_how_far_people_agreed(made, export_card):
    first, second, *_ = made.items
    for annotator in ("ana", "bo"):
        made.judge(annotator, first)
    made.judge("ana", second)
    made.judge("bo", second, "reject")
    text = export_card("verified").text
    assert "Two or more people decided 2 items" in text
    assert "50% of" in text


def test_the_difficulty_that_was_probed_is_on_the_card(made, export_card):
    first, *others = made.items
    probe = Probe(kind="difficulty", solver=("seer",), pixels=100, attempts=4, correct=1, answers=("A",) * 4)
    made.rewrite([first.model_copy(update={"probes": (probe,)}), *others])
    assert "| 2 | 1 |" in export_card().text.partition("share of right replies of solver models")[2]


def test_the_citation_file_names_the_run(made, export_card, tmp_path):
    export_card()
    citation = yaml.safe_load((tmp_path / "out" / "CITATION.cff").read_text())
    assert citation["cff-version"] == "1.2.0"
    assert citation["identifiers"][0]["value"] == made.run.read_manifest().run_id
    assert citation["abstract"].startswith("18 unverified candidates")
