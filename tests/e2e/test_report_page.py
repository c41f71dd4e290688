"""The report in a browser: axe finds nothing that keeps people from reading it."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from seqstack.report.page import report_page
from tests.unit.report.histories import failed, qc_failed, succeeded

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
AXE = ROOT / "requirements/npm/node_modules/axe-core/axe.min.js"
# https://github.com/dequelabs/axe-core/blob/develop/doc/API.md
RUN = """
axe.run().then(found => {
  document.body.innerHTML = "";
  document.body.textContent = "AXE" + JSON.stringify(
    {passed: found.passes.length, violations: found.violations.map(each => [each.id, each.impact])}
  ) + "END";
});
"""


def audited(page: str, folder: Path, *options: str, script: str = RUN) -> dict[str, Any]:
    """What axe, or another script, says of a page, once the browser has run it."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    assert browser, "there is no Chromium: scripts/setup browser installs it"
    scripts = f"<script>{AXE.read_text()}</script><script>{script}</script></body>"
    path = folder / "page.html"
    path.write_text(page.replace("</body>", scripts))
    ended = subprocess.run(
        [
            *(browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
            *("--disable-background-networking", "--virtual-time-budget=60000"),
            *(f"--user-data-dir={folder / 'profile'}", *options, "--dump-dom", path.as_uri()),
        ],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "HOME": str(folder)},
    )
    found = re.search(r"AXE(\{.*\})END", ended.stdout)
    assert found, ended.stdout[-2000:]
    said: dict[str, Any] = json.loads(found[1])
    return said


@pytest.mark.parametrize(
    "history",
    [succeeded(), qc_failed(), failed()],
    ids=["succeeded", "qc_failed", "failed"],
)
@pytest.mark.parametrize(
    "options", [(), ("--blink-settings=preferredColorScheme=0",)], ids=["light", "dark"]
)
def test_axe_finds_nothing(history: Any, options: tuple[str, ...], tmp_path: Path) -> None:
    page = report_page(history, "2025-06-02T14:25:00.000Z").replace("<details", "<details open")

    said = audited(page, tmp_path, *options)

    assert said["violations"] == []
    assert said["passed"] > 10


def test_axe_finds_what_is_wrong(tmp_path: Path) -> None:
    page = report_page(succeeded(), "2025-06-02T14:25:00.000Z").replace(' lang="en"', "")

    assert ["html-has-lang", "serious"] in audited(page, tmp_path)["violations"]
