"""A run folder: movable, locked by its writer, refused where it does not fit."""

import shutil
import subprocess
import sys

import pytest

from mifg_pipeline.config import GenerateSettings
from mifg_pipeline.errors import MifgError
from mifg_pipeline.store import CorpusLocation, RunFolder, RunManifest

HOLD_LOCK = """
import sys
from pathlib import Path
from mifg_pipeline.store import RunFolder
with RunFolder(Path(sys.argv[1])).locked():
    print("locked", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def run(tmp_path):
    folder = RunFolder(tmp_path / "runs" / "one")
    folder.create()
    folder.write_manifest(
        RunManifest(
            corpus=CorpusLocation(path="../../corpus", fingerprint="f" * 32),
            settings=GenerateSettings(items=5),
            versions={"pillow": "13.0.0"},
        )
    )
    return folder


def test_the_manifest_reads_back_as_written(run):
    manifest = run.read_manifest()
    assert manifest.settings == GenerateSettings(items=5)
    assert manifest.corpus.path == "../../corpus"


def test_places_on_this_machine_are_not_written(run):
    settings = GenerateSettings.model_validate(
        {"items": 5, "budget": {"calls": 9, "prices": "/here/prices.yaml"}, "serve": {"python": "/here/python"}}
    )
    run.write_manifest(run.read_manifest().model_copy(update={"settings": settings}))
    assert "/here" not in run.manifest_path.read_text()
    assert run.read_manifest().settings.budget.calls == 9


def test_other_prompts_make_another_run(run):
    manifest = run.read_manifest()
    assert manifest.model_copy(update={"prompts": {"question": "0" * 12}}).run_id != manifest.run_id


def test_the_run_id_does_not_depend_on_where_the_corpus_lies(run):
    manifest = run.read_manifest()
    moved = manifest.model_copy(update={"corpus": CorpusLocation(path="elsewhere", fingerprint="f" * 32)})
    assert moved.run_id == manifest.run_id


def test_the_corpus_is_found_relative_to_a_moved_run(run, tmp_path):
    (tmp_path / "corpus").mkdir()
    assert run.corpus_root() == tmp_path / "corpus"
    shutil.move(tmp_path, tmp_path.with_name("moved"))
    moved = RunFolder(tmp_path.with_name("moved") / "runs" / "one")
    assert moved.corpus_root() == tmp_path.with_name("moved") / "corpus"


def test_a_corpus_that_has_gone_is_asked_for(run):
    with pytest.raises(MifgError, match="--corpus DIR"):
        run.corpus_root()


def test_a_folder_without_run_yaml_is_no_run(tmp_path):
    with pytest.raises(MifgError, match=r"no run\.yaml"):
        RunFolder.open(tmp_path)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("schema_version: 7\n", "schema version 7"),
        ("schema_version: 1\nsurprise: 1\n", "cannot be read"),
        ("just words", "schema version None"),
        ("a: [", "cannot be read"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(run, text, complaint):
    run.manifest_path.write_text(text)
    with pytest.raises(MifgError, match=complaint):
        run.read_manifest()


def test_a_second_process_is_kept_out(run):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD_LOCK, run.root], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        with pytest.raises(MifgError, match="Another process"), run.locked():
            pass
        holder.communicate("")
    with run.locked():
        pass


def test_a_damaged_line_is_named_by_its_number(run, make_item):
    good = make_item().model_dump_json()
    run.candidates_path.write_text(f"{good}\n{good.replace('red kite', 'red lion')}\n")
    with pytest.raises(MifgError, match=r"candidates\.jsonl, line 2"):
        list(run.candidates())
