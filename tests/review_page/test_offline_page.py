"""The page in a real browser, offline: what an annotator does by keyboard, and what the saved file says of it."""

import json
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from review_run import review_item, write_items

from mifg_pipeline.corpus import Corpus, index_corpus
from mifg_pipeline.errors import MifgError
from mifg_pipeline.items import Answer
from mifg_pipeline.review import submit
from mifg_pipeline.review.bundle import pack_bundle
from mifg_pipeline.store import CorpusLocation
from mifg_pipeline.store.events import EventLog

pytestmark = pytest.mark.slow

NOW = datetime(2026, 1, 2, tzinfo=UTC)
SCALES = """() => [...document.querySelectorAll(".window img")].map((one) => new DOMMatrix(one.style.transform).a)"""
CENTRE_OF_BOX = """(number) => {
  const box = document.querySelector(`.box[data-number="${number}"]`).getBoundingClientRect();
  const pane = document.querySelector(`.box[data-number="${number}"]`).parentElement.getBoundingClientRect();
  return [(box.x + box.width / 2 - pane.x) / pane.width, (box.y + box.height / 2 - pane.y) / pane.height];
}"""
PRESS = "(init) => document.body.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, ...init }))"
UNNAMED = """() => [...document.querySelectorAll("button, a, input, textarea, select, [tabindex]")]
  .filter((one) => one.checkVisibility())
  .filter((one) => !(one.getAttribute("aria-label") || one.labels?.[0]?.textContent || one.textContent).trim())
  .map((one) => one.outerHTML)"""


def question(page: Page) -> str:
    return page.locator(".asked .question").inner_text()


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def decide(page: Page, *keys: str) -> None:
    """Presses keys whose last one decides, and waits until the next item is there."""
    before = page.evaluate("location.hash")
    press(page, *keys)
    page.wait_for_function("(before) => location.hash !== before", arg=before)


def saved_lines(page: Page, folder: Path) -> list[dict]:
    with page.expect_download() as download:
        page.keyboard.press("w")
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_20_items_are_judged_by_keyboard_alone(offline, tmp_path):
    page = offline()
    rounds = [["a"], ["r", "3"], ["2", "6", "r"], ["f", "9"], ["s"]]
    for number in range(20):
        decide(page, *rounds[number % 5])
    lines = saved_lines(page, tmp_path)
    assert Counter(line["decision"] for line in lines) == {"accept": 4, "reject": 8, "flag": 4, "skip": 4}
    reasons = [line["reasons"] for line in lines[:5]]
    assert reasons == [[], ["not-visible"], ["ambiguous", "too-easy"], ["other"], []]
    expect(page.locator("#pace")).to_contain_text("16 of 24")


def test_the_saved_file_is_taken_whole_and_a_second_time_changes_nothing(offline, run, tmp_path):
    page = offline()
    for keys in (["a"], ["1", "r"], ["s"], ["8", "f"]):
        decide(page, *keys)
    saved_lines(page, tmp_path)
    first, second = (submit(run, tmp_path / "alice.jsonl", NOW) for _ in range(2))
    assert (first.stored, first.checked.refused) == (4, [])
    assert (second.stored, second.unchanged) == (0, 4)
    assert all(event.seconds is not None for event in EventLog.of(run, "alice").read().events)


def test_a_decision_that_was_saved_and_taken_back_is_taken_back_in_the_next_file(offline, run, tmp_path):
    page = offline()
    decide(page, "a")
    saved_lines(page, tmp_path)
    submit(run, tmp_path / "alice.jsonl", NOW)
    decide(page, "u")
    saved_lines(page, tmp_path)
    assert submit(run, tmp_path / "alice.jsonl", NOW).stored == 1
    assert [event.decision for event in EventLog.of(run, "alice").read().events] == ["accept", "undo"]


def test_a_reload_midway_loses_nothing(offline):
    page = offline()
    decide(page, "a")
    asked = question(page)
    press(page, "2", "5", "c")
    page.keyboard.type("half a thought")
    expect(page.locator("#state")).to_have_text("draft kept")
    page.reload()
    expect(page.locator(".asked .question")).to_have_text(asked)
    assert page.locator("[data-reason][aria-pressed=true]").count() == 2
    assert page.locator("#comment").input_value() == "half a thought"
    expect(page.locator("#pace")).to_contain_text("1 of 24")


