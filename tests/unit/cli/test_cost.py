"""`seqstack cost`: of one run by its attempts, of many in totals; amounts added up by hand."""

import json
from typing import Any

import pytest

from cli.errors import ExitCode
from tests.unit.cli import runs
from tests.unit.cli.runs import RUN_ID
from tests.unit.cli.scripted_api import ScriptedApi, SeqStack

SHOW = f"GET /runs/{RUN_ID}"


def costly_run(**changes: Any) -> dict[str, Any]:
    """0.20 + 0.05 on its jobs, one attempt unknown, and 0.0005 beside."""
    reclaimed = runs.account(exitCode=None, exitReason="Host EC2 terminated", costUsd=0.075)
    again = runs.account(number=2, costUsd=0.125)
    lost = runs.account(costUsd=None, instanceType=None, purchaseOption=None, peakMemoryBytes=None)
    align = runs.step(
        jobs=[
            runs.job(accounts=[reclaimed, again]),
            runs.job(attempt=2, accounts=[]),
        ],
        costUsd=0.2,
    )
    call = runs.step(
        "callVariants", "bcftools", jobs=[runs.job(accounts=[lost])], costUsd=0.05,
        unpricedAttempts=1,
    )  # fmt: skip
    beside = {"costUsd": 0.0005}
    return runs.detail(
        align, call, costUsd=0.2505, unpricedAttempts=1, orchestration=beside, **changes
    )


