"""The pages of `seqstack ui` in a browser, on a scripted stack: axe finds nothing, keys work."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from cli.client import ApiClient
from cli.errors import unavailable
from cli.options import Options
from cli.session import Session
from cli.ui.server import serving
from tests.support.browser import chromium, new_page, violations
from tests.unit.cli.runs import RUN_ID, account, cohort, detail, failed, job, step, summary
from tests.unit.cli.scripted_api import URL, ScriptedApi
from tests.unit.cli.test_results import log, made
from tests.unit.cli.ui.test_pages import RUNNING

pytestmark = pytest.mark.long

RUN = f"GET /runs/{RUN_ID}"
LOG = f"GET /runs/{RUN_ID}/logs/align"
LOOKS: dict[str, dict[str, Any]] = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": {"width": 360, "height": 700}, "color_scheme": "dark"},
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def api() -> ScriptedApi:
    api = ScriptedApi()
    api.on("GET /runs", {"runs": [summary(cohortId="trios"), failed()], "nextToken": None})
    api.on(RUN, failing())
    api.on(LOG, log("begins", "ends"))
    api.on("GET /cohorts/trios", cohort())
    api.on("GET /cohorts", {"cohorts": [cohort(project="rare")], "nextToken": "t"})
    api.on("GET /references", {"references": [{"name": "GRCh38", "versions": []}]})
    api.on(f"GET /runs/{RUN_ID}/outputs", made("bam/sorted.bam", "report/run.html", link=LINK))
    return api


COHORTS = ("cohorts", "cohorts/trios", "cohorts/trios/stop")
LINK = "https://results.s3.us-east-1.amazonaws.com/r/NA1"


@pytest.fixture
def link(api: ScriptedApi) -> Iterator[str]:
    session = Session(Options())
    session.api = ApiClient(URL, api, session.options.command)
    with serving(session) as guard:
        yield guard.link()


def opened(browser: Browser, link: str, path: str, **options: Any) -> tuple[Page, list[str]]:
    page, complaints = new_page(browser, **options)
    page.goto(link)
    page.wait_for_url("**/runs")
    page.goto(page.url.removesuffix("runs") + path)
    return page, complaints


def failing() -> dict[str, Any]:
    """A run with everything that a page can show."""
    run = failed()
    run["warnings"] = [{"step": "align", "code": "lowDepth", "message": "3x"}]
    run["failure"]["cause"] += "\ndo: send the reads again\njob j, log stream s\nlast: bwa failed"
    run["metrics"] = {"reads": 1000, "alignedRate": 0.99}
    run["steps"][0]["jobs"] = [job(state="FAILED", accounts=[account()])]
    run["steps"].append(step("callVariants", "bcftools", state="SUCCEEDED", reusedFrom="earlier"))
    return run


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_and_no_page_is_wider_than_the_screen(
    browser: Browser, api: ScriptedApi, link: str, look: str
) -> None:
    tabs = ("", "/logs", "/files", "/multiqc", "/accuracy", "/cost", "/stop", "/resume")
    for path in (
        "runs",
        "runs?sample=x",
        *(f"runs/{RUN_ID}{tab}" for tab in tabs),
        "nothing",
        "costs",
        "costs?project=x&since=soon",
        "start",
    ):
        page, complaints = opened(browser, link, path, **LOOKS[look])
        for each in page.locator("summary").all():
            each.click()
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert [each for each in complaints if "404" not in each] == [], path
        page.context.close()


def test_run_is_renewed_in_place_and_told_until_it_ends(
    browser: Browser, api: ScriptedApi, link: str
) -> None:
    running = detail(RUNNING, step("callVariants", "bcftools"))
    api.on(RUN, running)

    page, complaints = opened(browser, link, f"runs/{RUN_ID}")
    page.get_by_role("link", name="align", exact=True).focus()
    api.on(RUN, unavailable("no answer from the API"))

    expect(page.get_by_role("alert")).to_contain_text("No answer from the API")
    api.on(RUN, failing())
    expect(page.locator("#said")).to_contain_text("Run failed. align failed")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_role("heading", name="ToolFailedError")).to_be_visible()
    assert page.locator("[data-live]").count() == 0
    assert page.evaluate("document.activeElement.textContent") == "align"
    assert [each for each in complaints if "502" not in each] == []


def test_log_grows_and_stays_at_its_end(browser: Browser, api: ScriptedApi, link: str) -> None:
    api.on(RUN, detail(step(state="RUNNING", jobs=[job(attempt=2)])))
    many = [f"line {number}" for number in range(200)]
    api.on(
        LOG,
        log(*many, state="RUNNING", token="f/1"),
        log("the newest", state="RUNNING", token="f/2"),
        log(state="RUNNING", token="f/2"),
    )

    page, complaints = opened(browser, link, f"runs/{RUN_ID}/logs")

    expect(page.get_by_text("the newest")).to_be_in_viewport()
    page.get_by_role("log").evaluate("each => { each.scrollTop = 0; }")
    expect(page.get_by_label("follow")).not_to_be_checked()
    assert complaints == []


def test_keyboard_alone_reaches_the_content_and_stops_a_run(
    browser: Browser, api: ScriptedApi, link: str
) -> None:
    api.on(RUN, detail(RUNNING))
    api.on(f"DELETE /runs/{RUN_ID}", summary(state="ABORTED"))
    page, _ = opened(browser, link, f"runs/{RUN_ID}")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    stop = page.get_by_role("link", name="Stop")
    while not stop.evaluate("each => each === document.activeElement"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Stop the run").press("Enter")
    page.wait_for_url(f"**/runs/{RUN_ID}")

    assert f"DELETE /runs/{RUN_ID}" in api.operations


def test_without_scripts_pages_load_themselves_again(
    browser: Browser, api: ScriptedApi, link: str
) -> None:
    api.on(RUN, detail(RUNNING), failing())

    page, _ = opened(browser, link, f"runs/{RUN_ID}", java_script_enabled=False)

    expect(page.get_by_role("heading", name="ToolFailedError")).to_be_visible()
