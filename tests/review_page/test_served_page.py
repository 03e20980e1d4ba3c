"""The page in a real browser, at a real server: several annotators, leases, stale decisions, restarts."""

from datetime import UTC, datetime

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from review_run import write_items

from mifg_pipeline.items import Region
from mifg_pipeline.review.queue import ReviewQueue
from mifg_pipeline.store.events import EventLog
from mifg_pipeline.store.review_records import Edits, Judgement
from mifg_pipeline.store.review_rules import ReviewRules, write_rules

pytestmark = pytest.mark.slow

NOW = datetime(2026, 1, 2, tzinfo=UTC)
REFUSED = "Failed to load resource"
"""What Chromium writes for every answer from 400 on."""
TAKE = """async (id) => {
  while (!(await fetch(`api/items/${id}`)).ok) await new Promise((done) => setTimeout(done, 50));
}"""
"""Asks for an item until its lease has ended."""
LOUPE_PIXEL = """() => {
  const canvas = document.querySelector("#loupe canvas");
  const place = [canvas.width / 2, canvas.height / 2];
  return [...canvas.getContext("2d").getImageData(...place, 1, 1).data].slice(0, 3);
}"""


def question(page: Page) -> str:
    return page.locator(".asked .question").inner_text()


def item_of(page: Page) -> str:
    return page.evaluate("new URLSearchParams(location.hash.slice(1)).get('item')")


def decide(page: Page, *keys: str) -> None:
    before = page.evaluate("location.hash")
    for key in keys:
        page.keyboard.press(key)
    page.wait_for_function("(before) => location.hash !== before", arg=before)


def decisions(run, annotator: str) -> list[str]:
    return [event.decision for event in EventLog.of(run, annotator).read().events]


def test_20_items_are_judged_by_keyboard_alone_and_are_on_disk(enter, run):
    page = enter("alice")
    rounds = [["a"], ["r", "3"], ["2", "6", "r"], ["f", "9"], ["s"]]
    for number in range(20):
        decide(page, *rounds[number % 5])
    assert decisions(run, "alice") == ["accept", "reject", "reject", "flag", "skip"] * 4
    expect(page.locator("#pace")).to_contain_text("16 of 24")


def test_the_token_leaves_the_address(enter):
    page = enter("alice")
    assert "token" not in page.url


def test_two_annotators_get_different_items(enter, run):
    alice, bob = enter("alice"), enter("bob")
    for _ in range(3):
        assert item_of(alice) != item_of(bob)
        decide(alice, "a")
        decide(bob, "1", "r")
    seen = [{event.item_id for event in EventLog.of(run, name).read().events} for name in ("alice", "bob")]
    assert not seen[0] & seen[1]


def test_an_edit_is_checked_by_the_gates_and_stored(enter, run, windows):
    windows.expected.append(REFUSED)
    page = enter("alice")
    page.keyboard.press("e")
    page.locator("#edit-question").fill("Which image?\nImage 9 shows it.")
    expect(page.locator(".verdict.bad")).not_to_be_empty()
    page.locator("#edit-question").fill("Which of the images has the blue square?")
    expect(page.locator(".verdict.good")).to_contain_text("Image 2")
    decide(page, "Control+Enter")
    (event,) = EventLog.of(run, "alice").read().events
    assert event.edits.question == "Which of the images has the blue square?"


def test_undo_goes_back_across_items(enter, run):
    page = enter("alice")
    first = question(page)
    decide(page, "4", "r")
    decide(page, "u")
    assert question(page) == first
    assert page.locator("[data-reason=wrong-evidence]").get_attribute("aria-pressed") == "true"
    assert decisions(run, "alice") == ["reject", "undo"]


def test_a_draft_survives_a_killed_server_and_a_reload(enter, served):
    page = enter("alice")
    asked = question(page)
    page.keyboard.press("3")
    page.keyboard.press("c")
    page.keyboard.type("half a thought")
    expect(page.locator("#state")).to_have_text("draft kept")
    served.kill()
    served.start()
    page.reload()
    expect(page.locator(".asked .question")).to_have_text(asked)
    assert page.locator("#comment").input_value() == "half a thought"
    assert page.locator("[data-reason=not-visible]").get_attribute("aria-pressed") == "true"


def test_a_decision_waits_for_a_server_that_is_away(enter, served, run, windows):
    windows.expected.append(REFUSED)
    page = enter("alice")
    served.kill()
    before = page.evaluate("location.hash")
    page.keyboard.press("a")
    expect(page.locator("#state.bad")).to_contain_text("trying again")
    served.start()
    page.wait_for_function("(before) => location.hash !== before", arg=before)
    assert decisions(run, "alice") == ["accept"]


def test_a_lost_lease_is_shown_and_the_next_item_is_one_key_away(enter, served, windows):
    windows.expected.append(REFUSED)
    served.lease_seconds = 2.0
    alice, bob = enter("alice"), enter("bob")
    wanted = item_of(alice)
    alice.context.set_offline(True)
    bob.evaluate(TAKE, wanted)
    bob.evaluate("(id) => history.replaceState(null, '', `#item=${id}`)", wanted)
    bob.reload()
    expect(bob.locator(".asked .question")).to_have_text(question(alice))
    alice.context.set_offline(False)
    expect(alice.locator("#notice.lost")).to_be_visible()
    alice.keyboard.press("a")
    assert item_of(alice) == wanted
    alice.get_by_role("button", name="Go on to the next").press("Enter")
    alice.wait_for_function("(before) => !location.hash.includes(before)", arg=wanted)


