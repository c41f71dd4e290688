"""A headless Chromium, and what axe says of its page."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

AXE = Path(__file__).parents[2] / "requirements/npm/node_modules/axe-core/axe.min.js"
MOST_MILLISECONDS = 600_000  # a wait ends with its event; this long on no machine
expect.set_options(timeout=MOST_MILLISECONDS)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    assert program, "there is no Chromium: scripts/setup browser installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


def new_page(browser: Browser, **options: Any) -> tuple[Page, list[str]]:
    """A page of its own, and the complaints of its scripts and policies."""
    page = browser.new_context(**options).new_page()
    page.set_default_timeout(MOST_MILLISECONDS)
    page.set_default_navigation_timeout(MOST_MILLISECONDS)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda said: complaints.append(said.text) if said.type == "error" else None,
    )
    return page, complaints


def violations(page: Page) -> list[list[str]]:
    """What axe finds in the page as it is now: names, impacts and elements."""
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        "axe.run(document, {iframes: false}).then(found => ({passed: found.passes.length, wrong:"
        " found.violations.map(each => [each.id, each.impact, each.nodes[0].html])}))"
    )
    assert found["passed"] > 10
    wrong: list[list[str]] = found["wrong"]
    return wrong