def test_an_edit_shows_what_it_changes_and_is_checked_before_it_is_sent(offline, run, tmp_path):
    page = offline()
    press(page, "e")
    page.locator("#edit-question").fill("Which image has the green square of round 0?")
    expect(page.locator(".verdict.good")).to_contain_text("Image 2")
    assert page.locator(".diffs del").all_inner_texts() == ["blue"]
    assert page.locator(".diffs ins").all_inner_texts() == ["green"]
    decide(page, "Control+Enter")
    (line,) = saved_lines(page, tmp_path)
    assert (line["decision"], line["edits"]["question"][-28:]) == ("edit", "the green square of round 0?")
    assert submit(run, tmp_path / "alice.jsonl", NOW).stored == 1


def test_an_edit_that_makes_no_valid_item_is_refused(offline):
    page = offline()
    press(page, "e")
    page.get_by_label("Box 1: left, top, right, bottom").fill("100, 60, 900, 120")
    expect(page.locator(".verdict.bad")).to_contain_text("does not lie inside Image 2")
    press(page, "Control+Enter")
    expect(page.locator("#notice")).to_contain_text("does not lie inside")
    expect(page.locator("#pace")).to_contain_text("0 of 24")


def test_a_box_is_drawn_with_the_pointer_where_it_is_seen(offline, tmp_path):
    page = offline()
    press(page, "e")
    page.get_by_label("Draw Box 2 anew").click()
    pane = page.locator(".pane[data-image='0'] .window").bounding_box()
    width, height = pane["width"], pane["height"]
    page.mouse.move(pane["x"] + 0.25 * width, pane["y"] + 0.25 * height)
    page.mouse.down()
    page.mouse.move(pane["x"] + 0.5 * width, pane["y"] + 0.75 * height)
    page.mouse.up()
    expect(page.locator(".verdict.good")).to_be_visible()
    decide(page, "Control+Enter")
    ((_, drawn),) = [line["edits"]["evidence"] for line in saved_lines(page, tmp_path)]
    assert drawn["bbox"] == pytest.approx([120, 80, 240, 240], abs=2)


def test_undo_goes_back_across_items_with_what_was_filled_in(offline):
    page = offline()
    asked = []
    for keys in (["a"], ["4", "r"], ["a"]):
        asked.append(question(page))
        decide(page, *keys)
    decide(page, "u")
    assert question(page) == asked[2]
    decide(page, "u")
    assert question(page) == asked[1]
    assert page.locator("[data-reason=wrong-evidence]").get_attribute("aria-pressed") == "true"
    expect(page.locator("#pace")).to_contain_text("1 of 24")


def test_a_decision_can_be_changed_from_the_history(offline, tmp_path):
    page = offline()
    first = question(page)
    decide(page, "a")
    decide(page, "a")
    press(page, "h", "ArrowDown")
    decide(page, "Enter")
    assert question(page) == first
    expect(page.locator(".asked .mine")).to_contain_text("You decided accept")
    decide(page, "1", "r")
    assert [line["decision"] for line in saved_lines(page, tmp_path)] == ["reject", "accept"]


@pytest.mark.parametrize(
    ("keys", "said"),
    [(["1", "a"], "Reasons are chosen"), (["e", "Escape"], None), (["Control+Enter"], None), (["d"], None)],
)
def test_a_slip_decides_nothing(offline, keys, said):
    page = offline()
    press(page, *keys)
    if said:
        expect(page.locator("#notice")).to_contain_text(said)
    expect(page.locator("#pace")).to_contain_text("0 of 24")


def test_edits_that_are_not_sent_are_not_passed_over(offline):
    page = offline()
    press(page, "e")
    page.locator("#edit-question").fill("Which image has the blue square?")
    press(page, "Escape", "a")
    expect(page.locator("#notice")).to_contain_text("edits that are not sent")
    expect(page.locator(".pending ins, .pending del")).not_to_have_count(0)
    press(page, "d", "a")
    expect(page.locator("#pace")).to_contain_text("1 of 24")


def test_reject_without_a_reason_asks_for_one(offline):
    page = offline()
    press(page, "r")
    expect(page.locator(".prompt.armed")).to_contain_text("Reject: why?")
    press(page, "c")
    page.keyboard.type("not a square at all")
    decide(page, "Control+Enter")
    expect(page.locator("#pace")).to_contain_text("1 of 24")


