"""A browser, a run to review, and pages that fail the test when they report an error or load anything foreign."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from chromium import chromium
from playwright.sync_api import Browser, BrowserContext, Page
from review_run import write_review_run

from mifg_pipeline.review.bundle import pack_bundle
from mifg_pipeline.store import RunFolder

WINDOW = {"width": 1280, "height": 720}
PAGE_FILES = Path(__file__).parents[2] / "mifg_pipeline" / "review" / "page"
SERVE = """
import sys
from pathlib import Path
from mifg_pipeline.review.server import serve
from mifg_pipeline.store import RunFolder

run, tokens, lease, port = sys.argv[1:]
serve(RunFolder.open(Path(run)), tokens=Path(tokens), lease_seconds=float(lease), port=int(port))
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Of one module, for as long as it runs, playwright's event loop does, and other tests have their own."""
    with chromium() as started:
        yield started


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """24 items of 2 to 8 images."""
    return write_review_run(tmp_path)


@pytest.fixture
def bundle(run: RunFolder, tmp_path: Path) -> Path:
    """Alice's offline bundle of the run."""
    pack_bundle(run, "alice", tmp_path / "bundle")
    return tmp_path / "bundle"


@dataclass
class Windows:
    """Opens pages; each window is a person's own: nothing is shared with another but the server.

    Attributes:
        faults: Errors, and addresses of requests that left the given place.
        expected: Beginnings of console messages that a test provokes.
    """

    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def open(self, address: str, *, within: str | None = None, scheme: str = "light") -> Page:
        context = self.browser.new_context(viewport=WINDOW, color_scheme=scheme, accept_downloads=True)
        self.contexts.append(context)
        place = within or address.rsplit("/", 1)[0]
        page = context.new_page()
        page.on("request", lambda one: None if one.url.startswith((place, "blob:")) else self.faults.append(one.url))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda message: self._note(message.text) if message.type == "error" else None)
        page.goto(address)
        page.locator(".question, .editing, .nothing").first.wait_for()
        return page

    def _note(self, text: str) -> None:
        if not any(text.startswith(expected) for expected in self.expected):
            self.faults.append(text)


@pytest.fixture
def windows(browser: Browser) -> Iterator[Windows]:
    opened = Windows(browser)
    yield opened
    for context in opened.contexts:
        context.close()
    assert opened.faults == []


@pytest.fixture
def offline(bundle: Path, windows: Windows) -> Callable[..., Page]:
    """Opens the bundle."""
    return lambda **how: windows.open((bundle / "index.html").as_uri(), **how)


@pytest.fixture(scope="module")
def evaluate(browser: Browser) -> Iterator[Callable[..., Any]]:
    """Calls a function of one of the page's pure modules: ``evaluate("layout.js", "arrange", …)``."""
    page = browser.new_page()
    page.route("http://page.test/**", _give_file)
    page.goto("http://page.test/dom.js")
    call = "([module, name, values]) => import(`./${module}`).then((all) => all[name](...values))"
    yield lambda module, name, *values: page.evaluate(call, [module, name, values])
    page.close()


def _give_file(route: Any) -> None:
    name = route.request.url.rsplit("/", 1)[1]
    route.fulfill(body=(PAGE_FILES / name).read_text(encoding="utf-8"), content_type="text/javascript")


@dataclass
class Served:
    """A review server in a process of its own.

    Attributes:
        lease_seconds: How long a lease lasts.
        address: Where it is, once it was started; it stays the same when it is started again.
    """

    run: RunFolder
    tokens: Path
    lease_seconds: float = 60.0
    address: str = ""
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        port = self.address.rstrip("/").rpartition(":")[2] or "0"
        words = [sys.executable, "-c", SERVE, str(self.run.root), str(self.tokens), str(self.lease_seconds), port]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().strip()
        assert self.address

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def entrance(self, annotator: str) -> str:
        """The address that an annotator opens first."""
        return f"{self.address}?token={annotator[0] * 32}"


@pytest.fixture
def served(run: RunFolder, tmp_path: Path) -> Iterator[Served]:
    """Serves the run to alice, bob and carol; a test starts it, after it has set what it wants."""
    tokens = tmp_path / "tokens.yaml"
    tokens.write_text("".join(f"{name}: {name[0] * 32}\n" for name in ("alice", "bob", "carol")), encoding="utf-8")
    tokens.chmod(0o600)
    server = Served(run, tokens)
    yield server
    if server.process is not None:
        server.kill()


@pytest.fixture
def enter(served: Served, windows: Windows) -> Callable[..., Page]:
    """Opens the served page as an annotator; starts the server first if need be."""

    def opened(annotator: str, **how: Any) -> Page:
        if served.process is None:
            served.start()
        return windows.open(served.entrance(annotator), within=served.address, **how)

    return opened
