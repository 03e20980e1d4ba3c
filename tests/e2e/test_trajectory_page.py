"""The page of trajectories in a real browser: what it shows is what was stored, and filters answer at once."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from answering_model import write_answering_model
from chromium import chromium
from drawn_trajectories import write_drawn_run
from playwright.sync_api import Browser, Page
from tiny_dataset import write_tiny_dataset

from mifg_pipeline.config import load_train_settings
from mifg_pipeline.imagent.bucket import Bucket
from mifg_pipeline.imagent.trained_trajectory import TrainedTrajectory
from mifg_pipeline.train.presets import read_config

pytestmark = pytest.mark.slow

WINDOW = {"width": 1280, "height": 720}
MOST_SECONDS = 0.2
"""That a filter over 2,000 trajectories may take, from the click until its result is painted."""

COUNT = "document.getElementById('count').textContent"
MILLISECONDS_TO_PAINT = """async (change) => {
  const start = performance.now();
  eval(change);
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return performance.now() - start;
}"""
SCROLL_THROUGH = """async () => {
  for (let place = 0; place < list.box.scrollHeight; place += list.box.clientHeight) {
    list.box.scrollTo(0, place);
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  }
}"""
CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const light = (colours) => {
    canvas.fillRect(0, 0, 1, 1);
    for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
    const linear = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)
      .map((value) => value / 255).map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const [probe, card] = [document.body.appendChild(document.createElement("p")), "var(--card)"];
  const colour = (value) => { probe.style.color = value; return getComputedStyle(probe).color; };
  const contrast = (ink, bucket) => {
    const [text, ground] = [light([colour(ink)]), light([colour(card), colour(`var(--b${bucket})`)])];
    return (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
  };
  const given = [1, 2, 3, 4].map((bucket) => contrast("var(--given)", bucket));  // observations may be trained
  return [...data.buckets.map((_, bucket) => contrast("var(--ink)", bucket)), ...given];
}"""


@pytest.fixture(scope="module", name="browser")
def _browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module", name="trained")
def _trained(tmp_path_factory, mifg) -> Path:
    """A run of the real trainer, three steps long, of a model that answers and calls at random; with its page."""
    folder = tmp_path_factory.mktemp("trained")
    write_tiny_dataset(folder / "data")
    run = folder / "run"
    places = (f"model.path={folder / 'model'}", f"data.path={folder / 'data'}", f"out={run}")
    sizes = ("steps=3", "episode.max_turn_tokens=48", "episode.max_tokens=4096", "episode.max_turns=3")
    overrides = [*places, *sizes]
    write_answering_model(folder / "model", folder / "data", load_train_settings(read_config("cpu"), overrides).episode)
    mifg("train", "cpu", *(word for override in overrides for word in ("--set", override)))
    mifg("trajectories", run)
    return run


@pytest.fixture(scope="module", name="large")
def _large(tmp_path_factory, mifg) -> Path:
    """A drawn run of 2,000 trajectories, with its page."""
    folder = tmp_path_factory.mktemp("large")
    write_tiny_dataset(folder / "data", rows=60, images=3)
    write_drawn_run(folder / "data", folder / "run", steps=10, groups=25)
    assert "2,000 of 2,000 trajectories" in mifg("trajectories", folder / "run").stdout
    return folder / "run"


