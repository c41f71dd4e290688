"""Whether a failed step may be retried."""

from dataclasses import replace
from typing import Any

import pytest

from seqstack.domain.failures import Failure
from seqstack.domain.words import RunState
from seqstack.use_cases.get_job_status import JobStatus, get_job_status
from tests.support.builders import (
    ALIGN,
    JOB_ID,
    ON_DEMAND,
    all_steps,
    job_record,
    run_row,
    step_plan,
)
from tests.support.fakes import FakeBatch, FakeLedger, FakeLog, FakeMemory, FakeTokens

RECLAIMED = {"statusReason": "Host EC2 (instance i-0123456789abcdef0) terminated."}
KILLED = {"container": {"exitCode": 137, "reason": "OutOfMemoryError: Container killed"}}
NO_IMAGE = {"container": {"reason": "CannotPullContainerError: not found"}}
NOT_STARTED = {
    "statusReason": "Task failed to start",
    "container": {"reason": "DockerTimeoutError: Could not transition to created"},
}
STUCK = {
    "statusReason": "Canceled by JobStateTimeLimit action due to reason: "
    "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY",
    "isCancelled": True,
}
TOO_LONG = {"statusReason": "Job attempt duration exceeded timeout"}
TOOL_FAILED = {"container": {"exitCode": 1}}
TERMINATED = {"statusReason": "stopped by hand", "isTerminated": True}


@pytest.fixture
def ledger() -> FakeLedger:
    ledger = FakeLedger()
    ledger.open_run(run_row(), all_steps())
    return ledger


def submit(ledger: FakeLedger, attempt: int = 1, **plan: Any) -> None:
    key = replace(ALIGN, attempt=attempt)
    ledger.arm_job(key, step_plan(**plan), f"token-{attempt}")
    ledger.record_submission(key, f"{JOB_ID}-{attempt}")


def status_of(ledger: FakeLedger, attempt: int = 1, **failed: Any) -> JobStatus:
    """The status of a try that has failed so in Batch."""
    job_id = f"{JOB_ID}-{attempt}"
    batch = FakeBatch(records={job_id: job_record("FAILED", jobId=job_id, **failed)})
    return ask(ledger, batch, attempt)


def ask(ledger: FakeLedger, batch: FakeBatch, attempt: int = 1) -> JobStatus:
    key = replace(ALIGN, attempt=attempt)
    memory = FakeMemory()
    return get_job_status(
        key,
        ledger,
        batch,
        FakeLog(),
        memory.written_by,
        memory.remember,
        lambda _: None,
        FakeTokens(),
    )


@pytest.mark.parametrize(
    ("failed", "error", "can_retry"),
    [
        (RECLAIMED, "SpotReclaimedError", True),
        (KILLED, "OutOfMemoryError", True),
        (NO_IMAGE, "ImagePullError", True),
        (NOT_STARTED, "ContainerNotRunError", True),
        (STUCK, "StuckInQueueError", True),
        (TOO_LONG, "JobTimedOutError", False),
        (TOOL_FAILED, "ToolFailedError", False),
        (TERMINATED, "JobTerminatedError", False),
    ],
)
def test_status_of_a_failed_first_try_says_whether_another_helps(
    ledger: FakeLedger, failed: dict[str, Any], error: str, *, can_retry: bool
) -> None:
    submit(ledger)

    status = status_of(ledger, **failed)

    assert status.failure
    assert (status.failure.error, status.can_retry) == (error, can_retry)
    assert status.job_id == f"{JOB_ID}-1"


def test_status_of_a_second_try_without_image_is_the_last(ledger: FakeLedger) -> None:
    submit(ledger)
    assert status_of(ledger, 1, **NO_IMAGE).can_retry
    submit(ledger, 2)

    assert not status_of(ledger, 2, **NO_IMAGE).can_retry


def test_status_of_a_try_reclaimed_on_demand_is_the_last(ledger: FakeLedger) -> None:
    submit(ledger)
    assert status_of(ledger, 1, **RECLAIMED).can_retry
    submit(ledger, 2, job_queue=ON_DEMAND)

    assert not status_of(ledger, 2, **RECLAIMED).can_retry


def test_status_of_a_try_at_the_tools_memory_limit_is_the_last(ledger: FakeLedger) -> None:
    submit(ledger, memory_mib=128 * 1024)

    assert not status_of(ledger, 1, **KILLED).can_retry


def test_status_after_a_redrive_counts_its_own_tries_alone(ledger: FakeLedger) -> None:
    submit(ledger)
    status_of(ledger, 1, **NO_IMAGE)
    submit(ledger, 2)
    status_of(ledger, 2, **NO_IMAGE)
    submit(ledger, 101)

    assert status_of(ledger, 101, **NO_IMAGE).can_retry


@pytest.mark.parametrize("state", [RunState.ABORTED, RunState.FAILED, RunState.TIMED_OUT])
def test_status_of_a_failed_try_of_an_ended_run_allows_no_other(
    ledger: FakeLedger, state: RunState
) -> None:
    submit(ledger)
    ledger.finish_run(run_row(state=state, ended_at="2025-06-02T10:15:00.500Z"))

    assert not status_of(ledger, 1, **RECLAIMED).can_retry


def test_status_of_a_failed_try_asked_again_is_the_same(ledger: FakeLedger) -> None:
    submit(ledger)
    first = status_of(ledger, 1, **RECLAIMED)

    # Batch has forgotten the job by now
    assert ask(ledger, FakeBatch()) == first


def test_status_of_a_try_that_batch_refused_allows_no_other(ledger: FakeLedger) -> None:
    ledger.arm_job(ALIGN, step_plan(), "token-1")
    ledger.reject_job(ALIGN, Failure("SubmissionRejectedError", "job definition is INACTIVE"))

    status = ask(ledger, FakeBatch())

    assert (status.job_id, status.can_retry) == ("", False)
