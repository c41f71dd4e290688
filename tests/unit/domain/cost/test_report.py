"""Sums over runs, worked out by hand."""

import json
from decimal import Decimal
from typing import Any

import pytest

from seqstack.domain.cost.account import AttemptAccount, JobAccount
from seqstack.domain.cost.orchestration import Orchestration
from seqstack.domain.cost.report import (
    GroupBy,
    GroupCost,
    cost_of_runs,
    plain,
    run_cost_document,
)
from seqstack.domain.cost.totals import Cost
from seqstack.domain.records import RunHistory, RunRow
from seqstack.domain.words import JobState, Step
from tests.builders import JOB_ID, job_row, run_row, step_row
from tests.unit.domain.cost.builders import USAGE, asked, attempt, spot_host

# at the packaged prices: 40 * 0.000025 = 0.001
COUNTED = Orchestration(transitions=40)


def run(name: str, usd: str, unpriced: int = 0, **changes: Any) -> RunRow:
    values: dict[str, Any] = {
        "run_id": name,
        "cost": Cost(Decimal(usd), unpriced),
        "orchestration": COUNTED,
        **changes,
    }
    return run_row(**values)


def steps(align: str, stats: str) -> dict[Step, Decimal]:
    return {Step.ALIGN: Decimal(align), Step.ALIGNMENT_STATS: Decimal(stats)}


RUNS = [
    run("r1", "0.301", project="rare", cohort_id="trio", sample_id="mother",
        cost_by_step=steps("0.28", "0.02")),
    run("r2", "0.401", 1, project="rare", cohort_id="trio", sample_id="child",
        cost_by_step=steps("0.4", "0")),
    run("r3", "0.2", project="rare", sample_id="child", orchestration=None,
        cost_by_step=steps("0.19", "0.01")),
    run("r4", "1.5", project="grant", sample_id="other",
        cost_by_step={Step.ALIGN: Decimal("1.499")}),
    run_row(run_id="r5", sample_id="new"),
]  # fmt: skip


def groups(by: GroupBy) -> list[tuple[str, int, str, int]]:
    found = cost_of_runs(RUNS, by).groups
    return [(g.key, g.runs, str(g.cost.usd), g.cost.unpriced_attempts) for g in found]


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (
            GroupBy.PROJECT,
            # 0.301 + 0.401 + 0.2; the run that has no project costs nothing yet
            [("grant", 1, "1.5", 0), ("rare", 3, "0.902", 1), ("", 1, "0", 0)],
        ),
        (GroupBy.COHORT, [("", 3, "1.7", 0), ("trio", 2, "0.702", 1)]),  # 1.5 + 0.2 + 0
        (
            GroupBy.SAMPLE,
            [("other", 1, "1.5", 0), ("child", 2, "0.601", 1), ("mother", 1, "0.301", 0),
             ("new", 1, "0", 0)],
        ),
        (
            GroupBy.RUN,
            [("r4", 1, "1.5", 0), ("r2", 1, "0.401", 1), ("r1", 1, "0.301", 0),
             ("r3", 1, "0.2", 0), ("r5", 1, "0", 0)],
        ),
        (
            GroupBy.STEP,
            # 0.28 + 0.4 + 0.19 + 1.499; 0.02 + 0 + 0.01; and 0.001 of r1, r2 and r4 each
            [("align", 4, "2.369", 0), ("alignmentStats", 3, "0.03", 0),
             ("orchestration", 3, "0.003", 0)],
        ),
    ],
)  # fmt: skip
def test_cost_of_runs_is_summed_up_by_groups_the_dearest_first(
    by: GroupBy, expected: list[tuple[str, int, str, int]]
) -> None:
    assert groups(by) == expected


@pytest.mark.parametrize("by", GroupBy)
def test_cost_of_runs_is_the_same_however_it_is_grouped(by: GroupBy) -> None:
    found = cost_of_runs(RUNS, by)

    assert found.cost == Cost(Decimal("2.402"), 1)  # 0.301 + 0.401 + 0.2 + 1.5
    assert (found.runs, found.open_books) == (5, 2)
    assert sum(group.cost.usd for group in found.groups) == found.cost.usd


def test_cost_of_no_runs_is_nothing() -> None:
    found = cost_of_runs([], GroupBy.SAMPLE)

    assert (found.runs, found.open_books, found.cost, found.groups) == (0, 0, Cost(), ())


def test_cost_of_runs_as_json_has_amounts_and_counts() -> None:
    assert plain(cost_of_runs(RUNS[:2], GroupBy.COHORT).as_document()) == {
        "runs": 2,
        "openBooks": 0,
        "costUsd": 0.702,
        "unpricedAttempts": 1,
        "groups": [{"key": "trio", "runs": 2, "costUsd": 0.702, "unpricedAttempts": 1}],
    }
    assert cost_of_runs(RUNS[:1], GroupBy.RUN).groups == (
        GroupCost("r1", 1, Cost(Decimal("0.301"))),
    )


def test_cost_of_one_run_as_json_goes_down_to_its_attempts() -> None:
    account = JobAccount(
        (AttemptAccount(attempt(), asked(), spot_host(), USAGE, Decimal("0.273"), "spotHistory"),)
    )
    history = RunHistory(
        run("r1", "0.274", project="rare"),
        (step_row(cost=Cost(Decimal("0.273"))), step_row(Step.ANNOTATE, reused_from="r0")),
        (job_row(state=JobState.SUCCEEDED, account=account),),
    )

    document = plain(run_cost_document(history))

    assert json.loads(json.dumps(document)) == document
    assert (document["costUsd"], document["project"], document["cohortId"]) == (0.274, "rare", None)
    assert document["orchestration"]["costUsd"] == 0.001
    assert document["orchestration"]["transitions"] == 40
    align, annotate = document["steps"]
    assert (align["step"], align["costUsd"]) == ("align", 0.273)
    assert (annotate["reusedFrom"], annotate["jobs"]) == ("r0", [])
    assert "costUsd" not in annotate
    (job,) = align["jobs"]
    assert (job["attempt"], job["jobId"], job["costUsd"]) == (1, JOB_ID, 0.273)
    (made,) = job["attempts"]
    assert made == {
        "number": 1,
        "instanceId": "i-0a1b2c3d4e5f60718",
        "instanceType": "c6i.4xlarge",
        "purchaseOption": "spot",
        "availabilityZone": "us-east-1a",
        "queuedAt": 1_748_865_420_000,
        "startedAt": 1_748_865_600_000,
        "stoppedAt": 1_748_869_200_000,
        "queueSeconds": 180,
        "runSeconds": 3600,
        "vcpus": 16,
        "memoryMib": 28672,
        "peakMemoryBytes": 12_000_000_000,
        "cpuSeconds": 40_000,
        "measuredBy": "cgroup",
        "s3Reads": 120,
        "s3Writes": 140,
        "exitCode": 0,
        "exitReason": "Essential container in task exited",
        "costUsd": 0.273,
        "priceSource": "spotHistory",
        "unknown": [],
    }


def test_cost_of_a_run_that_has_just_begun_has_no_amount() -> None:
    document = run_cost_document(RunHistory(run_row(), (step_row(),), (job_row(),)))

    assert "costUsd" not in document
    assert document["orchestration"] is None
    assert "attempts" not in document["steps"][0]["jobs"][0]
