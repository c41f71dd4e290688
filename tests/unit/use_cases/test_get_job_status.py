"""After a lost event, AWS Batch is asked, and the ledger is updated."""

import pytest

from seqstack.domain.errors import TransientServiceError
from seqstack.domain.failures import Failure
from seqstack.domain.words import JobState, Step, StepState
from seqstack.use_cases.get_job_status import JobStatus, get_job_status
from tests.support.builders import (
    ALIGN,
    JOB_ID,
    LOG_STREAM,
    all_steps,
    attempt,
    job_record,
    run_row,
    step_plan,
    written_objects,
)
from tests.support.fakes import FakeBatch, FakeLedger, FakeLog, FakeMemory, FakeTokens


@pytest.fixture
def ledger() -> FakeLedger:
    ledger = FakeLedger()
    ledger.open_run(run_row(), all_steps())
    return ledger


def submitted(ledger: FakeLedger) -> None:
    ledger.arm_job(ALIGN, step_plan(), "token-1")
    ledger.record_submission(ALIGN, JOB_ID)


def ask(
    ledger: FakeLedger,
    batch: FakeBatch | None = None,
    log: FakeLog | None = None,
    memory: FakeMemory | None = None,
) -> JobStatus:
    memory = memory or FakeMemory()
    return get_job_status(
        ALIGN,
        ledger,
        batch or FakeBatch(),
        log or FakeLog(),
        memory.written_by,
        memory.remember,
        lambda _: None,
        FakeTokens(),
    )


def test_status_of_a_running_job_is_running_and_recorded(ledger: FakeLedger) -> None:
    submitted(ledger)
    batch = FakeBatch(records={JOB_ID: job_record("RUNNING")})

    assert ask(ledger, batch) == JobStatus(JobState.RUNNING, JOB_ID)
    assert ledger.jobs[ALIGN].state is JobState.RUNNING


def test_status_of_a_job_whose_success_was_not_reported_closes_the_step(ledger: FakeLedger) -> None:
    submitted(ledger)
    batch = FakeBatch(records={JOB_ID: job_record("SUCCEEDED")})

    assert ask(ledger, batch) == JobStatus(JobState.SUCCEEDED, JOB_ID)
    assert ledger.step(ALIGN.run_id, Step.ALIGN).state is StepState.SUCCEEDED


def test_status_of_a_job_whose_success_was_written_but_not_its_steps_closes_the_step(
    ledger: FakeLedger,
) -> None:
    # track_job died between the two
    submitted(ledger)
    ledger.record_job(ALIGN, job_record("SUCCEEDED"), None)

    assert ask(ledger) == JobStatus(JobState.SUCCEEDED, JOB_ID)
    assert ledger.step(ALIGN.run_id, Step.ALIGN).state is StepState.SUCCEEDED


def test_status_of_a_job_whose_failure_was_not_reported_has_its_cause(ledger: FakeLedger) -> None:
    submitted(ledger)
    failed = job_record(
        "FAILED", attempts=[attempt(1)], container={"exitCode": 1, "logStreamName": LOG_STREAM}
    )

    job = ask(ledger, FakeBatch(records={JOB_ID: failed}), FakeLog(["no index"]))

    assert (job.state, job.can_retry) == (JobState.FAILED, False)
    assert job.failure
    assert job.failure.error == "ToolFailedError"
    assert "no index" in job.failure.cause
    assert ledger.jobs[ALIGN].failure == job.failure


def test_status_of_an_ended_job_is_the_ledgers_and_batch_is_not_asked(ledger: FakeLedger) -> None:
    submitted(ledger)
    ledger.record_job(ALIGN, job_record("SUCCEEDED"), None)

    # Batch has forgotten the job, as it does after a week
    assert ask(ledger) == JobStatus(JobState.SUCCEEDED, JOB_ID)


def test_status_older_than_the_ledgers_does_not_turn_it_back(ledger: FakeLedger) -> None:
    submitted(ledger)
    ledger.record_job(ALIGN, job_record("RUNNING"), None)
    batch = FakeBatch(records={JOB_ID: job_record("STARTING")})

    assert ask(ledger, batch).state is JobState.RUNNING


def test_status_of_a_job_that_batch_does_not_know_is_failed(ledger: FakeLedger) -> None:
    submitted(ledger)

    job = ask(ledger)

    assert (job.state, job.can_retry) == (JobState.FAILED, False)
    assert job.failure
    assert job.failure.error == "JobTerminatedError"
    assert "no longer knows this job" in job.failure.cause


def test_status_of_a_job_armed_and_not_submitted_is_submitting(ledger: FakeLedger) -> None:
    ledger.arm_job(ALIGN, step_plan(), "token-1")

    assert ask(ledger) == JobStatus(JobState.SUBMITTING)


def test_status_of_a_job_never_armed_is_submitting(ledger: FakeLedger) -> None:
    assert ask(ledger) == JobStatus(JobState.SUBMITTING)


def test_status_of_a_job_found_succeeded_remembers_it_once(ledger: FakeLedger) -> None:
    submitted(ledger)
    batch, memory = FakeBatch(records={JOB_ID: job_record("SUCCEEDED")}), FakeMemory()

    ask(ledger, batch, memory=memory)
    ask(ledger, batch, memory=memory)

    history = ledger.history(ALIGN.run_id)
    assert memory.remembered == [(ledger.jobs[ALIGN], history)]
    assert history.steps[0].written == written_objects(step_plan())


def test_status_of_a_job_whose_results_were_replaced_is_failed(ledger: FakeLedger) -> None:
    submitted(ledger)
    batch = FakeBatch(records={JOB_ID: job_record("SUCCEEDED")})
    memory = FakeMemory(replaced="s3://b/bam is of another run")

    status = ask(ledger, batch, memory=memory)

    failure = Failure("ResultsReplacedError", "s3://b/bam is of another run")
    assert status == JobStatus(JobState.FAILED, JOB_ID, failure)
    assert ask(ledger, batch) == status


def test_status_of_a_success_that_cannot_be_remembered_is_reported_next_time(
    ledger: FakeLedger,
) -> None:
    submitted(ledger)
    batch = FakeBatch(records={JOB_ID: job_record("SUCCEEDED")})
    memory = FakeMemory(error=TransientServiceError("HeadObject: slow down"))

    with pytest.raises(TransientServiceError):
        ask(ledger, batch, memory=memory)

    told = ask(ledger, batch, memory=memory)
    assert told == JobStatus(JobState.SUCCEEDED, JOB_ID)
    assert ledger.step(ALIGN.run_id, Step.ALIGN).state is StepState.SUCCEEDED