def test_a_decision_on_an_item_decided_elsewhere_shows_both(enter, run, windows):
    windows.expected.append(REFUSED)
    here, elsewhere = enter("alice"), enter("alice")
    assert item_of(here) == item_of(elsewhere)
    decide(elsewhere, "a")
    here.keyboard.press("1")
    here.keyboard.press("r")
    dialog = here.locator("#conflict")
    expect(dialog).to_contain_text("You decided on this item elsewhere")
    assert dialog.locator(".version .mine b").all_inner_texts() == ["reject", "accept"]
    dialog.get_by_role("button", name="Send mine all the same").click()
    expect(dialog).to_be_hidden()
    expect(here.locator("#live")).to_contain_text("Rejected")
    assert decisions(run, "alice") == ["accept", "reject"]


def test_an_item_that_changed_meanwhile_is_shown_beside_what_was_judged(enter, run, windows):
    windows.expected.append(REFUSED)
    page = enter("alice")
    items = list(run.candidates())
    changed = [
        item.model_copy(update={"evidence": (Region(image=1, bbox=(90, 50, 170, 130), label="moved"),)})
        for item in items
    ]
    write_items(run, [item.model_copy(update={"digest": item.compute_digest()}) for item in changed])
    enter("bob")
    page.keyboard.press("a")
    dialog = page.locator("#conflict")
    expect(dialog).to_contain_text("The item was changed")
    assert dialog.locator("ins").all_inner_texts() == ["moved in Image 2, 90, 50, 170, 130"]
    assert dialog.locator("del").count() == 2
    dialog.get_by_role("button", name="Look at it as it is now").click()
    expect(page.locator(".jump")).to_have_count(1)
    decide(page, "a")
    assert decisions(run, "alice") == ["accept"]


def test_who_settles_a_disagreement_sees_both_decisions_and_no_names(enter, run):
    write_rules(run, ReviewRules(overlap=1.0, adjudicators=("carol",)))
    (first, *_) = run.candidates()
    queue = ReviewQueue.open(run)
    judged = {"item_id": first.id, "item_digest": first.digest}
    edits = Edits(question="Which image has the blue square, then?")
    queue.decide("alice", Judgement(**judged, decision="edit", edits=edits), None, NOW)
    queue.decide("bob", Judgement(**judged, decision="reject", reasons=("too-easy",)), None, NOW)
    page = enter("carol")
    opinions = page.locator(".opinion")
    expect(opinions).to_have_count(2)
    words = " ".join(opinions.all_inner_texts())
    assert "too-easy" in words
    assert not {"alice", "bob"} & set(words.split())
    page.get_by_role("button", name="edits").click()
    expect(page.locator(".verdict.good")).to_be_visible()
    assert page.locator("#edit-question").input_value() == edits.question


@pytest.mark.parametrize("place", [(0.1, 0.2), (0.9, 0.2), (0.1, 0.8), (0.9, 0.8)])
def test_the_loupe_shows_native_pixels_of_the_place_under_the_pointer(enter, tmp_path, place):
    picture = Image.open(tmp_path / "corpus" / "picture-1.png")
    right, down = place
    wanted = picture.getpixel((int(right * picture.width), int(down * picture.height)))
    page = enter("alice")
    page.keyboard.press("z")
    pane = page.locator(".window").nth(1).bounding_box()
    page.mouse.move(pane["x"] + right * pane["width"], pane["y"] + down * pane["height"])
    near = "(wanted) => PIXEL().every((value, colour) => Math.abs(value - wanted[colour]) < 6)"
    page.wait_for_function(near.replace("PIXEL", f"({LOUPE_PIXEL})"), arg=wanted)
    assert page.locator("#loupe figcaption").inner_text() == "Image 2 · native pixels"


def test_the_images_of_the_next_item_are_there_before_it_is_opened(enter):
    page = enter("alice")
    page.wait_for_load_state("networkidle")
    seen: list[str] = []
    page.on("request", lambda one: seen.append(one.url) if "/images/" in one.url else None)
    before = page.evaluate("performance.getEntriesByType('resource').map((one) => one.name)")
    decide(page, "a")
    shown = page.evaluate("[...document.querySelectorAll('.window img')].map((one) => one.src)")
    assert set(shown) <= set(before)


def test_hostile_text_stays_text_under_the_servers_policy(enter, run):
    hostile = "<img src=x onerror=alert(1)>Which?"
    items = list(run.candidates())
    changed = items[0].model_copy(update={"question": hostile})
    changed = changed.model_copy(update={"id": changed.compute_id(), "digest": changed.compute_digest()})
    write_items(run, [changed])
    assert question(enter("alice")) == hostile


def test_a_question_of_a_megabyte_neither_bursts_the_page_nor_stops_it(enter, run):
    items = list(run.candidates())
    long = items[0].model_copy(update={"question": "word \u202e" * 160_000})
    long = long.model_copy(update={"id": long.compute_id(), "digest": long.compute_digest()})
    write_items(run, [long, items[1]])
    page = enter("alice")
    assert page.evaluate("document.documentElement.scrollHeight") == 720
    decide(page, "7", "r")
    assert decisions(run, "alice") == ["reject"]


def test_the_guideline_is_served_with_its_pictures(enter):
    page = enter("alice")
    with page.context.expect_page() as opened:
        page.keyboard.press("g")
    guide = opened.value
    guide.wait_for_load_state()
    assert guide.evaluate("[...document.images].filter((one) => !one.naturalWidth).length") == 0
    assert guide.evaluate("getComputedStyle(document.querySelector('.case')).display") == "grid"
