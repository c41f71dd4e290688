"""`seqstack cohort list`: filters, pages, and columns."""

import json

import pytest

from cli.errors import ExitCode
from tests.unit.cli.runs import cohort
from tests.unit.cli.scripted_api import ScriptedApi, SeqStack, problem


def test_list_prints_one_line_for_each_cohort(api: ScriptedApi, seqstack: SeqStack) -> None:
    ended = cohort(cohortId="plate7", state="SUCCEEDED", endedAt="2026-01-02T03:04:09.678Z")
    checked = cohort(cohortId="new", plan=None, project="rare")
    api.on("GET /cohorts", {"cohorts": [checked, ended], "nextToken": None})

    listed = seqstack("cohort", "list")

    heading, first, second = (line.split() for line in listed.stdout.splitlines())
    assert heading == ["cohort", "project", "state", "samples", "started", "time", "sheet"]
    assert first[:3] == ["new", "rare", "RUNNING"]
    assert second[:3] == ["plate7", "SUCCEEDED", "4"]
    assert second[-3:] == ["4.0", "s", "s3://r/trios.csv"]
    assert listed.stderr == ""


def test_list_filters_and_fetches_as_many_pages_as_the_limit_needs(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    many = [cohort(cohortId=f"c{number}") for number in range(100)]
    api.on(
        "GET /cohorts",
        {"cohorts": many, "nextToken": "t2"},
        {"cohorts": [cohort(cohortId="c100")], "nextToken": "t3"},
    )

    chosen = ("--state", "failed", "--project", "rare", "--limit", "101", "--next-token", "t1")
    document = json.loads(seqstack("cohort", "list", *chosen, "--json").stdout)

    assert [each["cohortId"] for each in document["cohorts"]] == [f"c{n}" for n in range(101)]
    assert document["nextToken"] == "t3"
    wanted = {"state": "FAILED", "project": "rare"}
    assert [asked.query for asked in api.asked] == [
        {**wanted, "limit": "100", "nextToken": "t1"},
        {**wanted, "limit": "1", "nextToken": "t2"},
    ]


@pytest.mark.parametrize(
    ("cohorts", "token", "said"),
    [
        ([], None, "There are no such cohorts."),
        ([cohort()], "t2", "There are more: raise --limit, or give --all."),
    ],
)
def test_list_says_that_there_are_none_or_more(
    api: ScriptedApi, seqstack: SeqStack, cohorts: list[object], token: str | None, said: str
) -> None:
    api.on("GET /cohorts", {"cohorts": cohorts, "nextToken": token})

    assert seqstack("cohort", "list").stderr == f"{said}\n"


def test_refusal_of_an_unknown_cohort_advises_the_list_of_the_same_stack(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    api.on("GET /cohorts/trios", problem(404, "there is no cohort trios"))

    ended = seqstack("--region", "eu-west-1", "cohort", "status", "trios")

    assert "`seqstack --region eu-west-1 cohort list` shows the cohorts" in ended.stderr


@pytest.mark.parametrize("state", ["done", "qc_failed"])
def test_list_of_a_state_that_no_cohort_has_is_refused(
    api: ScriptedApi, seqstack: SeqStack, state: str
) -> None:
    assert seqstack("cohort", "list", "--state", state).exit_code == ExitCode.USAGE
    assert api.asked == []
