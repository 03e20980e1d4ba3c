"""What is not exported: each case names what is wrong and what to do, and leaves the earlier export as it was."""

import pytest

from mifg_pipeline.corpus import index_corpus
from mifg_pipeline.errors import MifgError
from mifg_pipeline.export import Terms, check_export, export_dataset
from mifg_pipeline.export.dataset import PLAIN
from mifg_pipeline.export.selection import Selection
from mifg_pipeline.items import POOLS, UNKNOWN_LICENSE, Answer


@pytest.fixture
def refused(made, tmp_path):
    """Exports, and returns the error; the earlier export must survive it."""
    out = tmp_path / "out"
    export_dataset(made.selection(), out)
    before = {path: path.read_bytes() for path in out.rglob("*.*")}

    def export_again(terms=PLAIN):
        with pytest.raises(MifgError) as caught:
            export_dataset(made.selection(), out, terms)
        assert {path: path.read_bytes() for path in out.rglob("*.*")} == before
        return caught.value

    return export_again


def with_images(make_item, item, images, **changes):
    return make_item(images, item.pool, question=item.question, answer=item.answer, options=item.options, **changes)


def test_a_missing_corpus_image(made, refused):
    path = made.file_of(made.items[0].images[0])
    path.unlink()
    assert refused().problem.startswith(f"Item {made.items[0].id}: Image {path} cannot be read")


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
    assert refused(Terms(require_license=True)).problem.startswith("1 of 2 items")


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


def test_unknown_licences_are_refused_before_anything_is_written(made, tmp_path, make_item):
    items = made.items
    images = [image.model_copy(update={"license": UNKNOWN_LICENSE}) for image in items[-1].images]
    made.rewrite([*items[:-1], with_images(make_item, items[-1], images)])
    rows = []
    with pytest.raises(MifgError, match=f"1 of {len(items)} items"):
        export_dataset(made.selection(), tmp_path / "out", Terms(require_license=True), on_row=rows.append)
    assert rows == []


@pytest.mark.parametrize("place", ["dataset", "boats/dataset"])
def test_a_place_in_the_corpus_is_refused(made, place):
    (problem,) = check_export(made.selection(), made.corpus_root / place).refused_for
    assert "lies in the corpus" in problem.problem
    with pytest.raises(MifgError, match="lies in the corpus"):
        export_dataset(made.selection(), made.corpus_root / place)


@pytest.mark.parametrize("place", ["review", "review/dataset", "images", "staging"])
def test_a_place_that_the_run_keeps_for_itself_is_refused(made, place):
    (problem,) = check_export(made.selection(), made.run.root / place).refused_for
    assert "the run keeps its own files" in problem.problem


def test_a_place_beside_them_in_the_run_is_taken(made):
    assert check_export(made.selection(), made.run.root / "dataset").refused_for == []


def test_a_name_that_is_too_long_is_refused(made, tmp_path):
    (problem,) = check_export(made.selection(), tmp_path / ("x" * 300)).refused_for
    assert problem.remedy == "Choose a shorter name."
    with pytest.raises(MifgError, match="shorter name"):
        export_dataset(made.selection(), tmp_path / ("x" * 300))


def test_a_run_without_candidates(made, refused):
    made.rewrite([])
    assert "no candidates" in refused().problem


class TestCheck:
    def test_reports_rows_and_bytes_and_writes_nothing(self, made, tmp_path):
        report = check_export(made.selection(), tmp_path / "out")
        assert not (tmp_path / "out").exists()
        assert not report.refused_for
        assert report.figures == export_dataset(made.selection(), tmp_path / "out").figures

    def test_reports_every_problem(self, made, tmp_path):
        made.file_of(made.items[1].images[2]).unlink()
        made.file_of(made.items[7].images[2]).unlink()
        report = check_export(made.selection(), tmp_path / "out")
        assert len(report.refused_for) == 2
        assert report.figures.rows == len(made.items) - 2

    def test_does_not_call_a_run_empty_whose_items_all_have_problems(self, made, tmp_path):
        made.file_of(made.items[1].images[2]).unlink()
        made.rewrite([made.items[1]])
        (problem,) = check_export(made.selection(), tmp_path / "out").refused_for
        assert "cannot be read" in problem.problem

    def test_reports_a_folder_that_would_be_refused(self, made, tmp_path):
        (tmp_path / "out").write_text("a file")
        (problem,) = check_export(made.selection(), tmp_path / "out").refused_for
        assert "not a folder" in problem.problem

    def test_reports_that_nobody_reviewed(self, made, tmp_path):
        (problem,) = check_export(made.selection("verified"), tmp_path / "out").refused_for
        assert "verified by a person" in problem.problem

    def test_reports_unknown_licences_where_they_are_required(self, made, tmp_path, make_item):
        item = made.items[0]
        images = [image.model_copy(update={"license": UNKNOWN_LICENSE}) for image in item.images]
        made.rewrite([with_images(make_item, item, images)])
        assert not check_export(made.selection(), tmp_path / "out").refused_for
        (problem,) = check_export(made.selection(), tmp_path / "out", Terms(require_license=True)).refused_for
        assert "unknown licence" in problem.problem


@pytest.fixture
def faulty(made, make_item):
    """Items of the run, the second of which has lost an image and the fourth of which has one of unknown licence."""
    first, second, third, fourth, *_ = made.items
    images = [image.model_copy(update={"license": UNKNOWN_LICENSE}) for image in fourth.images]
    made.rewrite([first, second, third, with_images(make_item, fourth, images)])
    made.file_of(second.images[2]).unlink()
    return made


class TestSkip:
    def test_leaves_the_item_out_that_has_a_problem_and_names_it(self, faulty, tmp_path):
        report = export_dataset(faulty.selection(), tmp_path / "out", Terms(skip=True))
        assert report.figures.rows == 3
        (problem,) = report.left_out
        assert "cannot be read" in problem.problem

    def test_leaves_out_unknown_licences_where_licences_are_required(self, faulty, tmp_path):
        report = export_dataset(faulty.selection(), tmp_path / "out", Terms(require_license=True, skip=True))
        assert report.figures.rows == 2
        assert report.figures.unlicensed_rows == 0
        assert [problem.problem for problem in report.left_out if "unknown licence" in problem.problem]

    def test_leaves_an_item_out_of_the_format_alone_that_cannot_hold_it(self, made, tmp_path):
        report = export_dataset(made.selection(), tmp_path / "out", Terms(("vlmevalkit",), skip=True))
        assert report.figures.rows == len(made.items)
        choices = sum(item.answer.kind == "choice" for item in made.items)
        assert len(report.left_out) == len(made.items) - choices
        assert {problem.remedy for problem in report.left_out} == {"The other formats hold it."}

    def test_is_no_leave_to_write_nothing(self, faulty, tmp_path):
        faulty.rewrite([item for item in faulty.items if len(item.images) == 3 and item.images[2].is_derived])
        with pytest.raises(MifgError, match="All 1 items"):
            export_dataset(faulty.selection(), tmp_path / "out", Terms(skip=True))

    def test_is_foretold_by_a_check(self, faulty, tmp_path):
        report = check_export(faulty.selection(), tmp_path / "out", Terms(skip=True))
        assert not report.refused_for
        assert len(report.left_out) == 1


def test_an_answer_that_a_format_cannot_hold(made, refused):
    error = refused(Terms(("vlmevalkit",)))
    assert "cannot be written as vlmevalkit" in error.problem
    assert "--skip" in error.remedy
