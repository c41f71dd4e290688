"""The books of ended runs, over fakes."""

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
from seqstack.use_cases.account_runs import Bookkeeper
from tests.support.builders import ALIGN, EXECUTION_ARN, JOB_ID, RUN_ID, run_row
from tests.support.cost_builders import HOUR, NOON, USAGE, spot_price
from tests.unit.use_cases.test_account_job import World, ended, job

NOW = datetime(2025, 6, 2, 14, tzinfo=UTC)
EXECUTIONS = ExecutionCount(21, Counter(validate_input=1, submit_job=1, finish_run=1))


class Books(World):
    """A run with one job; Batch and Step Functions know of both."""

    def __init__(self) -> None:
        super().__init__()
        self.market.spot = spot_price((NOON - HOUR, "0.24"))
        self.logs["bwa/1"] = [f"2025-06-02T13:00:00Z {USAGE.as_message()}"]
        self.details: dict[str, Any] = {JOB_ID: job(ended(NOON, NOON + HOUR, log="bwa/1"))}
        self.executions: dict[str, ExecutionCount] = {EXECUTION_ARN: EXECUTIONS}
        self.asked: list[str] = []

    @property
    def bookkeeper(self) -> Bookkeeper:
        return Bookkeeper(self.ledger, self.accountant, self.describe_job, self.executions.get)

    def describe_job(self, job_id: str) -> Any:
        self.asked.append(job_id)
        return self.details.get(job_id)

    @property
    def run(self) -> RunRow:
        return self.ledger.run(RUN_ID)

    def end(self, state: RunState = RunState.SUCCEEDED, ago: timedelta = timedelta()) -> None:
        self.ledger.finish_run(run_row(state=state, ended_at=utc_text(NOW - ago)))


@pytest.fixture
def books() -> Books:
    return Books()


def test_books_of_a_run_whose_jobs_are_accounted_for_get_the_orchestration(books: Books) -> None:
    books.accountant.account(books.details[JOB_ID])
    books.end()

    history = books.bookkeeper.close_books(RUN_ID)

    assert history
    assert history.run.orchestration
    assert history.run.orchestration.transitions == 21
    assert history.run.cost
    assert history.run.cost.usd > Decimal("0.24")  # the job's hour
    assert books.asked == []


def test_books_of_a_run_make_up_for_an_event_that_was_lost(books: Books) -> None:
    books.end()

    books.bookkeeper.close_books(RUN_ID)

    assert books.account
    assert books.account.is_complete
    assert books.asked == [JOB_ID]


def test_books_of_a_run_make_up_for_a_log_that_came_late(books: Books) -> None:
    told = books.logs.pop("bwa/1")
    books.accountant.account(books.details[JOB_ID])
    books.logs["bwa/1"] = told

    books.bookkeeper.close_books(RUN_ID)

    assert books.account
    assert books.account.is_complete


def test_books_of_a_run_leave_a_job_that_still_runs_alone(books: Books) -> None:
    books.details[JOB_ID] = job(status="RUNNING")

    books.bookkeeper.close_books(RUN_ID)

    assert books.account is None


def test_books_of_a_run_do_without_a_job_that_batch_has_forgotten(books: Books) -> None:
    books.details.clear()

    assert books.bookkeeper.close_books(RUN_ID)

    assert books.account is None
    assert books.run.orchestration


def test_books_of_a_run_whose_execution_is_forgotten_have_its_jobs_only(books: Books) -> None:
    books.executions.clear()

    books.bookkeeper.close_books(RUN_ID)

    assert books.run.orchestration is None
    assert books.run.cost
    assert books.run.cost.usd == Decimal("0.24")


def test_books_closed_twice_cost_the_same(books: Books) -> None:
    books.end()
    books.bookkeeper.close_books(RUN_ID)
    once = books.run

    books.bookkeeper.close_books(RUN_ID)

    assert books.run == once


def test_books_of_an_unknown_run_are_none(books: Books) -> None:
    assert books.bookkeeper.close_books("unknown") is None


@pytest.mark.parametrize(
    ("ago", "closed"), [(timedelta(hours=1), 1), (timedelta(hours=2, minutes=59), 1),
                        (timedelta(hours=3, minutes=1), 0)],
)  # fmt: skip
def test_late_books_are_those_of_runs_that_ended_within_three_hours(
    books: Books, ago: timedelta, closed: int
) -> None:
    books.end(ago=ago)

    assert books.bookkeeper.close_late(NOW) == closed
    assert books.bookkeeper.close_late(NOW) == 0


def test_late_books_of_a_run_that_goes_on_stay_open(books: Books) -> None:
    assert books.bookkeeper.close_late(NOW) == 0


def test_late_books_lack_the_usage_that_is_not_in_the_log_yet(books: Books) -> None:
    told = books.logs.pop("bwa/1")
    books.end()
    books.bookkeeper.close_books(RUN_ID)
    assert books.bookkeeper.close_late(NOW) == 1

    books.logs["bwa/1"] = told
    assert books.bookkeeper.close_late(NOW) == 1

    assert books.bookkeeper.close_late(NOW) == 0
    assert books.account
    assert books.account.is_complete


def test_late_books_of_a_stopped_run_are_counted_again_since_its_jobs_end_after_it(
    books: Books,
) -> None:
    books.details[JOB_ID] = job(status="RUNNING")
    books.end(RunState.ABORTED)
    books.bookkeeper.close_books(RUN_ID)
    before = books.run.orchestration
    stopped = job(ended(NOON, NOON + HOUR, log="bwa/1", exit_code=143), status="FAILED")
    books.accountant.account(stopped)

    assert books.bookkeeper.close_late(NOW) == 1

    assert before
    assert books.run.orchestration
    # RUNNABLE, STARTING and RUNNING of track_job, and RUNNING of account_job, are known by now
    assert books.run.orchestration.invocations == before.invocations + 4


def test_late_books_without_a_submitted_job_lack_nothing_of_it(books: Books) -> None:
    never = replace(books.ledger.jobs[ALIGN], job_id="", account=None)
    books.ledger.jobs[ALIGN] = never
    books.end()
    books.bookkeeper.close_books(RUN_ID)

    assert books.bookkeeper.close_late(NOW) == 0
    assert books.ledger.jobs[ALIGN].account is None
    assert JobAccount().is_complete
