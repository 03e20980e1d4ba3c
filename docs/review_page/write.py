"""Takes the pictures of docs/review_page.md: each state of the page, at a real server. Needs Chromium.

mifg generate --corpus data --out RUN --items 260 --seed 1
python docs/review_page/write.py RUN
"""

import io
import runpy
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from mifg_pipeline.items import Item
from mifg_pipeline.review.bundle import pack_bundle
from mifg_pipeline.review.queue import ReviewQueue
from mifg_pipeline.store import RunFolder
from mifg_pipeline.store.review_records import Edits, Judgement
from mifg_pipeline.store.review_rules import ReviewRules, write_rules

FOLDER = Path(__file__).parent
WINDOW = {"width": 1280, "height": 720}
MOST_BYTES = 145_000
NAMES = ("alice", "bob", "carol")
SERVE = """
import sys
from pathlib import Path
from mifg_pipeline.review.server import serve
from mifg_pipeline.store import RunFolder

run, corpus, tokens = map(Path, sys.argv[1:])
serve(RunFolder.open(run), tokens=tokens, lease_seconds=3.0, moved_corpus=corpus)
"""
TAKE = """async (id) => {
  while (!(await fetch(`api/items/${id}`)).ok) await new Promise((done) => setTimeout(done, 100));
}"""

chromium = runpy.run_path(str(FOLDER.parents[1] / "tests" / "support" / "chromium.py"))["chromium"]


def shoot(page: Page, name: str) -> None:
    """Writes ``NAME.jpg`` once all images are there, as good as its size allows."""
    page.wait_for_function("() => [...document.images].every((one) => one.complete)")
    page.wait_for_timeout(500)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    for quality in range(88, 30, -4):
        data = io.BytesIO()
        picture.save(data, "JPEG", quality=quality, optimize=True)
        if data.tell() <= MOST_BYTES:
            break
    (FOLDER / f"{name}.jpg").write_bytes(data.getvalue())


