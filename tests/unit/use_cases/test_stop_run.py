"""An ended run keeps no job and no open step, wherever it was when it ended."""

from dataclasses import replace

import pytest

from seqstack.domain.errors import TransientServiceError
from seqstack.domain.failures import Failure
from seqstack.domain.job_record import JobKey
from seqstack.domain.words import JobState, RunState, Step, StepState
from seqstack.use_cases.stop_run import stop_jobs, stop_run
from tests.support.builders import (
    ALIGN,
    RUN_ID,
    all_steps,
    job_record,
    run_row,
    step_plan,
    written_objects,
)
from tests.support.fakes import FakeBatch, FakeLedger

ABORTED = run_row(state=RunState.ABORTED, ended_at="2025-06-02T10:15:00.500Z")
WHY = Failure("Cancelled", "Wrong sample sheet")
REASON = f"run {RUN_ID} has ended"
STATS = JobKey(RUN_ID, Step.ALIGNMENT_STATS, 1)


@pytest.fixture
def ledger() -> FakeLedger:
    ledger = FakeLedger()
    ledger.open_run(run_row(), all_steps())
    return ledger


@pytest.fixture
def batch() -> FakeBatch:
    return FakeBatch()


def submit(ledger: FakeLedger, batch: FakeBatch, key: JobKey = ALIGN) -> str:
    plan = step_plan(key.step)
    ledger.arm_job(key, plan, "token")
    ledger.start_step(key.run_id, key.step, key.attempt)
    job_id = batch.submit(key, plan)
    ledger.record_submission(key, job_id)
    return job_id


def states(ledger: FakeLedger) -> list[StepState]:
    return [step.state for step in ledger.history(RUN_ID).steps]


def test_stop_run_before_any_job_closes_run_and_steps(ledger: FakeLedger, batch: FakeBatch) -> None:
    assert stop_run(ABORTED, WHY, ledger, batch) == (True, ())

    assert ledger.run(RUN_ID) == replace(ABORTED, failure=WHY)
    assert set(states(ledger)) == {StepState.STOPPED}
    assert batch.terminated == {}


@pytest.mark.parametrize("status", ["SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING"])
def test_stop_run_with_a_job_in_any_open_state_terminates_it(
    ledger: FakeLedger, batch: FakeBatch, status: str
) -> None:
    job_id = submit(ledger, batch)
    ledger.record_job(ALIGN, job_record(status, jobId=job_id), None)

    assert stop_run(ABORTED, WHY, ledger, batch) == (True, (job_id,))

    assert batch.terminated == {job_id: REASON}
    # Batch's last event ends the row, with what the job really came to
    assert ledger.jobs[ALIGN].state is JobState(status)


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED"])
def test_stop_run_with_an_ended_job_leaves_it(
    ledger: FakeLedger, batch: FakeBatch, status: str
) -> None:
    job_id = submit(ledger, batch)
    ledger.record_job(ALIGN, job_record(status, jobId=job_id), None)
    before = ledger.jobs[ALIGN]

    assert stop_run(ABORTED, WHY, ledger, batch) == (True, ())

    assert (batch.terminated, ledger.jobs[ALIGN]) == ({}, before)


def test_stop_run_in_both_branches_terminates_both_and_keeps_the_ended_steps(
    ledger: FakeLedger, batch: FakeBatch
) -> None:
    ledger.complete_step(ALIGN, written_objects(step_plan()))
    ids = tuple(
        submit(ledger, batch, key) for key in (JobKey(RUN_ID, Step.CALL_VARIANTS, 1), STATS)
    )

    assert stop_run(ABORTED, WHY, ledger, batch) == (True, ids)

    first, *others = states(ledger)
    assert (first, set(others)) == (StepState.SUCCEEDED, {StepState.STOPPED})
    assert set(batch.terminated) == set(ids)


def test_stop_run_with_a_row_whose_job_was_never_submitted_ends_the_row(
    ledger: FakeLedger, batch: FakeBatch
) -> None:
    ledger.arm_job(ALIGN, step_plan(), "token-1")

    assert stop_run(ABORTED, WHY, ledger, batch) == (True, ())

    job = ledger.jobs[ALIGN]
    assert (job.state, job.failure) == (JobState.FAILED, Failure("JobTerminatedError", REASON))
    assert batch.terminated == {}


def test_stop_run_with_a_row_that_does_not_know_its_job_finds_and_terminates_it(
    ledger: FakeLedger, batch: FakeBatch
) -> None:
    # submit_job died between the submission and the row's id
    ledger.arm_job(ALIGN, step_plan(), "token-1")
    job_id = batch.submit(ALIGN, step_plan())

    assert stop_run(ABORTED, WHY, ledger, batch) == (True, (job_id,))

    assert batch.terminated == {job_id: REASON}
    assert ledger.jobs[ALIGN].job_id == job_id  # by which its last event ends the row


