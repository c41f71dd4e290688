"""The pages of cohorts: which there are, how far one is, and why it failed."""

from typing import Any

import pytest

from tests.unit.cli.runs import cohort, summary
from tests.unit.cli.scripted_api import ScriptedApi
from tests.unit.cli.ui.conftest import Browser
from tests.unit.cli.ui.test_pages import Text

COHORT = "GET /cohorts/trios"


@pytest.fixture(autouse=True)
def _answers(api: ScriptedApi) -> None:
    of_it = [summary(runId=f"r{n}", cohortId="trios") for n in range(3)]
    api.on("GET /runs", {"runs": [*of_it, summary()], "nextToken": None})
    api.on(COHORT, cohort())


def test_cohorts_are_listed_in_pages_by_state_and_project(
    browser: Browser, api: ScriptedApi
) -> None:
    listed = [cohort(project="rare/x"), cohort(cohortId="a/b", plan=None)] * 25
    api.on("GET /cohorts", {"cohorts": listed, "nextToken": "t2"})

    page = Text(browser.get("cohorts?state=running&project=rare%2Fx&nextToken=t1").text)

    assert api.asked[-1].query == {
        "state": "RUNNING",
        "project": "rare/x",
        "limit": "50",
        "nextToken": "t1",
    }
    for href in (
        "cohorts/trios",
        "cohorts/a%2Fb",
        "cohorts?state=RUNNING&project=rare%2Fx",
        "cohorts?state=RUNNING&project=rare%2Fx&nextToken=t2",
        "cohorts?project=rare%2Fx&state=FAILED",
    ):
        assert page.all("a", href=href), href
    assert not page.all("a", href="cohorts?project=rare%2Fx&state=QC_FAILED")  # no cohort is that
    assert "GET /runs" not in api.operations


def test_lists_without_cohorts_say_why(browser: Browser, api: ScriptedApi) -> None:
    api.on("GET /cohorts", {"cohorts": [], "nextToken": None})

    assert "cohort run SHEET" in Text(browser.get("cohorts").text).text
    assert "No cohort is like this." in Text(browser.get("cohorts?state=FAILED").text).text
    assert "GET /runs" not in api.operations


def test_cohort_of_a_name_is_shown_at_once(browser: Browser) -> None:
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
    met = {"budgetUsd": 2.5, "budgetMetAt": "2026-01-02T04:05:06.789Z", "unpricedAttempts": 3}
    api.on(COHORT, cohort(**met, state="FAILED"))

    said = Text(browser.get("cohorts/trios").text).text

    assert "to come, by estimate" in said
    assert "$2.50" in said
    assert "budget met" in said
    assert "3 attempts with an unknown price" in said


def test_joint_run_and_its_report_of_all_samples_are_linked(
    browser: Browser, api: ScriptedApi
) -> None:
    joint = {"samples": 2, "runId": "c-1", "message": None, "report": "s3://r/qc/x.html"}
    api.on(COHORT, cohort(plan=cohort()["plan"] | {"joint": joint}))

    page = browser.get("cohorts/trios").text

    assert '<a href="runs/c-1">2 samples</a>' in page
    assert '<a href="runs/c-1/multiqc">report</a>' in page


@pytest.mark.parametrize(
    ("joint", "said"),
    [
        ({"runId": None, "message": "no joint VCF: 1 of 2 samples"}, "no joint VCF: 1 of 2"),
        ({"runId": "c-1", "message": None, "reportMessage": "no MultiQC report"}, "no MultiQC"),
    ],
)
def test_why_there_is_no_joint_vcf_or_report_is_said(
    browser: Browser, api: ScriptedApi, joint: dict[str, Any], said: str
) -> None:
    api.on(COHORT, cohort(plan=cohort()["plan"] | {"joint": {"samples": 1, **joint}}))

    assert said in Text(browser.get("cohorts/trios").text).text