@pytest.mark.parametrize("count", range(2, 9))
def test_all_images_of_an_item_are_seen_at_once(offline, count):
    page = offline()
    for _ in range(count - 2):
        decide(page, "a")
    panes = page.locator(".pane")
    assert panes.count() == count
    stage = page.locator("#stage").bounding_box()
    for pane in panes.all():
        box = pane.bounding_box()
        assert box["x"] >= stage["x"] - 1
        assert box["x"] + box["width"] <= stage["x"] + stage["width"] + 1
        assert box["y"] + box["height"] <= stage["y"] + stage["height"] + 1
    page.wait_for_function("[...document.images].every((one) => one.complete && one.naturalWidth)")
    assert page.evaluate("document.documentElement.scrollHeight") == 720


def test_images_zoom_together_until_they_are_unlinked(offline):
    page = offline()
    press(page, "+", "+")
    scales = page.evaluate(SCALES)
    assert scales[0] > 1.5
    assert scales[0] == pytest.approx(scales[1])
    press(page, "l", "+")
    alone, other = page.evaluate(SCALES)
    assert alone > other == pytest.approx(scales[1])
    press(page, "0")
    assert page.evaluate(SCALES) == [1, 1]


def test_the_wheel_zooms_where_the_pointer_is(offline):
    page = offline()
    pane = page.locator(".window").first.bounding_box()
    page.mouse.move(pane["x"] + 5, pane["y"] + 5)
    page.mouse.wheel(0, -600)
    page.wait_for_function(f"({SCALES})()[0] > 1.5")
    moved = page.evaluate("new DOMMatrix(document.querySelector('.window img').style.transform).e")
    assert -30 < moved <= 0


def test_each_evidence_box_is_brought_to_the_middle_by_its_key(offline):
    page = offline()
    for keys, number in ((["Shift+Digit1"], 1), (["n"], 2), (["Shift+N"], 1), (["Shift+Digit2"], 2)):
        press(page, *keys)
        x, y = page.evaluate(CENTRE_OF_BOX, number)
        assert 0.3 <= x <= 0.7
        assert 0.2 <= y <= 0.8
        assert page.locator(".box.lit").get_attribute("data-number") == str(number)
        expect(page.locator("#live")).to_contain_text(f"Evidence {number} of 2: square")


@pytest.mark.parametrize(
    ("key", "code", "does"),
    [("a", "KeyA", "accepts"), ("A", "KeyA", "accepts"), ("ф", "KeyA", "accepts"), ("q", "KeyA", "nothing")],
)
def test_keys_are_known_by_letter_and_in_other_scripts_by_place(offline, key, code, does):
    page = offline()
    page.evaluate(PRESS, {"key": key, "code": code})
    expect(page.locator("#pace")).to_contain_text("1 of 24" if does == "accepts" else "0 of 24")


def test_on_keyboards_with_shifted_digits_they_still_choose_reasons(offline):
    page = offline()
    init = {"key": "3", "code": "Digit3", "shiftKey": True}
    page.evaluate(PRESS, init)
    assert page.locator("[data-reason=not-visible]").get_attribute("aria-pressed") == "true"


def test_the_question_the_key_and_the_options_are_shown(offline):
    page = offline()
    assert page.locator(".options li").all_inner_texts() == ["A\nImage 1", "B\nImage 2\nkey ✓"]
    decide(page, "a")
    expect(page.locator(".value")).to_contain_text("2")


def test_text_of_an_item_is_never_markup(run, windows, tmp_path):
    hostile = '<img src=x onerror="document.title=1"><script>document.title=2</script></script>\u202egnp.exe\x07'
    (first, *_) = run.candidates()
    item = review_item(0, list(first.images), question=hostile, options=(hostile, "B"), skills=(hostile,))
    write_items(run, [item])
    pack_bundle(run, "alice", tmp_path / "hostile")
    page = windows.open((tmp_path / "hostile" / "index.html").as_uri())
    assert question(page) == hostile.replace("\u202e", "<U+202E>").replace("\x07", "<U+0007>")
    assert page.title() == "Review of run"
    press(page, "e", "Escape", "h", "Escape")
    assert page.locator("#panel img, #panel script").count() == 0


def test_every_kind_of_key_can_be_edited(run, windows, tmp_path):
    (first, *_) = run.candidates()
    answers = {
        "7": Answer(kind="number", value=2.0),
        "new words": Answer(kind="text", value="old words"),
        "b\nc": Answer(kind="list", value=("a", "b")),
    }
    items = [review_item(2 * k, list(first.images), options=None, answer=key) for k, key in enumerate(answers.values())]
    write_items(run, items)
    pack_bundle(run, "alice", tmp_path / "kinds")
    page = windows.open((tmp_path / "kinds" / "index.html").as_uri())
    for text in answers:
        press(page, "e")
        page.locator("#edit-key").fill(text)
        expect(page.locator(".verdict.good")).to_be_visible()
        decide(page, "Control+Enter")
    values = [line["edits"]["answer"]["value"] for line in saved_lines(page, tmp_path)]
    assert values == [7, "new words", ["b", "c"]]
    assert submit(run, tmp_path / "alice.jsonl", NOW).checked.refused == []