@contextmanager
def served(run: RunFolder, corpus: Path, tokens: Path) -> Iterator[str]:
    """A review server of the run; gives its address."""
    words = [sys.executable, "-c", SERVE, str(run.root), str(corpus), str(tokens)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


class Places:
    """Opens the page for annotators, each in a window of the annotator's own."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser = browser
        self.address = address

    def open(self, annotator: str, item: Item | None = None, scheme: str = "light") -> Page:
        """The page of an annotator, on an item if one is given."""
        page = self.browser.new_context(viewport=WINDOW, color_scheme=scheme).new_page()
        page.goto(f"{self.address}?token={annotator[0] * 32}")
        if item is not None:
            page.goto(f"{self.address}#item={item.id}")
            page.reload()
        page.locator(".question").first.wait_for()
        return page


def press(page: Page, *keys: str) -> None:
    """Presses keys one after another."""
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(150)


def decide(page: Page, *keys: str) -> None:
    """Presses keys whose last one decides, and waits until the next item is there."""
    before = page.evaluate("location.hash")
    press(page, *keys)
    page.wait_for_function("(before) => location.hash !== before", arg=before)


def found(items: list[Item], wanted: Callable[[Item], bool]) -> Item:
    """The first item that is wanted."""
    return next(item for item in items if wanted(item))


def is_photographed(item: Item) -> bool:
    """Whether no image of an item was drawn."""
    return all(image.attribution != "mifg-pipeline" for image in item.images)


def is_disputed(item: Item) -> bool:
    """Whether an item is of the kind whose first one Alice and Bob are made to differ on."""
    return item.question.endswith("?") and len(item.images) == 3 and is_photographed(item)


def judging(places: Places, items: list[Item]) -> None:
    """What an annotator sees while judging."""
    four = found(items, lambda item: len(item.images) == 4 and is_photographed(item) and item.options is not None)
    page = places.open("alice", four)
    shoot(page, "item")
    press(page, "n")
    shoot(page, "evidence")
    press(page, "0", "z")
    page.mouse.move(190, 520)
    shoot(page, "loupe")
    press(page, "z", "r")
    shoot(page, "reject")
    press(page, "Escape", "?")
    shoot(page, "keys")
    page.context.close()
    page = places.open("alice", found(items, lambda item: len(item.images) == 8), "dark")
    shoot(page, "eight-dark")
    page.context.close()


def editing(places: Places, items: list[Item]) -> None:
    """The editor, with edits that are valid and with others."""
    drawn = found(
        items, lambda item: item.question.endswith("?") and item.options is not None and len(item.images) == 4
    )
    page = places.open("alice", drawn)
    press(page, "e")
    page.locator("#edit-question").fill(drawn.question.removesuffix("?") + ", when you look closely?")
    page.locator("input[type=radio]").last.check()
    page.locator(".verdict.good").wait_for()
    shoot(page, "edit")
    page.locator(".box-row > input:last-child").first.fill("10, 10, 9000, 90")
    page.locator(".verdict.bad").wait_for()
    shoot(page, "edit-invalid")
    press(page, "Escape", "d")
    page.context.close()


def going_on(places: Places) -> None:
    """History, and an item that was decided before."""
    page = places.open("alice")
    for keys in ("a", "3r", "s", "69r", "a", "9f", "a"):
        decide(page, *keys)
    press(page, "u")
    page.locator("#notice").wait_for()
    shoot(page, "undo")
    press(page, "h")
    page.locator(".past").first.wait_for()
    shoot(page, "history")
    page.context.close()


def sharing(places: Places, items: list[Item]) -> None:
    """A decision taken elsewhere meanwhile, a lost lease, a disagreement."""
    wanted = items[40]
    here, elsewhere = places.open("bob", wanted), places.open("bob", wanted)
    decide(elsewhere, "a")
    elsewhere.context.close()
    press(here, "1", "r")
    here.locator("#conflict[open]").wait_for()
    shoot(here, "conflict")
    here.context.close()
    wanted = found(items[50:], is_photographed)
    alice, bob = places.open("alice", wanted, "dark"), places.open("bob")
    press(alice, "5")
    alice.context.set_offline(True)
    bob.evaluate(TAKE, wanted.id)
    alice.context.set_offline(False)
    alice.locator("#notice.lost").wait_for()
    shoot(alice, "lost-dark")
    alice.context.close()
    bob.context.close()
    carol = places.open("carol", found(items, is_disputed))
    carol.locator(".opinion").first.wait_for()
    shoot(carol, "adjudication")
    carol.context.close()


def disagree(run: RunFolder, items: list[Item]) -> None:
    """Alice and Bob differ on an item, which Carol is to settle."""
    disputed = found(items, is_disputed)
    overlap = ReviewRules(overlap=1.0, adjudicators=("carol",))
    write_rules(run, overlap)
    queue = ReviewQueue.open(run)
    judged = {"item_id": disputed.id, "item_digest": disputed.digest}
    edits = Edits(question=disputed.question.removesuffix("?") + ", when you look closely?")
    now = datetime.now(UTC)
    queue.decide("alice", Judgement(**judged, decision="edit", edits=edits, seconds=21), None, now)
    rejected = Judgement(**judged, decision="reject", reasons=("too-easy",), comment="one glance is enough", seconds=8)
    queue.decide("bob", rejected, None, now)


def offline(browser: Browser, run: RunFolder, corpus: Path, folder: Path) -> None:
    """The bundle: at its end, and the guideline."""
    pack_bundle(run, "dora", folder, count=2, moved_corpus=corpus)
    page = browser.new_context(viewport=WINDOW, color_scheme="dark").new_page()
    page.goto((folder / "index.html").as_uri())
    page.locator(".question").wait_for()
    press(page, "a", "2", "r")
    page.locator(".nothing").wait_for()
    shoot(page, "offline-dark")
    page.goto((folder / "guideline.html").as_uri())
    page.emulate_media(color_scheme="light")
    page.get_by_role("heading", name="Good items").scroll_into_view_if_needed()
    page.evaluate("document.querySelectorAll('h2')[2].scrollIntoView()")
    shoot(page, "guideline")
    page.context.close()


def main() -> None:
    """Writes the pictures of a copy of the run, so that the run stays as it was."""
    original = RunFolder.open(Path(sys.argv[1]))
    corpus = original.corpus_root(None)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        left_out = shutil.ignore_patterns("ledger.sqlite*", "review", "staging", ".lock")
        shutil.copytree(original.root, folder / original.root.name, ignore=left_out)
        run = RunFolder.open(folder / original.root.name)
        items = list(run.candidates())
        tokens = folder / "tokens.yaml"
        tokens.write_text("".join(f"{name}: {name[0] * 32}\n" for name in NAMES), encoding="utf-8")
        tokens.chmod(0o600)
        disagree(run, items)
        with chromium() as browser:
            with served(run, corpus, tokens) as address:
                places = Places(browser, address)
                judging(places, items)
                editing(places, items)
                going_on(places)
                sharing(places, items)
            offline(browser, run, corpus, folder / "bundle")


if __name__ == "__main__":
    main()
