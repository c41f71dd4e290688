"""The page of costs: what it adds up, what leads to what, what it leaves out."""

import pytest

from tests.support.html_page import HtmlPage
from tests.unit.cli.runs import summary
from tests.unit.cli.scripted_api import ScriptedApi
from tests.unit.cli.ui.conftest import Browser


@pytest.fixture(autouse=True)
def _answers(api: ScriptedApi) -> None:
    runs = [
        summary(runId="r1", project="rare", cohortId="trios", sampleId="a", costUsd=3.0),
        summary(runId="r2", project="rare", cohortId="trios", sampleId="b", costUsd=1.0),
        summary(runId="r3", project=None, sampleId="c", costUsd=0.0, unpricedAttempts=2),
    ]
    api.on("GET /runs", {"runs": runs, "nextToken": None})


def shown(browser: Browser, path: str) -> HtmlPage:
    answer = browser.get(path)
    assert answer.status_code == 200
    return HtmlPage(answer.text)


def test_costs_are_added_up_by_project_and_lead_to_its_cohorts(browser: Browser) -> None:
    page = shown(browser, "costs")

    rows = page.text
    assert "rare2$4.00100%$2.00" in rows
    assert "(no project)1not known yettotal" in rows
    assert "total3$4.00100%$2.00" in rows
    assert "Left out: 2 attempts with an unknown price." in rows
    assert ("href", "costs?project=rare") in page.attributes


def test_costs_of_a_project_are_asked_for_and_added_up_by_cohort(
    browser: Browser, api: ScriptedApi
) -> None:
    page = shown(browser, "costs?project=rare")

    assert api.asked[-1].query["project"] == "rare"
    assert "trios2$4.00100%" in page.text
    assert ("href", "costs?project=rare&cohort=trios") in page.attributes


def test_costs_by_run_lead_to_the_run(browser: Browser) -> None:
    assert ("href", "runs/r1") in shown(browser, "costs?by=run").attributes


def test_costs_since_a_day_leave_out_earlier_runs(browser: Browser) -> None:
    assert "No run is like this." in shown(browser, "costs?since=2999-01-01").text
    assert "is not a day, such as 2026-01-31" in shown(browser, "costs?since=soon").text


def test_costs_of_too_many_runs_say_that_older_ones_are_left_out(
    browser: Browser, api: ScriptedApi
) -> None:
    many = [summary(runId=f"r{n}", project="p", costUsd=0.001) for n in range(1001)]
    api.on("GET /runs", {"runs": many, "nextToken": None})

    page = shown(browser, "costs")

    assert "p1,000$1.00100%" in page.text
    assert "the newest 1,000 runs; `seqstack --stack lab cost` counts all." in page.text