def test_cost_of_a_run_lists_every_attempt_and_what_is_beside_them(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    api.on(SHOW, costly_run())

    lines = seqstack("cost", RUN_ID).stdout.splitlines()

    assert [line.split() for line in lines] == [
        ["step", "attempt", "exit", "host", "paid", "as", "zone", "vCPUs", "memory", "used",
         "in", "queue", "ran", "cost"],
        ["align", "1.1", "none", "c6i.4xlarge", "Spot", "us-east-1a", "16", "12.0", "GiB",
         "1", "min", "53", "s", "33", "min", "58", "s", "$0.0750"],
        ["align", "1.2", "0", "c6i.4xlarge", "Spot", "us-east-1a", "16", "12.0", "GiB",
         "1", "min", "53", "s", "33", "min", "58", "s", "$0.1250"],
        ["align", "2", "not", "known", "yet"],
        ["callVariants", "1", "0", "unknown", "unknown", "us-east-1a", "16", "unknown",
         "1", "min", "53", "s", "33", "min", "58", "s", "unknown"],
        ["orchestration", "$0.0005"],
        ["total", "$0.2505"],
        ["Left", "out:", "1", "attempt", "with", "an", "unknown", "price."],
    ]  # fmt: skip


def test_cost_of_a_run_as_json_is_the_apis_answer(api: ScriptedApi, seqstack: SeqStack) -> None:
    api.on(SHOW, costly_run())

    assert json.loads(seqstack("cost", RUN_ID, "--json").stdout) == costly_run()


def test_cost_of_a_run_that_is_not_accounted_for_says_so(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    api.on(SHOW, runs.detail(runs.step(jobs=[runs.job()])))

    assert seqstack("cost", RUN_ID).stdout.count("not known yet") == 3


def run(number: int, cost: float | None, **changes: Any) -> dict[str, Any]:
    started = f"2026-01-{number:02}T12:00:00.000Z"
    return runs.summary(runId=f"r{number}", startedAt=started, costUsd=cost, **changes)


RUNS = [
    run(9, None, sampleId="NA2", cohortId="trio", project="rare", costIsComplete=False),
    run(8, 0.30, sampleId="NA2", cohortId="trio", project="rare", unpricedAttempts=2),
    run(7, 0.20, sampleId="NA1", cohortId="trio", project="rare"),
    run(6, 0.10, sampleId="NA1", cohortId=None, project="rare"),
    run(5, 2.00, sampleId="NA3", cohortId=None, project=None),
]


@pytest.mark.parametrize(
    ("options", "query", "by", "totals"),
    [
        ([], {}, "project", [(None, 1, 2.0), ("rare", 4, 0.6)]),
        (["--project", "rare"], {"project": "rare"}, "cohort",
         [(None, 2, 2.1), ("trio", 3, 0.5)]),
        (["--cohort", "trio"], {"cohort": "trio"}, "sample",
         [("NA3", 1, 2.0), ("NA1", 2, 0.3), ("NA2", 2, 0.3)]),
        (["--sample", "NA1", "--since", "2026-01-07", "--until", "2026-01-09"], {"sample": "NA1"},
         "run", [("r8", 1, 0.3), ("r7", 1, 0.2)]),
    ],
)  # fmt: skip
def test_costs_of_many_runs_are_added_up_by_the_next_finer_thing(
    api: ScriptedApi,
    seqstack: SeqStack,
    options: list[str],
    query: dict[str, str],
    by: str,
    totals: list[tuple[str | None, int, float]],
) -> None:
    api.on("GET /runs", {"runs": RUNS, "nextToken": None})

    document = json.loads(seqstack("cost", *options, "--json").stdout)

    assert api.asked[0].query == query | {"limit": "100"}
    assert document["by"] == by
    assert [(each[by], each["runs"], each["costUsd"]) for each in document["totals"]] == totals
    assert document["costUsd"] == pytest.approx(sum(usd for *_, usd in totals))


def test_costs_of_many_runs_report_what_they_leave_out(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    api.on("GET /runs", {"runs": RUNS, "nextToken": None})

    document = json.loads(seqstack("cost", "--json").stdout)

    assert (document["runs"], document["unpricedAttempts"], document["openRuns"]) == (5, 2, 1)
    assert seqstack("cost").stdout.splitlines()[-2:] == [
        "Left out: 2 attempts with an unknown price.",
        "Incomplete: the cost of 1 run that is running or ended a moment ago.",
    ]


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        (None, ["Cost so far: $2.60"]),
        (4.0, ["Cost so far: $2.60; budget: $4.00", "The budget does not count what is left out"]),
    ],
)
def test_cost_of_a_cohort_says_once_what_it_leaves_out(
    api: ScriptedApi, seqstack: SeqStack, budget: float | None, said: list[str]
) -> None:
    cohort = {"cohortId": "trio", "state": "SUCCEEDED", "costUsd": 2.6, "notStarted": 0}
    money = {"unpricedAttempts": 2, "budgetUsd": budget, "budgetMetAt": None}
    api.on("GET /cohorts/trio", {**cohort, **money})
    api.on("GET /runs", {"runs": RUNS, "nextToken": None})

    ended = seqstack("cohort", "cost", "trio")

    assert ended.stdout.count("Left out: 2 attempts with an unknown price") == 1
    assert ended.stderr.splitlines() == said


def test_costs_of_which_nothing_is_known_are_not_zero(api: ScriptedApi, seqstack: SeqStack) -> None:
    unpriced = run(3, 0.0, sampleId="NA3", unpricedAttempts=1)
    known = run(2, 0.3, sampleId="NA2"), run(1, None, sampleId="NA2", costIsComplete=False)
    api.on("GET /runs", {"runs": [run(4, None, sampleId="NA1"), unpriced, *known],
                         "nextToken": None})  # fmt: skip

    document = json.loads(seqstack("cost", "--by", "sample", "--json").stdout)
    lines = seqstack("cost", "--by", "sample").stdout.splitlines()

    assert [each["costUsd"] for each in document["totals"]] == [0.3, None, None]
    assert [line.split() for line in lines[1:5]] == [
        ["NA2", "2", "$0.3000", "$0.3000"],  # the mean of what is known
        ["NA1", "1", "not", "known", "yet"],
        ["NA3", "1", "not", "known", "yet"],
        ["total", "4", "$0.3000", "$0.3000"],
    ]

    api.on("GET /runs", {"runs": [run(4, None)], "nextToken": None})
    assert json.loads(seqstack("cost", "--json").stdout)["costUsd"] is None


def test_cost_of_a_job_that_never_started_is_known_to_be_none(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    api.on(SHOW, runs.detail(runs.step(jobs=[runs.job(costUsd=0.0)])))

    lines = seqstack("cost", RUN_ID).stdout.splitlines()

    assert lines[1].split() == ["align", "1", "$0"]


@pytest.mark.parametrize("since", ["2026-01-08T14:00:00+02:00", "2026-01-08T12:00:00.000Z"])
def test_costs_since_a_time_with_an_offset_are_of_that_moment(
    api: ScriptedApi, seqstack: SeqStack, since: str
) -> None:
    api.on("GET /runs", {"runs": RUNS, "nextToken": None})

    ended = seqstack("cost", "--since", since, "--by", "run", "--json")

    # r8 has started at 12:00 UTC
    assert [each["run"] for each in json.loads(ended.stdout)["totals"]] == ["r8", "r9"]


def test_costs_since_a_day_fetch_no_page_behind_it(api: ScriptedApi, seqstack: SeqStack) -> None:
    api.on("GET /runs", {"runs": RUNS, "nextToken": "t1"})

    ended = seqstack("cost", "--since", "2026-01-06", "--by", "run", "--json")

    assert [each["run"] for each in json.loads(ended.stdout)["totals"]] == ["r8", "r7", "r6", "r9"]
    assert api.operations == ["GET /runs"]


def test_costs_by_step_show_orchestration_separately(api: ScriptedApi, seqstack: SeqStack) -> None:
    first = run(
        2, 0.301, costUsdByStep={"align": 0.25, "callVariants": 0.05, "orchestration": 0.001}
    )
    failed = run(1, 0.15, costUsdByStep={"align": 0.15}, costIsComplete=False)
    api.on("GET /runs", {"runs": [first, failed], "nextToken": None})

    lines = seqstack("cost", "--by", "step").stdout.splitlines()

    assert [line.split() for line in lines[:-1]] == [
        ["step", "runs", "cost", "per", "run"],
        ["align", "2", "$0.4000", "$0.2000"],
        ["callVariants", "1", "$0.0500", "$0.0500"],
        ["orchestration", "1", "$0.0010", "$0.0010"],
        ["total", "2", "$0.4510", "$0.2255"],
    ]


def test_cost_of_one_run_and_of_many_at_once_is_a_mistake(
    api: ScriptedApi, seqstack: SeqStack
) -> None:
    assert seqstack("cost", RUN_ID, "--sample", "NA1").exit_code == ExitCode.USAGE
    assert api.asked == []


def test_costs_of_no_runs_are_none(api: ScriptedApi, seqstack: SeqStack) -> None:
    api.on("GET /runs", {"runs": [], "nextToken": None})

    ended = seqstack("cost", "--cohort", "none")

    assert (ended.stdout, ended.stderr) == ("", "There are no such runs.\n")
