"""What is not exported: each case names what is wrong and what to do, and leaves the earlier export as it was."""

import pytest

from mifg_pipeline.corpus import index_corpus
from mifg_pipeline.errors import MifgError
from mifg_pipeline.export import check_export, export_dataset
from mifg_pipeline.export.selection import Selection
from mifg_pipeline.items import POOLS, UNKNOWN_LICENSE, Answer


@pytest.fixture
def refused(made, tmp_path):
    """Exports, and returns the error; the earlier export must survive it."""
    out = tmp_path / "out"
    export_dataset(made.selection(), out)
    before = {path: path.read_bytes() for path in out.rglob("*.*")}

    def export_again(**options):
        with pytest.raises(MifgError) as caught:
            export_dataset(made.selection(), out, **options)
        assert {path: path.read_bytes() for path in out.rglob("*.*")} == before
        return caught.value

    return export_again


def with_images(make_item, item, images, **changes):
    return make_item(images, item.pool, question=item.question, answer=item.answer, options=item.options, **changes)


def test_a_missing_corpus_image(made, refused):
    path = made.file_of(made.items[0].images[0])
    path.unlink()
    assert str(path) in refused().problem


def test_a_missing_derived_image(made, refused):
    path = made.file_of(made.items[1].images[2])
    path.unlink()
    error = refused()
    assert str(path) in error.problem
    assert "run folder" in error.remedy


def test_a_changed_image(made, refused):
    path = made.file_of(made.items[0].images[0])
    path.write_bytes(path.read_bytes() + b"\0")
    assert "has changed" in refused().problem


def test_an_image_of_another_split(made, refused, make_item):
    item = next(item for item in made.items if item.pool == "train")
    stranger = next(image for image in made.corpus.images if image.pool == "test")
    made.rewrite([with_images(make_item, item, [item.images[0], stranger.ref()])])
    assert "belongs to test" in refused().problem


def test_an_image_made_from_one_of_another_split(made, refused, make_item):
    item = next(item for item in made.items if item.pool == "train" and item.images[-1].is_derived)
    stranger = next(image for image in made.corpus.images if image.pool == "test")
    derived = item.images[-1].model_copy(update={"derived_from": (*item.images[-1].derived_from, stranger.sha256)})
    made.rewrite([with_images(make_item, item, [*item.images[:2], derived])])
    assert "belongs to test" in refused().problem


def test_an_image_that_the_corpus_does_not_know(made, refused, make_item):
    item = made.items[0]
    stranger = item.images[0].model_copy(update={"sha256": "a" * 64})
    made.rewrite([with_images(make_item, item, [stranger, item.images[1]])])
    assert "not in the corpus" in refused().problem


@pytest.mark.parametrize(
    ("options", "score"),
    [pytest.param(("left", "left"), 1, id="key"), pytest.param(("B", "right"), 0, id="distractor")],
)
def test_options_that_the_scorer_confuses(made, refused, make_item, options, score):
    item = made.items[1]
    made.rewrite([make_item(item.images, item.pool, answer=Answer(kind="choice", value="B"), options=options)])
    assert f"should score {score}" in refused().problem


def test_unknown_licences_where_licences_are_required(made, refused, make_item):
    item = made.items[0]
    images = [image.model_copy(update={"license": UNKNOWN_LICENSE}) for image in item.images]
    made.rewrite([with_images(make_item, item, images), made.items[1]])
    assert refused(require_license=True).problem.startswith("1 of 2 items")


def test_a_corpus_that_changed_since_the_run(made):
    first = made.corpus.images[0]
    made.file_of(first).unlink()
    index_corpus(made.corpus_root, min_side=32, workers=1, shares=dict.fromkeys(POOLS, 1 / 3))
    with pytest.raises(MifgError, match="not as it was"):
        made.selection()


def test_a_moved_corpus_is_found_where_the_caller_says(made, tmp_path):
    made.corpus_root.rename(tmp_path / "elsewhere")
    with pytest.raises(MifgError, match="--corpus"):
        made.selection()
    assert Selection.open(made.run.root, "candidate", tmp_path / "elsewhere").corpus.images


def test_a_run_without_candidates(made, refused):
    made.rewrite([])
    assert "no candidates" in refused().problem


class TestCheck:
    def test_reports_rows_and_bytes_and_writes_nothing(self, made, tmp_path):
        report = check_export(made.selection(), tmp_path / "out")
        assert not (tmp_path / "out").exists()
        assert not report.problems
        assert report.figures == export_dataset(made.selection(), tmp_path / "out")

    def test_reports_every_problem(self, made, tmp_path):
        made.file_of(made.items[1].images[2]).unlink()
        made.file_of(made.items[7].images[2]).unlink()
        report = check_export(made.selection(), tmp_path / "out")
        assert len(report.problems) == 2
        assert report.figures.rows == len(made.items) - 2

    def test_does_not_call_a_run_empty_whose_items_all_have_problems(self, made, tmp_path):
        made.file_of(made.items[1].images[2]).unlink()
        made.rewrite([made.items[1]])
        (problem,) = check_export(made.selection(), tmp_path / "out").problems
        assert "cannot be read" in problem.problem

    def test_reports_a_folder_that_would_be_refused(self, made, tmp_path):
        (tmp_path / "out").write_text("a file")
        (problem,) = check_export(made.selection(), tmp_path / "out").problems
        assert "not a folder" in problem.problem

    def test_reports_that_nobody_reviewed(self, made, tmp_path):
        (problem,) = check_export(made.selection("verified"), tmp_path / "out").problems
        assert "verified by a person" in problem.problem

    def test_reports_unknown_licences_where_they_are_required(self, made, tmp_path, make_item):
        item = made.items[0]
        images = [image.model_copy(update={"license": UNKNOWN_LICENSE}) for image in item.images]
        made.rewrite([with_images(make_item, item, images)])
        assert not check_export(made.selection(), tmp_path / "out").problems
        (problem,) = check_export(made.selection(), tmp_path / "out", require_license=True).problems
        assert "unknown licence" in problem.problem
