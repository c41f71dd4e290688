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
from tests.support.sample_statistics import ANNOTATION, drawn_document, found_plots
from tests.unit.report.histories import failed, qc_failed, succeeded

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
AXE = ROOT / "requirements/npm/node_modules/axe-core/axe.min.js"
MADE_AT = "2025-06-02T14:25:00.000Z"
HOSTILE = "<img/src=x/onerror=document.title=1>"
# https://github.com/dequelabs/axe-core/blob/develop/doc/API.md
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
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
    path.write_text(POLICY.sub("", page).replace("</body>", scripts))
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


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Plots of a sample whose effects are named as HTML, as Vega-Lite draws them."""
    found = found_plots(annotation=ANNOTATION.replace("stop_gained", HOSTILE))
    return drawn_document(found, tmp_path_factory.mktemp("plots"))


@pytest.mark.parametrize(
    "history",
    [succeeded(), qc_failed(), failed()],
    ids=["succeeded", "qc_failed", "failed"],
)
@pytest.mark.parametrize(
    "options", [(), ("--blink-settings=preferredColorScheme=0",)], ids=["light", "dark"]
)
def test_axe_finds_nothing(
    history: Any, options: tuple[str, ...], drawn: bytes, tmp_path: Path
) -> None:
    page = report_page(history, MADE_AT, drawn).replace("<details", "<details open")

    said = audited(page, tmp_path, *options)

    assert said["violations"] == []
    assert said["passed"] > 10


def test_axe_finds_what_is_wrong(tmp_path: Path) -> None:
    page = report_page(succeeded(), MADE_AT).replace(' lang="en"', "")

    assert ["html-has-lang", "serious"] in audited(page, tmp_path)["violations"]


def test_axe_finds_a_drawing_without_a_name(drawn: bytes, tmp_path: Path) -> None:
    page = re.sub(
        ' aria-label="[^"]*" aria-describedby',
        " aria-describedby",
        report_page(succeeded(), MADE_AT, drawn),
    )

    assert ["svg-img-alt", "serious"] in audited(page, tmp_path)["violations"]


# What a browser draws: for each plot, the least and greatest place of its shapes and words.
PLACES = """
const seen = [...document.querySelectorAll(".plots svg")].map(svg => {
  const frame = svg.getBoundingClientRect();
  const inside = [...svg.querySelectorAll("text, path, line")]
    .map(each => each.getBoundingClientRect()).filter(each => each.width > 0 || each.height > 0);
  return {
    name: svg.getAttribute("aria-label"), marks: inside.length,
    colours: [...new Set([...svg.querySelectorAll("path, line, text")].flatMap(each => [
      getComputedStyle(each).fill, getComputedStyle(each).stroke]))],
    font: Math.min(...[...svg.querySelectorAll("text")].map(each => {
      return parseFloat(getComputedStyle(each).fontSize) * svg.getScreenCTM().a;
    })),
    outside: inside.filter(each => each.left < frame.left - 12 || each.right > frame.right + 12 ||
      each.top < frame.top - 4 || each.bottom > frame.bottom + 4).length,
  };
});
const wide = document.body.scrollWidth > document.body.clientWidth;
const text = JSON.stringify({seen, wide, title: document.title});
document.body.textContent = "AXE" + text + "END";
"""
COLOURS = {
    "light": {"first": "rgb(0, 114, 178)", "second": "rgb(213, 94, 0)", "text": "rgb(27, 31, 36)"},
    "dark": {
        "first": "rgb(86, 180, 233)", "second": "rgb(230, 159, 0)", "text": "rgb(230, 237, 243)",
    },
}  # fmt: skip


@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize("look", ["light", "dark"])
def test_browser_draws_every_plot_in_the_colours_of_the_page(
    drawn: bytes, width: int, look: str, tmp_path: Path
) -> None:
    options = ["--blink-settings=preferredColorScheme=0"] if look == "dark" else []
    page = report_page(succeeded(), MADE_AT, drawn)
    script = f'document.body.style.width = "{width}px";{PLACES}'

    said = audited(page, tmp_path, "--window-size=1300,2000", *options, script=script)

    assert said["title"].startswith("NA12878")  # no name of an effect ran
    assert not said["wide"]
    assert [each["name"] for each in said["seen"]] == [
        *("Depth", "Bases of at least a depth", "Insert size", "Base quality"),
        *("Variants by type", "Indels by length", "Substitutions and Ti/Tv", "Allele balance"),
        "Effects",
    ]
    wanted = COLOURS[look]
    for each in said["seen"]:
        assert each["marks"] > 10, each
        assert each["outside"] == 0, each
        assert each["font"] > 9, each  # pixels: no smaller on a phone
        assert {wanted["first"], wanted["text"]} <= set(each["colours"]), each
    two = [each["name"] for each in said["seen"] if wanted["second"] in each["colours"]]
    assert two == ["Base quality", "Indels by length", "Substitutions and Ti/Tv", "Allele balance"]


# Whether parts that a screen folds are to be seen, and whether tables may break between rows.
PRINTED = """
const folded = [...document.querySelectorAll("details:not(.plots *) > dl")];
const text = JSON.stringify({
  folded: folded.map(each => each.checkVisibility()),
  rows: [...document.querySelectorAll("tbody tr")].map(each => getComputedStyle(each).breakAfter),
  figures: [...document.querySelectorAll("figure")].map(each => getComputedStyle(each).display),
});
document.body.textContent = "AXE" + text + "END";
"""


def test_print_unfolds_commands_and_breaks_between_rows_and_plots(
    drawn: bytes, tmp_path: Path
) -> None:
    page = report_page(succeeded(), MADE_AT, drawn)
    assert page.count("@media print") == 1

    screen = audited(page, tmp_path, script=PRINTED)
    paper = audited(page.replace("@media print", "@media all"), tmp_path, script=PRINTED)

    assert screen["folded"] == [False, False]
    assert paper["folded"] == [True, True]
    assert set(paper["rows"]) == {"auto"}
    # in a grid or a row of flex, a figure that goes to the next page would cover what is there
    assert set(paper["figures"]) == {"inline-block"}