@pytest.fixture(name="opened")
def _opened(browser):
    """Opens the page of a run; fails the test if it loads anything but itself, or reports an error."""
    faults: list[str] = []
    contexts = []

    def open_page(run: Path, *, scheme: str = "light", address: str = "") -> Page:
        context = browser.new_context(viewport=WINDOW, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        url = (run / "trajectories.html").as_uri()
        page.on("request", lambda one: None if one.url.startswith(("data:", url)) else faults.append(one.url))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.goto(url + address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


@cache
def lines_of(run: Path) -> list[TrainedTrajectory]:
    paths = sorted((run / "trajectories").glob("*.jsonl"))
    return [TrainedTrajectory.model_validate_json(line) for path in paths for line in path.open()]


def without_stray_bytes(text: str) -> str:
    """A text in which bytes that are no UTF-8 are one sign; the turns as stored have replacement characters."""
    return re.sub("(<0x[89A-F][0-9A-F]>|\ufffd)+", "\ufffd", text)


def press(page: Page, name: str) -> None:
    page.locator(".chip", has_text=name).first.click()


def count(page: Page) -> int:
    """How many trajectories the page says match."""
    return int(page.evaluate(COUNT).split()[0].replace(",", ""))


def here(page: Page) -> int:
    """Which trajectory is shown, by its place in the run."""
    return int(page.locator(".row[aria-current]").get_attribute("data-trajectory"))


def test_the_tokens_of_a_trained_run_are_in_the_buckets_that_its_metrics_count(trained, opened):
    page = opened(trained)
    shown = page.evaluate(
        """() => {
          const counts = {};
          const runs = data.trajectories.flatMap(({ turns }) => turns.flatMap((turn) => turn.runs));
          for (const [, bucket, pieces] of runs)
            for (const piece of pieces) counts[bucket] = (counts[bucket] || 0) + tokensOf(data, piece);
          return counts;
        }"""
    )
    rows = [json.loads(line) for line in (trained / "metrics.jsonl").open()]
    for bucket in set(Bucket) - {Bucket.PADDING, Bucket.PROMPT}:
        assert shown.get(str(int(bucket)), 0) == sum(row[f"tokens.{bucket.name.lower()}"] for row in rows), bucket.name
    assert sum(row["tokens.trained"] for row in rows) > 0


def test_each_trajectory_of_a_trained_run_shows_its_turns_reward_and_advantage(trained, opened):
    page = opened(trained)
    lines = lines_of(trained)
    for place, line in enumerate(lines):
        assert here(page) == place
        turns = page.locator(".turn .text:not(.given-text)").all_inner_texts()
        shown = [turn.removesuffix("<|im_end|>") for turn in turns]
        said = [page.evaluate("visible", turn.text) for turn in line.trajectory.turns]
        assert list(map(without_stray_bytes, shown)) == list(map(without_stray_bytes, said))
        facts = page.locator(".facts").inner_text()
        assert f"{line.reward:.2f}" in facts
        assert f"{abs(line.advantage):.2f}" in facts
        page.keyboard.press("ArrowDown")


@pytest.mark.parametrize(
    ("chip", "fits"),
    [
        ("answered", lambda one: one.trajectory.end == "answered"),
        ("over turn", lambda one: one.trajectory.end == "over_turn"),
        ("right", lambda one: one.accuracy == 1),
        ("wrong", lambda one: one.accuracy == 0),
        ("looked again", lambda one: one.trajectory.has_looked),
        ("did not look", lambda one: not one.trajectory.has_looked),
        ("invalid action", lambda one: any(not turn.is_valid for turn in one.trajectory.turns)),
        ("no signal", lambda one: Bucket.NO_SIGNAL in one.buckets),
        ("rejected", lambda one: Bucket.IMPORTANCE_REJECTED in one.buckets),
    ],
)
def test_a_filter_leaves_the_trajectories_that_fit(large, opened, chip, fits):
    page = opened(large)
    press(page, chip)
    wanted = [place for place, line in enumerate(lines_of(large)) if fits(line)]
    assert 0 < len(wanted) < 2000
    assert count(page) == len(wanted)
    assert page.evaluate("data.trajectories.filter((one) => one.matches).map((one) => one.index)") == wanted
    assert here(page) == wanted[0]


def test_values_of_one_filter_add_up_and_filters_narrow_each_other(large, opened):
    page = opened(large)
    for chip in ("over turn", "turn truncated", "looked again"):
        press(page, chip)
    ends = ("over_turn", "turn_truncated")
    wanted = [line for line in lines_of(large) if line.trajectory.end in ends and line.trajectory.has_looked]
    assert count(page) == len(wanted) > 0


def test_the_search_finds_questions_by_a_part_of_their_key(large, opened):
    page = opened(large)
    page.fill("#search", "TRAIN-17")
    wanted = [line for line in lines_of(large) if line.trajectory.question == "train-17"]
    assert count(page) == len(wanted) > 0
    page.fill("#search", "train-x")
    assert "No trajectory fits" in page.locator("#groups").inner_text()


def test_one_step_can_be_chosen(large, opened):
    page = opened(large)
    page.select_option("#step", "7")
    assert count(page) == 200
    assert page.locator(".group .where").first.inner_text().startswith("step 7")


def test_filtering_2000_trajectories_takes_less_than_200_ms(large, opened):
    page = opened(large)
    chips = [f"document.querySelectorAll('.chip')[{place}].click()" for place in range(page.locator(".chip").count())]
    search = "filters.search.value = 'train-1'; filters.search.dispatchEvent(new Event('input'))"
    for change in [*(twice for chip in chips for twice in (chip, chip)), search, "filters.clear()"]:
        before = page.evaluate(COUNT)
        seconds = page.evaluate(MILLISECONDS_TO_PAINT, change) / 1000
        assert page.evaluate(COUNT) != before
        assert seconds < MOST_SECONDS, f"{change} took {seconds:.3f} s"


def test_only_groups_near_the_window_are_drawn(large, opened):
    page = opened(large)
    assert 8 <= page.locator(".row").count() < 200
    page.evaluate(SCROLL_THROUGH)
    page.locator("[data-trajectory='1999']").wait_for()
    assert page.locator(".row").count() < 200


def test_crops_lie_on_their_images_where_the_model_looked(large, opened):
    page = opened(large)
    lines = lines_of(large)
    place = next(i for i, line in enumerate(lines) if sum(bool(turn.box) for turn in line.trajectory.turns) > 1)
    page.evaluate("(place) => select(data.trajectories[place])", place)
    turns = [(number, turn) for number, turn in enumerate(lines[place].trajectory.turns) if turn.box]
    for number, turn in turns:
        crop = page.locator(f".crop[data-turn='{number}']:not(.whole)")
        assert crop.inner_text() == str(number + 1)
        shown = crop.bounding_box()
        image = page.locator(".pictures figure").nth(turn.image).locator("img").bounding_box()
        sides = (image["width"], image["height"]) * 2
        corners = (shown["x"], shown["y"], shown["x"] + shown["width"], shown["y"] + shown["height"])
        origin = (image["x"], image["y"]) * 2
        seen = [112 * (corner - zero) / side for corner, zero, side in zip(corners, origin, sides, strict=True)]
        assert seen == pytest.approx(turn.box, abs=0.6)


def test_a_whole_image_that_was_looked_at_again_is_framed(large, opened):
    page = opened(large)
    lines = lines_of(large)
    place = next(
        place
        for place, line in enumerate(lines)
        if any(turn.tool == "visual_reflection" for turn in line.trajectory.turns)
    )
    page.evaluate("(place) => select(data.trajectories[place])", place)
    assert page.locator(".crop.whole").count() >= 1


def test_tokens_are_coloured_by_bucket_and_say_it(large, opened):
    page = opened(large)
    lines = lines_of(large)
    place = next(place for place, line in enumerate(lines) if Bucket.INVALID_ACTION in line.buckets)
    page.evaluate("(place) => select(data.trajectories[place])", place)
    tokens = page.evaluate(
        "[...document.querySelectorAll('.token')].map((one) => [one.style.background, one.title.split(':')[0]])"
    )
    names = page.evaluate("data.buckets.map(([name]) => name)")
    assert all(names[int(colour.removeprefix("var(--b").removesuffix(")"))] == name for colour, name in tokens)
    assert {name for _, name in tokens} >= {"invalid action", "observation"}


def test_no_token_shows_a_replacement_character(large, opened):
    page = opened(large)
    assert page.evaluate("data.pieces.some(([text]) => text.includes('近'))")
    assert not page.evaluate("data.pieces.some(([text]) => text.includes('\\ufffd'))")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\n", "a↵\n"),
        ("\x07", "<U+0007>"),
        ("\x85", "<U+0085>"),
        ("\u202e", "<U+202E>"),
        ("\U000e0041", "<U+E0041>"),
        ("図é ", "図é "),
    ],
)
def test_characters_that_cannot_be_seen_are_spelled_out(large, opened, text, shown):
    assert opened(large).evaluate("visible", text) == shown


