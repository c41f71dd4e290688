"""Hosts and accounts: the ledger in DynamoDB and its fake in memory do the same."""

from decimal import Decimal

import pytest

from seqstack.domain.cost.account import AttemptAccount, JobAccount
from seqstack.domain.cost.hosts import Host, PurchaseOption
from seqstack.domain.cost.orchestration import Orchestration
from seqstack.domain.cost.totals import Cost
from seqstack.domain.cost.usage import MeasuredBy, Usage
from seqstack.domain.job_record import JobKey
from seqstack.domain.words import RunState, Step
from seqstack.use_cases.ports import Ledger
from tests.support.builders import ALIGN, RUN_ID, run_row, step_plan
from tests.support.cost_builders import USAGE, asked, attempt, spot_host

ARN = "arn:aws:ecs:us-east-1:123456789012:container-instance/spot_Batch/9b8a7c6d"
EXPIRES = 1_750_000_000
STATS = JobKey(RUN_ID, Step.ALIGNMENT_STATS, 1)


def costing(amount: str | None, number: int = 1) -> AttemptAccount:
    cost = None if amount is None else Decimal(amount)
    source = "spotHistory" if amount else ""
    return AttemptAccount(attempt(number=number), asked(), spot_host(), USAGE, cost, source)


def test_host_is_kept_as_it_was_found(ledger: Ledger) -> None:
    assert ledger.host(ARN) is None

    ledger.keep_host(ARN, spot_host(), EXPIRES)

    assert ledger.host(ARN) == spot_host()


def test_host_that_is_half_known_is_filled_in_and_then_stays(ledger: Ledger) -> None:
    ledger.keep_host(ARN, Host(instance_type="c6i.4xlarge"), EXPIRES)
    assert ledger.host(ARN) == Host(instance_type="c6i.4xlarge")

    ledger.keep_host(ARN, spot_host(), EXPIRES)
    ledger.keep_host(ARN, Host("i-2", "m6i.large", PurchaseOption.ON_DEMAND, "us-east-1c"), 1)

    assert ledger.host(ARN) == spot_host()


def test_account_is_kept_whole(submitted: Ledger) -> None:
    account = JobAccount(
        (
            AttemptAccount(
                attempt(exit_code=None, exit_reason="Host EC2 (instance i-1) terminated."),
                asked("0.5", 512),
                Host(instance_type="c6i.4xlarge"),
                None,
                None,
            ),
            AttemptAccount(
                attempt(number=2, started_at=None, log_stream="bwa/default/1"),
                asked(),
                Host(),
                None,
                Decimal(0),
            ),
            AttemptAccount(
                attempt(number=3, container_instance=ARN),
                asked(),
                spot_host(),
                Usage(1 << 40, 0.125, MeasuredBy.PROCESSES),
                Decimal("0.123456789"),
                "packagedTable 2026-01-19",
            ),
        )
    )

    assert submitted.record_account(ALIGN, account, None)

    row = submitted.job(ALIGN)
    assert row
    assert row.account == account


def test_account_adds_to_its_step_and_its_run(submitted: Ledger) -> None:
    submitted.arm_job(STATS, step_plan(Step.ALIGNMENT_STATS), "token-9")
    assert submitted.run(RUN_ID).cost is None

    assert submitted.record_account(ALIGN, JobAccount((costing("0.273"), costing(None, 2))), None)
    assert submitted.record_account(STATS, JobAccount((costing("0.0021"),)), None)

    history = submitted.history(RUN_ID)
    assert {row.step: row.cost for row in history.steps if row.cost} == {
        Step.ALIGN: Cost(Decimal("0.273"), 1),
        Step.ALIGNMENT_STATS: Cost(Decimal("0.0021")),
    }
    assert history.run.cost == Cost(Decimal("0.2751"), 1)
    assert history.run.cost_by_step == {
        Step.ALIGN: Decimal("0.273"),
        Step.ALIGNMENT_STATS: Decimal("0.0021"),
    }


def test_account_made_again_moves_the_totals_by_what_has_changed(submitted: Ledger) -> None:
    first = JobAccount((costing(None), costing("0.5", 2)))
    second = JobAccount((costing("0.25"), costing("0.75", 2)))
    submitted.record_account(ALIGN, first, None)

    assert submitted.record_account(ALIGN, second, first)

    assert submitted.step(RUN_ID, Step.ALIGN).cost == Cost(Decimal("1.0"))
    assert submitted.run(RUN_ID).cost == Cost(Decimal("1.0"))


@pytest.mark.parametrize("known", [None, JobAccount((costing("0.1"),)), JobAccount()])
def test_account_that_does_not_know_the_present_one_changes_nothing(
    submitted: Ledger, known: JobAccount | None
) -> None:
    present = JobAccount((costing("0.273"),))
    submitted.record_account(ALIGN, present, None)

    assert not submitted.record_account(ALIGN, JobAccount((costing("0.9"),)), known)

    row = submitted.job(ALIGN)
    assert row
    assert row.account == present
    assert submitted.run(RUN_ID).cost == Cost(Decimal("0.273"))


def test_account_of_a_job_without_a_row_is_not_written(opened: Ledger) -> None:
    assert not opened.record_account(ALIGN, JobAccount((costing("0.9"),)), None)
    assert opened.run(RUN_ID).cost is None


def test_account_of_a_job_that_was_cancelled_in_its_queue_is_zero(submitted: Ledger) -> None:
    assert submitted.record_account(ALIGN, JobAccount(), None)

    row = submitted.job(ALIGN)
    assert row
    assert row.account == JobAccount()
    assert submitted.run(RUN_ID).cost == Cost()


def test_cost_outlives_the_end_and_the_redrive_of_its_run(submitted: Ledger) -> None:
    submitted.record_account(ALIGN, JobAccount((costing("0.273"),)), None)
    submitted.finish_run(run_row(state=RunState.ABORTED, ended_at="2025-06-02T10:00:00.250Z"))
    submitted.reopen_run(RUN_ID, 1)
    submitted.reopen_step(RUN_ID, Step.ALIGN, 1)

    assert submitted.run(RUN_ID).cost == Cost(Decimal("0.273"))
    assert submitted.step(RUN_ID, Step.ALIGN).cost == Cost(Decimal("0.273"))


# at the packaged prices: 40 * 0.000025 = 0.001
COUNTED = Orchestration(transitions=40)


def test_orchestration_is_kept_and_added_to_the_run(submitted: Ledger) -> None:
    submitted.record_account(ALIGN, JobAccount((costing("0.273"),)), None)

    assert submitted.record_orchestration(RUN_ID, COUNTED)

    run = submitted.run(RUN_ID)
    assert run.orchestration == COUNTED
    assert run.cost == Cost(Decimal("0.274"))


def test_orchestration_counted_again_moves_the_cost_by_the_difference(opened: Ledger) -> None:
    opened.record_orchestration(RUN_ID, COUNTED)

    assert not opened.record_orchestration(RUN_ID, COUNTED)
    assert opened.run(RUN_ID).cost == Cost(Decimal("0.001"))
    more = Orchestration(transitions=44, lambda_gb_seconds=Decimal("0.75"))
    assert opened.record_orchestration(RUN_ID, more)

    # 44 * 0.000025 + 0.75 * 0.0000166667 = 0.0011 + 0.000012500025
    assert opened.run(RUN_ID).cost == Cost(Decimal("0.0011125"))
    assert opened.run(RUN_ID).orchestration == more