def test_stop_run_with_a_step_whose_results_were_not_checked_stops_it(
    ledger: FakeLedger, batch: FakeBatch
) -> None:
    # track_job died before it recorded the job's outputs
    job_id = submit(ledger, batch)
    ledger.record_job(ALIGN, job_record("SUCCEEDED", jobId=job_id), None)

    stop_run(ABORTED, WHY, ledger, batch)

    assert set(states(ledger)) == {StepState.STOPPED}


def test_stop_run_again_changes_nothing(ledger: FakeLedger, batch: FakeBatch) -> None:
    submit(ledger, batch)
    ledger.arm_job(STATS, step_plan(Step.ALIGNMENT_STATS), "token-2")
    stop_run(ABORTED, WHY, ledger, batch)
    before = ledger.history(RUN_ID)

    later = replace(ABORTED, state=RunState.FAILED, ended_at="later")
    closed_now, _ = stop_run(later, Failure("Other", "cause"), ledger, batch)

    assert not closed_now
    assert ledger.history(RUN_ID) == before


def test_stop_run_that_closed_itself_still_ends_what_it_has(
    ledger: FakeLedger, batch: FakeBatch
) -> None:
    # secondary_analysis recorded its failure; the other branch's job is still running
    job_id = submit(ledger, batch, STATS)
    failed = run_row(state=RunState.FAILED, ended_at="earlier", failure=WHY)
    ledger.finish_run(failed)

    event = replace(failed, ended_at="2025-06-02T10:15:00.500Z", failure=None)
    assert stop_run(event, Failure("States.TaskFailed", "{}"), ledger, batch) == (False, (job_id,))

    assert ledger.run(RUN_ID) == failed
    assert batch.terminated == {job_id: REASON}


def test_stop_run_redriven_since_touches_nothing(ledger: FakeLedger, batch: FakeBatch) -> None:
    ledger.finish_run(ABORTED)
    ledger.reopen_run(RUN_ID, 1)
    ledger.reopen_step(RUN_ID, Step.ALIGN, 1)
    submit(ledger, batch, replace(ALIGN, attempt=101))
    before = ledger.history(RUN_ID)

    # the event of the first end comes late
    assert stop_run(ABORTED, WHY, ledger, batch) == (False, ())

    assert ledger.history(RUN_ID) == before
    assert batch.terminated == {}


def test_stop_run_of_the_end_after_a_redrive_ends_it(ledger: FakeLedger, batch: FakeBatch) -> None:
    ledger.finish_run(ABORTED)
    ledger.reopen_run(RUN_ID, 1)
    ledger.reopen_step(RUN_ID, Step.ALIGN, 1)
    job_id = submit(ledger, batch, replace(ALIGN, attempt=101))

    assert stop_run(replace(ABORTED, redrive=1), WHY, ledger, batch) == (True, (job_id,))


def test_stop_run_of_another_execution_under_the_same_id_touches_nothing(
    ledger: FakeLedger, batch: FakeBatch
) -> None:
    # validation refused the second execution, and so it failed
    submit(ledger, batch)
    before = ledger.history(RUN_ID)

    other = replace(ABORTED, state=RunState.FAILED, execution_arn="arn:of:another")
    assert stop_run(other, WHY, ledger, batch) == (False, ())

    assert ledger.history(RUN_ID) == before
    assert batch.terminated == {}


def test_stop_run_that_was_never_opened_is_written_ended(batch: FakeBatch) -> None:
    ledger = FakeLedger()

    assert stop_run(ABORTED, WHY, ledger, batch) == (True, ())

    assert ledger.run(RUN_ID) == replace(ABORTED, failure=WHY)


class Throttled(FakeBatch):
    """Terminates one job a call."""

    def terminate(self, job_id: str, reason: str) -> None:
        if self.terminated and job_id not in self.terminated:
            self.terminated.clear()
            raise TransientServiceError("TerminateJob: rate exceeded")
        super().terminate(job_id, reason)


def test_stop_run_that_was_throttled_halfway_ends_the_rest_when_called_again(
    ledger: FakeLedger,
) -> None:
    batch = Throttled()
    ids = {submit(ledger, batch), submit(ledger, batch, STATS)}
    with pytest.raises(TransientServiceError):
        stop_run(ABORTED, WHY, ledger, batch)
    calm = FakeBatch(submitted=batch.submitted)

    _, stopped = stop_run(ABORTED, WHY, ledger, calm)

    assert set(stopped) == ids
    assert set(states(ledger)) == {StepState.STOPPED}


def test_stop_jobs_of_a_run_that_is_running_touches_nothing(
    ledger: FakeLedger, batch: FakeBatch
) -> None:
    submit(ledger, batch)
    before = ledger.history(RUN_ID)

    assert stop_jobs(RUN_ID, REASON, ledger, batch) == ()

    assert (ledger.history(RUN_ID), batch.terminated) == (before, {})


def test_stop_jobs_of_an_unknown_run_is_nothing(batch: FakeBatch) -> None:
    assert stop_jobs(RUN_ID, REASON, FakeLedger(), batch) == ()
    assert batch.terminated == {}
