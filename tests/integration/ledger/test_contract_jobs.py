"""Jobs: the ledger in DynamoDB and its fake in memory do the same.

Every conditional write is tried both ways: where its condition holds, and where it does not.
"""

import pytest

from seqstack.domain.failures import Failure
from seqstack.domain.words import JobState
from seqstack.use_cases.ports import Ledger
from tests.support.builders import (
    ALIGN,
    JOB_ID,
    LOG_STREAM,
    attempt,
    job_record,
    step_plan,
)

FAILURE = Failure("ToolFailedError", "align (bwa) failed: exit status 1")


def state_of(ledger: Ledger) -> JobState:
    job = ledger.job(ALIGN)
    assert job
    return job.state


def test_arm_job_new_writes_the_token_before_anything_is_submitted(opened: Ledger) -> None:
    job, is_new = opened.arm_job(ALIGN, step_plan(), "token-1")

    assert is_new
    assert (job.state, job.job_id, job.task_token) == (JobState.SUBMITTING, "", "token-1")
    assert opened.job(ALIGN) == job


def test_arm_job_again_takes_the_new_token_and_keeps_the_rest(submitted: Ledger) -> None:
    submitted.record_job(ALIGN, job_record("RUNNING"), None)
    submitted.claim_token(ALIGN, "token-1")

    job, is_new = submitted.arm_job(ALIGN, step_plan(), "token-2")

    assert not is_new
    assert (job.task_token, job.token_answered) == ("token-2", False)
    assert (job.state, job.job_id) == (JobState.RUNNING, JOB_ID)
    assert submitted.job(ALIGN) == job


def test_record_submission_writes_the_id(armed: Ledger) -> None:
    job = armed.record_submission(ALIGN, JOB_ID)

    assert (job.state, job.job_id) == (JobState.SUBMITTED, JOB_ID)
    assert armed.job(ALIGN) == job


def test_record_submission_behind_an_event_keeps_what_the_event_had(armed: Ledger) -> None:
    armed.record_job(ALIGN, job_record("RUNNING"), None)

    job = armed.record_submission(ALIGN, JOB_ID)

    assert (job.state, job.job_id) == (JobState.RUNNING, JOB_ID)


def test_record_submission_of_another_id_keeps_the_first(submitted: Ledger) -> None:
    assert submitted.record_submission(ALIGN, "another").job_id == JOB_ID


def test_record_job_later_state_is_taken_over_whole(submitted: Ledger) -> None:
    record = job_record(
        "FAILED",
        attempts=[attempt(1)],
        container={"exitCode": 1, "logStreamName": LOG_STREAM},
        startedAt=1_748_856_800_000,
        stoppedAt=1_748_860_400_000,
    )

    assert submitted.record_job(ALIGN, record, FAILURE)

    job = submitted.job(ALIGN)
    assert job
    assert (job.state, job.exit_code, job.batch_attempts) == (JobState.FAILED, 1, 1)
    assert (job.log_stream, job.failure) == (LOG_STREAM, FAILURE)
    assert (job.created_at, job.started_at, job.stopped_at) == (
        1_748_856_605_000,
        1_748_856_800_000,
        1_748_860_400_000,
    )


@pytest.mark.parametrize("status", ["RUNNING", "STARTING", "RUNNABLE", "SUBMITTED"])
def test_record_job_repeated_or_earlier_state_changes_nothing(
    submitted: Ledger, status: str
) -> None:
    submitted.record_job(ALIGN, job_record("RUNNING"), None)
    before = submitted.job(ALIGN)

    assert not submitted.record_job(ALIGN, job_record(status), None)
    assert submitted.job(ALIGN) == before


def test_record_job_next_batch_attempt_goes_back_to_runnable(submitted: Ledger) -> None:
    submitted.record_job(ALIGN, job_record("RUNNING"), None)

    assert submitted.record_job(ALIGN, job_record("RUNNABLE", attempts=[attempt()]), None)
    assert state_of(submitted) is JobState.RUNNABLE


@pytest.mark.parametrize("first", ["SUCCEEDED", "FAILED"])
@pytest.mark.parametrize("second", ["SUCCEEDED", "FAILED", "RUNNING"])
def test_record_job_ended_job_stays(submitted: Ledger, first: str, second: str) -> None:
    submitted.record_job(ALIGN, job_record(first), None)

    late = job_record(second, attempts=[attempt(1)] * 9)
    assert not submitted.record_job(ALIGN, late, FAILURE)
    assert state_of(submitted) is JobState(first)


def test_record_job_of_another_job_changes_nothing(submitted: Ledger) -> None:
    assert not submitted.record_job(ALIGN, job_record("RUNNING", jobId="another"), None)
    assert state_of(submitted) is JobState.SUBMITTED


def test_record_job_never_armed_is_not_made(opened: Ledger) -> None:
    assert not opened.record_job(ALIGN, job_record("RUNNING"), None)
    assert opened.job(ALIGN) is None


def test_reject_job_not_submitted_is_failed(armed: Ledger) -> None:
    armed.reject_job(ALIGN, FAILURE)

    job = armed.job(ALIGN)
    assert job
    assert (job.state, job.failure) == (JobState.FAILED, FAILURE)
    assert not armed.record_job(ALIGN, job_record("RUNNING"), None)


def test_reject_job_that_batch_has_taken_stays(submitted: Ledger) -> None:
    submitted.reject_job(ALIGN, FAILURE)

    assert state_of(submitted) is JobState.SUBMITTED
