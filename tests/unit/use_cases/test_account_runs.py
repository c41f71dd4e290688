"""The accounts of ended runs, over fakes."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from seqstack.domain.cost.account import JobAccount
from seqstack.domain.cost.executions import ExecutionCount
from seqstack.domain.records import RunRow, utc_text
from seqstack.domain.words import RunState
from seqstack.use_cases.account_runs import RunAccountant
from tests.support.builders import ALIGN, EXECUTION_ARN, JOB_ID, RUN_ID, run_row
from tests.support.cost_builders import HOUR, NOON, USAGE, spot_price
from tests.unit.use_cases.test_account_job import World, ended, job

NOW = datetime(2025, 6, 2, 14, tzinfo=UTC)
EXECUTIONS = ExecutionCount(21, Counter(validate_input=1, submit_job=1, finish_run=1))


class Accounts(World):
    """A run with one job, both also in Batch and Step Functions."""

    def __init__(self) -> None:
        super().__init__()
        self.market.spot = spot_price((NOON - HOUR, "0.24"))
        self.logs["bwa/1"] = [f"2025-06-02T13:00:00Z {USAGE.as_message()}"]
        self.details: dict[str, Any] = {JOB_ID: job(ended(NOON, NOON + HOUR, log="bwa/1"))}
        self.executions: dict[str, ExecutionCount] = {EXECUTION_ARN: EXECUTIONS}
        self.asked: list[str] = []

    @property
    def run_accountant(self) -> RunAccountant:
        return RunAccountant(self.ledger, self.accountant, self.describe_job, self.executions.get)

    def describe_job(self, job_id: str) -> Any:
        self.asked.append(job_id)
        return self.details.get(job_id)

    @property
    def run(self) -> RunRow:
        return self.ledger.run(RUN_ID)

    def end(self, state: RunState = RunState.SUCCEEDED, ago: timedelta = timedelta()) -> None:
        self.ledger.finish_run(run_row(state=state, ended_at=utc_text(NOW - ago)))


@pytest.fixture
def accounts() -> Accounts:
    return Accounts()


def test_account_of_a_run_whose_jobs_are_accounted_for_get_the_orchestration(
    accounts: Accounts,
) -> None:
    accounts.accountant.account(accounts.details[JOB_ID])
    accounts.end()

    history = accounts.run_accountant.complete_account(RUN_ID)

    assert history
    assert history.run.orchestration
    assert history.run.orchestration.transitions == 21
    assert history.run.cost
    assert history.run.cost.usd > Decimal("0.24")  # the job's hour
    assert accounts.asked == []


def test_account_of_a_run_make_up_for_an_event_that_was_lost(accounts: Accounts) -> None:
    accounts.end()

    accounts.run_accountant.complete_account(RUN_ID)

    assert accounts.account
    assert accounts.account.is_complete
    assert accounts.asked == [JOB_ID]


def test_account_of_a_run_make_up_for_a_log_that_came_late(accounts: Accounts) -> None:
    told = accounts.logs.pop("bwa/1")
    accounts.accountant.account(accounts.details[JOB_ID])
    accounts.logs["bwa/1"] = told

    accounts.run_accountant.complete_account(RUN_ID)

    assert accounts.account
    assert accounts.account.is_complete


def test_account_of_a_run_leave_a_job_that_still_runs_alone(accounts: Accounts) -> None:
    accounts.details[JOB_ID] = job(status="RUNNING")

    accounts.run_accountant.complete_account(RUN_ID)

    assert accounts.account is None


def test_account_of_a_run_do_without_a_job_that_batch_has_forgotten(accounts: Accounts) -> None:
    accounts.details.clear()

    assert accounts.run_accountant.complete_account(RUN_ID)

    assert accounts.account is None
    assert accounts.run.orchestration


def test_account_of_a_run_whose_execution_is_forgotten_have_its_jobs_only(
    accounts: Accounts,
) -> None:
    accounts.executions.clear()

    accounts.run_accountant.complete_account(RUN_ID)

    assert accounts.run.orchestration is None
    assert accounts.run.cost
    assert accounts.run.cost.usd == Decimal("0.24")


def test_account_closed_twice_cost_the_same(accounts: Accounts) -> None:
    accounts.end()
    accounts.run_accountant.complete_account(RUN_ID)
    once = accounts.run

    accounts.run_accountant.complete_account(RUN_ID)

    assert accounts.run == once


def test_account_of_an_unknown_run_are_none(accounts: Accounts) -> None:
    assert accounts.run_accountant.complete_account("unknown") is None


def completed_late(accounts: Accounts) -> list[str]:
    return list(accounts.run_accountant.complete_late(NOW, lambda: True))


@pytest.mark.parametrize(
    ("ago", "closed"), [(timedelta(hours=1), 1), (timedelta(hours=2, minutes=59), 1),
                        (timedelta(hours=3, minutes=1), 0)],
)  # fmt: skip
def test_late_accounts_are_those_of_runs_that_ended_within_three_hours(
    accounts: Accounts, ago: timedelta, closed: int
) -> None:
    accounts.end(ago=ago)

    assert completed_late(accounts) == [RUN_ID] * closed
    assert completed_late(accounts) == []


def test_late_accounts_for_which_there_is_no_time_are_left_to_the_next_hour(
    accounts: Accounts,
) -> None:
    accounts.end()

    assert list(accounts.run_accountant.complete_late(NOW, lambda: False)) == []
    assert completed_late(accounts) == [RUN_ID]


def test_late_accounts_of_a_run_that_is_running_stay_open(accounts: Accounts) -> None:
    assert completed_late(accounts) == []


def test_late_accounts_lack_the_usage_that_is_not_in_the_log_yet(accounts: Accounts) -> None:
    told = accounts.logs.pop("bwa/1")
    accounts.end()
    accounts.run_accountant.complete_account(RUN_ID)
    assert completed_late(accounts) == [RUN_ID]

    accounts.logs["bwa/1"] = told
    assert completed_late(accounts) == [RUN_ID]

    assert completed_late(accounts) == []
    assert accounts.account
    assert accounts.account.is_complete


def test_late_accounts_of_a_stopped_run_are_counted_again_since_its_jobs_end_after_it(
    accounts: Accounts,
) -> None:
    accounts.details[JOB_ID] = job(status="RUNNING")
    accounts.end(RunState.ABORTED)
    accounts.run_accountant.complete_account(RUN_ID)
    before = accounts.run.orchestration
    stopped = job(ended(NOON, NOON + HOUR, log="bwa/1", exit_code=143), status="FAILED")
    accounts.accountant.account(stopped)

    assert completed_late(accounts) == [RUN_ID]

    assert before
    assert accounts.run.orchestration
    # RUNNABLE, STARTING and RUNNING of track_job, and RUNNING of account_job, are known by now
    assert accounts.run.orchestration.invocations == before.invocations + 4


def test_late_accounts_without_a_submitted_job_lack_nothing_of_it(accounts: Accounts) -> None:
    never = replace(accounts.ledger.jobs[ALIGN], job_id="", account=None)
    accounts.ledger.jobs[ALIGN] = never
    accounts.end()
    accounts.run_accountant.complete_account(RUN_ID)

    assert completed_late(accounts) == []
    assert accounts.ledger.jobs[ALIGN].account is None
    assert JobAccount().is_complete