@pytest.mark.parametrize("keys", [[], ["e"], ["h"], ["?"]])
def test_everything_that_takes_focus_has_a_name(offline, keys):
    page = offline()
    press(page, *keys)
    assert page.evaluate(UNNAMED) == []


def test_focus_is_visible(offline):
    page = offline()
    for _ in range(12):
        press(page, "Tab")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_the_help_lists_every_key_and_keys_of_the_page_rest_meanwhile(offline):
    page = offline()
    press(page, "?")
    assert page.locator("#help dt").count() >= 28
    press(page, "a")
    expect(page.locator("#pace")).to_contain_text("0 of 24")


def test_dark_and_light_follow_the_system_until_somebody_chooses(offline):
    colour = "getComputedStyle(document.body).backgroundColor"
    page = offline(scheme="dark")
    dark = page.evaluate(colour)
    press(page, "t")
    light = page.evaluate(colour)
    assert dark != light
    page.reload()
    assert page.evaluate(colour) == light


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out_from_its_ground(offline, scheme):
    page = offline(scheme=scheme)
    press(page, "1")
    assert page.evaluate((Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")) == []


def test_motion_is_reduced_where_people_ask_for_it(offline):
    page = offline()
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate("getComputedStyle(document.querySelector('#progress i')).transitionProperty") in (
        "none",
        "all",
    )
    assert page.evaluate("getComputedStyle(document.querySelector('#progress i')).transitionDuration") == "0s"


def test_the_guideline_opens_with_its_pictures(offline, bundle, windows):
    page = offline()
    with page.context.expect_page() as opened:
        press(page, "g")
    guide = opened.value
    guide.wait_for_load_state()
    assert guide.locator("h1").inner_text() == "Guideline for annotators"
    assert guide.evaluate("[...document.images].filter((one) => !one.naturalWidth).length") == 0
    assert guide.locator("h3 kbd").all_inner_texts() == [str(number) for number in range(1, 10)]


def test_the_end_says_what_to_do(offline):
    page = offline()
    for _ in range(24):
        before = page.evaluate("location.hash")
        press(page, "a")
        page.wait_for_function("(before) => location.hash !== before", arg=before)
    expect(page.locator(".nothing")).to_contain_text("Save your decisions")
    assert re.search(r"Save 24 decisions", page.locator("#save").inner_text())


def test_a_bundle_shows_formats_that_browsers_do_not(run, windows, tmp_path):
    corpus = tmp_path / "corpus"
    for path in list(corpus.glob("*.png")):
        Image.open(path).save(path.with_suffix(".tif"))
        path.unlink()
    (corpus / "corpus.parquet").unlink()
    index_corpus(corpus, min_side=32, workers=1)
    indexed = Corpus.open(corpus)
    location = CorpusLocation(path="../corpus", fingerprint=indexed.fingerprint)
    run.write_manifest(run.read_manifest().model_copy(update={"corpus": location}))
    images = [image.ref() for image in indexed.images]
    write_items(run, [review_item(0, images[:3])])
    pack_bundle(run, "alice", tmp_path / "tiff")
    page = windows.open((tmp_path / "tiff" / "index.html").as_uri())
    page.wait_for_function("() => [...document.images].every((one) => one.complete)")
    assert page.evaluate("[...document.images].every((one) => one.naturalWidth)")
    press(page, "a")
    page.locator(".nothing").wait_for()
    saved_lines(page, tmp_path)
    assert submit(run, tmp_path / "alice.jsonl", NOW).stored == 1


def test_nothing_to_review_leaves_no_folder(run, tmp_path):
    write_items(run, [])
    assert pack_bundle(run, "alice", tmp_path / "empty").items == 0
    assert not (tmp_path / "empty").exists()


def test_a_bundle_with_a_filled_in_file_is_not_overwritten(bundle, run):
    file = bundle / "alice.jsonl"
    first, *rest = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text(first.replace('"decision":null', '"decision":"accept"') + "".join(rest), encoding="utf-8")
    with pytest.raises(MifgError, match="has filled in some of it"):
        pack_bundle(run, "alice", bundle)
