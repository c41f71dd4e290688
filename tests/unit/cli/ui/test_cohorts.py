"""The pages of cohorts: which there are, how far one is, and why it failed."""

from typing import Any

import pytest

from tests.unit.cli.runs import summary
from tests.unit.cli.scripted_api import ScriptedApi
from tests.unit.cli.ui.conftest import Browser
from tests.unit.cli.ui.test_pages import Text

COHORT = "GET /cohorts/trios"


def cohort(**changes: Any) -> dict[str, Any]:
    plan = {
        "samples": 4,
        "left": 4,
        "new": 4,
        "again": 0,
        "follow": 0,
        "done": 0,
        "inputBytes": 2048,
        "inputBytesLeft": 2048,
        "warnings": 0,
        "maxConcurrency": 100,
        "toleratedFailurePercentage": 5.0,
        "folder": "s3://r/cohorts/",
        "estimate": None,
    }
    return {
        "cohortId": "trios",
        "execution": "trios-1",
        "state": "RUNNING",
        "isDryRun": False,
        "startedAt": "2026-01-02T03:04:05.678Z",
        "endedAt": None,
        "project": None,
        "sheetS3Path": "s3://r/trios.csv",
        "sheetVersion": None,
        "plan": plan,
        "samples": {"SUCCEEDED": 1, "RUNNING": 1, "FAILED": 1},
        "failure": None,
        "costUsd": 0.5,
        "notStarted": 1,
        "costToComeUsd": 0.25,
        "budgetUsd": None,
        "budgetMetAt": None,
        "unpricedAttempts": 0,
    } | changes


@pytest.fixture(autouse=True)
def _answers(api: ScriptedApi) -> None:
    of_it = [summary(runId=f"r{n}", cohortId="trios") for n in range(3)]
    api.on("GET /runs", {"runs": [*of_it, summary()], "nextToken": None})
    api.on(COHORT, cohort())


def test_cohorts_are_those_of_the_newest_runs(browser: Browser) -> None:
    page = Text(browser.get("cohorts").text)

    assert [each["href"] for each in page.all("a") if "/trios" in str(each["href"])] == [
        "cohorts/trios"
    ]
    assert browser.get("cohorts?name=a/b").headers["Location"].endswith("/cohorts/a%2Fb")


def test_cohort_shows_the_shares_of_its_states_and_is_live(browser: Browser) -> None:
    page = Text(browser.get("cohorts/trios").text)

    (shares,) = page.all("svg")
    assert shares["aria-label"] == "1 succeeded, 1 running, 1 failed, 1 waiting"
    assert {each["width"] for each in page.all("rect")} == {"25.00%"}
    assert page.all("div", id="cohort", **{"data-live": "cohorts/trios?part=cohort"})
    assert page.all("a", href="cohorts/trios/stop")
    assert page.all("a", href="runs/r0")


def test_sheet_with_faults_is_told_line_by_line(browser: Browser, api: ScriptedApi) -> None:
    failure = {"error": "InvalidCohortError", "cause": "2 problems\nline 3: a\nline 4: b"}
    ended = "2026-01-02T03:05:00.000Z"
    api.on(COHORT, cohort(state="FAILED", endedAt=ended, failure=failure, plan=None, samples={}))
    api.on("GET /runs", {"runs": [], "nextToken": None})

    page = Text(browser.get("cohorts/trios").text)

    assert "2 problems\nline 3: a\nline 4: b" in page.text
    assert page.all("a", href="cohorts/trios/resume")
    assert "data-live" not in str(page.all("div", id="cohort"))


@pytest.mark.parametrize(
    ("verb", "operation"),
    [("stop", "DELETE /cohorts/trios"), ("resume", "POST /cohorts/trios/resume")],
)
def test_cohort_is_stopped_and_resumed_after_a_question(
    browser: Browser, api: ScriptedApi, verb: str, operation: str
) -> None:
    api.on(operation, cohort())

    asked = browser.get(f"cohorts/trios/{verb}")
    assert operation not in api.operations
    assert f"{verb.title()} the cohort" in asked.text
    answer = browser.post(f"cohorts/trios/{verb}")

    assert answer.headers["Location"] == f"{browser.guard.base}cohorts/trios"
    assert operation in api.operations


def test_budget_that_is_met_stands_on_the_page(browser: Browser, api: ScriptedApi) -> None:
    api.on(COHORT, cohort(budgetUsd=2.5, budgetMetAt="2026-01-02T04:05:06.789Z", state="FAILED"))

    said = Text(browser.get("cohorts/trios").text).text

    assert "to come, by estimate" in said
    assert "$2.50" in said
    assert "budget met" in said