def test_the_keyboard_is_enough(large, opened):
    page = opened(large)
    assert here(page) == 0
    for key, place in (("ArrowDown", 1), ("ArrowRight", 8), ("ArrowRight", 16), ("ArrowLeft", 8), ("ArrowUp", 7)):
        page.keyboard.press(key)
        assert here(page) == place
        assert page.evaluate("document.activeElement.dataset.trajectory") == str(place)
    page.keyboard.press("/")
    page.keyboard.type("train-3")
    assert count(page) < 2000
    page.keyboard.press("Escape")
    assert count(page) == 2000
    assert page.input_value("#search") == ""


def test_tab_leads_through_filters_to_the_list_and_the_text_in_one_stop_each(large, opened):
    page = opened(large)
    page.locator(".chip").last.focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "row"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "reader"


def test_arrows_skip_what_does_not_match(large, opened):
    page = opened(large)
    press(page, "over turn")
    wanted = [place for place, line in enumerate(lines_of(large)) if line.trajectory.end == "over_turn"]
    for key, places in (("ArrowDown", wanted[:4]), ("ArrowUp", wanted[4:0:-1])):
        for place in places:
            assert here(page) == place
            page.keyboard.press(key)


def test_an_address_leads_to_its_trajectory(large, opened):
    page = opened(large, address="#step-9-draw-210-trajectory-3")
    assert here(page) == 210 * 8 + 2
    assert "step 9 · draw 210 · trajectory 3" in page.locator("#reader").inner_text()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("location.hash") == "#step-9-draw-210-trajectory-4"


