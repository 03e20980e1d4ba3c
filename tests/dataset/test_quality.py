"""The quality report counts what a reader could guess, and what the dataset is made of."""

from mifg_pipeline.dataset.check import check_dataset
from mifg_pipeline.dataset.quality import quality, quality_text


def test_rows_are_counted_by_their_form(exported):
    forms = quality(exported.root).forms
    assert {name: form.rows for name, form in forms.items()} == {"count-across/total": 15, "find-detail/which-image": 3}


def test_the_most_common_answer_is_a_share_of_the_rows(exported):
    assert quality(exported.root).forms["find-detail/which-image"].most_common == 1.0


def test_chance_is_one_in_the_number_of_options(exported):
    found = quality(exported.root)
    assert found.chance == 0.5
    assert found.forms["find-detail/which-image"].chance == 1.5


def test_the_evidence_is_measured_in_its_own_image(exported):
    item = exported.made.items[0]
    form = quality(exported.root).forms["count-across/total"]
    assert form.evidence[-1] == 28 * 37 / (item.images[0].width * item.images[0].height)


def test_wordings_that_differ_in_numbers_alone_are_one(exported):
    def renumber(rows):
        for number, row in enumerate(rows):
            row["question"] = f"How many are in Image {number}?"

    for pool in ("train", "validation", "test"):
        exported.change(renumber, pool)
    assert len(quality(exported.root).forms["count-across/total"].wordings) == 1


def test_a_giveaway_in_the_text_is_found(exported):
    def plant(rows):
        (choice,) = [row for row in rows if row["options"]]
        rows[:] = [
            choice
            | {
                "question": f"Which one is it, {number}?",
                "options": ["a plain one", "the right one"] if number % 2 else ["the right one", "a plain one"],
                "answer": "AB"[number % 2],
                "provenance": choice["provenance"].replace('"sha256":"', f'"sha256":"{number % 7}'),
            }
            for number in range(120)
        ]

    exported.change(plant)
    right, choices = quality(exported.root).guessed
    assert choices == 122
    assert right >= 120


def test_the_report_says_what_was_found(exported):
    text = quality_text(quality(exported.root), check_dataset(exported.root), ["Nobody has looked."])
    assert "18 rows, 0 of them verified by people" in text
    assert "Nobody has looked." in text
    assert "| find-detail/which-image | 3 | 1 | 50% | 100% |" in text
    assert "too few choices" in text


def test_the_report_names_what_is_broken(exported):
    def turn(rows):
        rows[0]["answer"] = "Z"
        return rows

    exported.change(turn)
    text = quality_text(quality(exported.root), check_dataset(exported.root), [])
    assert "| rows give the digests they name, each item once | 1 |" in text
    assert ", row 0: the column answer does not go with the others" in text
