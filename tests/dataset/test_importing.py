"""A dataset that is read back gives a run from which the same dataset is made."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
import yaml
from typer.testing import CliRunner

from mifg_pipeline.cli.import_dataset import import_dataset as import_command
from mifg_pipeline.config import GenerateSettings
from mifg_pipeline.corpus import Corpus
from mifg_pipeline.dataset.importing import import_dataset
from mifg_pipeline.errors import MifgError
from mifg_pipeline.export import Selection, export_dataset
from mifg_pipeline.store import Funnel, Ledger, RunFolder
from mifg_pipeline.store.reviewed import verified_items


def settings(items, seed):
    return GenerateSettings(items=items, seed=seed)


@pytest.fixture
def read_back(exported, tmp_path):
    def read(corpus=None):
        return import_dataset(exported.root, corpus or tmp_path / "corpus", tmp_path / "run", settings)

    return read


@pytest.fixture
def run(tmp_path):
    return RunFolder(tmp_path / "run")


def shards(folder):
    return {path.name: path.read_bytes() for path in (folder / "data").iterdir()}


@pytest.mark.parametrize("own_corpus", [True, False])
def test_an_export_of_the_import_has_the_same_bytes(exported, read_back, run, tmp_path, own_corpus):
    read_back(None if own_corpus else exported.made.corpus_root)
    export_dataset(Selection.open(run.root, "candidate"), tmp_path / "again")
    assert shards(tmp_path / "again") == shards(exported.root)


def test_items_keep_the_attempts_that_made_them(exported, read_back, run):
    exported.change(lambda rows: rows.pop(0))
    exported.count_on_card(5)
    read_back()
    assert [item.provenance for item in run.candidates()] == [item.provenance for item in exported.made.items[1:]]
    with Ledger(run.ledger_path, read_only=True) as ledger:
        funnel = Funnel.of(ledger.trails())
    assert (funnel.attempts, funnel.accepted) == (18, 17)


def test_images_keep_their_pools_in_a_corpus_of_their_own(exported, read_back, tmp_path):
    before = {image.sha256: image.pool for image in exported.made.corpus.images}
    read_back()
    images = Corpus.open(tmp_path / "corpus").images
    assert {image.sha256: image.pool for image in images}.items() <= before.items()


def test_licences_and_credits_come_along(exported, read_back, tmp_path):
    credit = {image.sha256: (image.license, image.attribution, image.source) for image in exported.made.corpus.images}
    read_back()
    images = Corpus.open(tmp_path / "corpus").images
    assert {
        image.sha256: (image.license, image.attribution, image.source) for image in images
    }.items() <= credit.items()


def test_an_image_without_its_original_becomes_a_source(exported, read_back, run):
    def only_the_detail(rows):
        rows[:] = [row for row in rows if row["writer"].startswith("find-detail")]
        made = json.loads(rows[0]["provenance"])
        made["images"][2]["derived_from"] = ["0" * 64]
        rows[0]["provenance"] = json.dumps(made)

    exported.change(only_the_detail)
    exported.count_on_card(1)
    read_back()
    detail = next(item for item in run.candidates() if item.pool == "train").images[2]
    assert not detail.is_derived
    export_dataset(Selection.open(run.root, "candidate"), run.root.parent / "again")


def test_what_people_verified_stays_verified(exported, run, tmp_path):
    first, second, *_ = exported.made.items
    exported.made.judge("ana", first)
    exported.made.judge("bo", first)
    exported.made.judge("bo", second)
    export_dataset(exported.made.selection("verified"), exported.root)
    imported = import_dataset(exported.root, tmp_path / "corpus", run.root, settings)
    assert (imported.verified, imported.annotators) == (2, ("ana", "bo"))
    assert "People have verified 2 of these candidates." in run.report_path.read_text()
    assert [(reviewed.item.id, reviewed.annotators) for reviewed in verified_items(run)] == [
        (first.id, ("ana", "bo")),
        (second.id, ("bo",)),
    ]


def test_candidates_stay_unverified(read_back, run):
    assert read_back().verified == 0
    assert verified_items(run) == []


def changed_image(rows):
    rows[0]["images"][0]["bytes"] += b" "


def changed_question(rows):
    rows[0]["question"] += "?"


def null_provenance(rows):
    rows[0]["provenance"] = None


def provenance_of_something_else(rows):
    rows[0]["provenance"] = '{"images": [{"sha256": "0"}]}'


def null_review(rows):
    rows[0]["review"] = None


def verified_by_nobody(rows):
    rows[0]["review"] = {"status": "verified", "decision": "accept", "annotators": []}


@pytest.mark.parametrize(
    "fault",
    [
        changed_image,
        changed_question,
        null_provenance,
        provenance_of_something_else,
        null_review,
        verified_by_nobody,
    ],
)
def test_a_damaged_row_is_named_and_leaves_no_run(exported, read_back, run, fault):
    exported.change(fault)
    with pytest.raises(MifgError, match="row 0"):
        read_back()
    assert sorted(path.name for path in run.root.parent.iterdir()) == ["work"]


def a_missing_shard(root):
    (root / "data" / "train-00000-of-00001.parquet").rename(root / "data" / "train-00000-of-00002.parquet")


def a_changed_shard(root):
    path = root / "data" / "train-00000-of-00001.parquet"
    pq.write_table(pq.read_table(path), path)


def random_bytes(root):
    (root / "data" / "train-00000-of-00001.parquet").write_bytes(bytes(range(256)))


def a_table_of_something_else(root):
    pq.write_table(pa.table({"id": ["1"]}), root / "data" / "train-00000-of-00001.parquet")


@pytest.mark.parametrize("downloaded", [True, False])
@pytest.mark.parametrize("damage", [a_missing_shard, random_bytes, a_table_of_something_else])
def test_a_damaged_dataset_is_refused_whole(exported, read_back, run, damage, downloaded):
    damage(exported.root)
    if downloaded:
        exported.forget_digests()
    with pytest.raises(MifgError, match="train"):
        read_back()
    assert sorted(path.name for path in run.root.parent.iterdir()) == ["work"]


def test_a_dataset_that_is_not_as_it_was_written_is_refused(exported, read_back):
    a_changed_shard(exported.root)
    with pytest.raises(MifgError, match=r"train-00000-of-00001\.parquet: it is not as it was written"):
        read_back()


def test_a_dataset_without_rows_is_refused(exported, read_back):
    for pool in ("train", "validation", "test"):
        exported.change(lambda rows: rows.clear(), pool)
        exported.count_on_card(0, pool)
    with pytest.raises(MifgError, match="has no rows"):
        read_back()


@pytest.mark.parametrize(
    ("corpus", "out", "said"),
    [
        ("corpus", "corpus", "(--corpus) lies in"),
        ("corpus", "corpus/run", "(--out) lies in"),
        ("run/corpus", "run", "(--corpus) lies in"),
        ("work/dataset", "run", "(the dataset) lies in"),
        ("corpus", "work/dataset/run", "(--out) lies in"),
    ],
)
def test_folders_that_lie_in_each_other_are_refused(exported, tmp_path, corpus, out, said):
    with pytest.raises(MifgError) as caught:
        import_dataset(exported.root, tmp_path / corpus, tmp_path / out, settings)
    assert said in caught.value.problem
    assert sorted(path.name for path in tmp_path.iterdir()) == ["work"]


def test_names_of_images_do_not_lead_out_of_the_folder(exported, read_back, tmp_path):
    def climb(rows):
        for row in rows:
            for image in row["images"]:
                image["path"] = f"../../{image['path']}"

    exported.change(climb)
    read_back()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corpus", "run", "work"]


def test_items_of_several_runs_are_refused(exported, read_back):
    def same_attempt(rows):
        for row in rows:
            made = json.loads(row["provenance"])
            made["attempt"] = 3
            row["provenance"] = json.dumps(made)

    exported.change(same_attempt)
    with pytest.raises(MifgError, match="one run"):
        read_back()


def test_a_corpus_that_lacks_images_is_refused(exported, read_back, tmp_path):
    (exported.made.corpus_root / "scene 02.png").unlink()
    from mifg_pipeline.corpus import index_corpus

    index_corpus(exported.made.corpus_root, workers=1)
    with pytest.raises(MifgError, match="lacks 1 of"):
        read_back(exported.made.corpus_root)


def test_a_run_that_is_there_is_left_alone(read_back, run):
    run.root.mkdir()
    (run.root / "run.yaml").write_text("mine")
    with pytest.raises(MifgError, match="there already"):
        read_back()
    assert [path.name for path in run.root.iterdir()] == ["run.yaml"]


def test_the_command_takes_items_and_seed_of_the_dataset(exported, run, tmp_path):
    app = typer.Typer()
    app.command()(import_command)
    arguments = [str(exported.root), "--corpus", str(tmp_path / "corpus"), "--out", str(run.root)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.exception
    assert "18 items of 18 attempts; 0 verified" in result.stdout
    stored = yaml.safe_load(run.manifest_path.read_text())["settings"]
    assert (stored["items"], stored["seed"]) == (18, 7)