def test_everything_fits_into_the_window(large, opened):
    page = opened(large)
    for box in ("document.documentElement", "list.box", "reader"):
        assert page.evaluate(f"{box}.scrollWidth <= {box}.clientWidth"), box
    assert page.evaluate("document.documentElement.scrollHeight") == WINDOW["height"]
    assert page.evaluate("document.querySelector('main').clientHeight") > 500


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_every_bucket(large, opened, scheme):
    page = opened(large, scheme=scheme)
    contrasts = page.evaluate(CONTRAST)
    assert min(contrasts) >= 4.5, contrasts  # WCAG 2.2, level AA


def test_the_page_follows_the_colour_scheme(large, opened):
    colour = "getComputedStyle(document.body).backgroundColor"
    assert opened(large, scheme="light").evaluate(colour) != opened(large, scheme="dark").evaluate(colour)


def test_the_commands_of_the_docs_work(trained, tmp_path, mifg, monkeypatch):
    page = (Path(__file__).parents[2] / "docs" / "trajectories.md").read_text()
    commands = [line.split() for line in page.splitlines() if line.startswith("mifg trajectories ")]
    shutil.copytree(trained, tmp_path / "runs" / "trained")
    monkeypatch.chdir(tmp_path)
    for _, *words in commands:
        mifg(*words)
    assert {path.name for path in tmp_path.rglob("*.html")} == {"trajectories.html", "late.html", "first.html"}


def test_the_page_is_written_without_the_training_stack(trained, tmp_path):
    program = """
import sys
from mifg_pipeline.cli import main
sys.argv = ["mifg", "trajectories", *sys.argv[1:]]
try:
    main()
except SystemExit as end:
    assert end.code in (0, None)
assert not {"torch", "transformers", "peft"} & sys.modules.keys()
"""
    subprocess.run([sys.executable, "-c", program, trained, "--out", tmp_path / "page.html"], check=True)
