"""Starts the Chromium that the operating system has."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync")
"""Containers give no sandbox; the rest keeps it from asking anybody anything."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser, for tests of pages.

    Raises:
        AssertionError: If it is not installed.
    """
    program = shutil.which("chromium")
    assert program, "Chromium is missing; `apt-get install -y --no-install-recommends chromium` installs it."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()
