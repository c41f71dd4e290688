"""What the API says of cost: amounts, and what each attempt ran on and used."""

from decimal import Decimal
from typing import Any

from seqstack.domain.cost.account import AttemptAccount, JobAccount
from seqstack.domain.cost.hosts import Host
from seqstack.domain.cost.orchestration import Orchestration
from seqstack.domain.cost.totals import Cost
from seqstack.domain.records import RunHistory
from seqstack.domain.words import Step
from seqstack_api.models import RunDetail, RunSummary
from tests.support.builders import job_row, run_row, step_row
from tests.support.cost_builders import USAGE, asked, attempt, spot_host


def shown(history: RunHistory) -> dict[str, Any]:
    return RunDetail.of_history(history, {}).model_dump(mode="json", by_alias=True)


def test_cost_of_run_step_and_job_is_reported_with_what_it_leaves_out() -> None:
    reclaimed = AttemptAccount(attempt(started_at=None), asked("0.5"), Host(), None, None)
    done = AttemptAccount(
        attempt(number=2, exit_code=0),
        asked(),
        spot_host(),
        USAGE,
        Decimal("0.0125"),
        "spotHistory",
    )
    job = job_row(account=JobAccount((reclaimed, done)))
    step = step_row(cost=Cost(Decimal("0.0125"), 1))
    run = run_row(cost=Cost(Decimal("1.5"), 1))

    detail = shown(RunHistory(run, (step,), (job,)))

    assert (detail["costUsd"], detail["unpricedAttempts"]) == (1.5, 1)
    (told_step,) = detail["steps"]
    assert (told_step["costUsd"], told_step["unpricedAttempts"]) == (0.0125, 1)
    (told_job,) = told_step["jobs"]
    assert (told_job["costUsd"], told_job["unpricedAttempts"]) == (0.0125, 1)
    first, second = told_job["accounts"]
    assert (first["costUsd"], first["startedAt"], first["instanceType"]) == (None, None, None)
    assert (first["vcpus"], first["peakMemoryBytes"], first["runSeconds"]) == (0.5, None, 0)
    assert (
        second
        | {
            "number": 2,
            "instanceType": "c6i.4xlarge",
            "purchaseOption": "spot",
            "costUsd": 0.0125,
            "priceSource": "spotHistory",
            "exitCode": 0,
            "peakMemoryBytes": USAGE.peak_memory_bytes,
        }
        == second
    )


def test_cost_of_a_run_without_an_account_is_unknown() -> None:
    summary = RunSummary.of(run_row()).model_dump(by_alias=True)

    assert (summary["costUsd"], summary["unpricedAttempts"]) == (None, 0)
    detail = shown(RunHistory(run_row(), (step_row(),), (job_row(),)))
    assert detail["steps"][0]["costUsd"] is None
    assert detail["steps"][0]["jobs"][0]["accounts"] == []
    assert (detail["costUsdByStep"], detail["orchestration"]) == ({}, None)
    assert not detail["costIsComplete"]


def test_cost_beside_the_jobs_is_what_the_steps_leave_of_the_sum() -> None:
    counted = Orchestration(transitions=40, lambda_gb_seconds=Decimal("3.2"))
    run = run_row(
        cost=Cost(Decimal("0.301")),
        cost_by_step={Step.ALIGNMENT_STATS: Decimal("0.02"), Step.ALIGN: Decimal("0.28")},
        orchestration=counted,
    )

    detail = shown(RunHistory(run, (), ()))

    assert list(detail["costUsdByStep"].items()) == [
        ("align", 0.28),
        ("alignmentStats", 0.02),
        ("orchestration", 0.001),
    ]
    assert detail["costIsComplete"]
    assert detail["orchestration"] == {
        "transitions": 40,
        "invocations": 0,
        "lambdaGbSeconds": 3.2,
        "messages": 0,
        "tableReads": 0,
        "tableWrites": 0,
        "s3Reads": 0,
        "s3Writes": 0,
        "costUsd": 0.001,
    }
