"""A real browser with no way out: Debian's chromium, driven by playwright; fixtures that conftest.py lends to all tests.

Without a chromium these tests skip, unless HPSCAN_NEEDS_BROWSER is set, as `.ci/run` does.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser
    from playwright.sync_api import Page as Tab

_NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests."""
    found = next((path for path in map(shutil.which, _NAMES) if path), None)
    if found is None:
        reason = "there is no chromium here: apt-get install chromium"
        if os.environ.get("HPSCAN_NEEDS_BROWSER"):
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield running
        running.close()


@dataclass
class Watched:
    """A tab, and what it should not have done."""

    tab: Tab
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture
def opened(browser: Browser) -> Iterator[Callable[..., Watched]]:
    """Opens a page from disk with every request but for files blocked, and watches what it asks for and says."""
    made: list[Any] = []

    def visit(path: Path, *, width: int = 1200, scheme: str = "light") -> Watched:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
        )
        made.append(context)
        context.set_offline(True)
        seen = Watched(context.new_page())
        seen.tab.on("request", lambda request: seen.requests.append(request.url))
        seen.tab.on("console", lambda message: seen.complaints.append(message.text))
        seen.tab.on("pageerror", lambda error: seen.complaints.append(str(error)))
        seen.tab.on("dialog", lambda dialog: (seen.complaints.append("dialog"), dialog.dismiss()))
        seen.tab.goto(path.as_uri())
        return seen

    yield visit
    for context in made:
        context.close()
