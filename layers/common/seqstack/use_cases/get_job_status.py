"""Ask AWS Batch itself for a job's state, in case its event was lost."""

from dataclasses import dataclass

from seqstack.domain.errors import RunEndedError
from seqstack.domain.failures import Failure
from seqstack.domain.job_record import JobKey
from seqstack.domain.next_attempt import plan_next_attempt
from seqstack.domain.records import JobRow
from seqstack.domain.words import JobState, StepState
from seqstack.use_cases.hold_results import wake_waiting
from seqstack.use_cases.ports import (
    BatchService,
    JobLedger,
    Ledger,
    OnStateChange,
    ReadLog,
    Remember,
    TokenAnswers,
    WrittenBy,
)
from seqstack.use_cases.record_job import complete_step, failed_tries, forgotten_job, record_job


@dataclass(frozen=True, slots=True)
class JobStatus:
    """A job's state for the state machine; `can_retry` allows another try."""

    state: JobState
    job_id: str = ""
    failure: Failure | None = None
    can_retry: bool = False


def get_job_status(
    key: JobKey,
    ledger: Ledger,
    batch: BatchService,
    read_log: ReadLog,
    written_by: WrittenBy,
    remember: Remember,
    on_state_change: OnStateChange,
    tokens: TokenAnswers,
) -> JobStatus:
    """The job's state, and why it failed, if it did; updates the ledger.

    A job that was never submitted is SUBMITTING, so that it is submitted next. Only the call that
    finds the job ended caches its outputs: if that fails, the next call still returns the success.
    """
    row = ledger.job(key)
    has_ended_now = False
    if row is None or (not row.job_id and not row.state.is_terminal):
        return JobStatus(JobState.SUBMITTING)
    if not row.state.is_terminal:
        job = batch.describe(row.job_id) or forgotten_job(row)
        row = record_job(row, job, ledger, read_log, on_state_change, written_by)
        has_ended_now = row.state is JobState.SUCCEEDED
    elif row.state is JobState.SUCCEEDED:  # the call that recorded it may have died before this
        complete_step(row, ledger, written_by)
    if row.state is not JobState.SUCCEEDED:
        return JobStatus(row.state, row.job_id, row.failure, _can_retry(row, ledger))
    if has_ended_now:
        remember(row, ledger.history(key.run_id))
        wake_waiting(key.run_id, ledger, tokens, key.step)
    step = ledger.step(key.run_id, key.step)
    if step.state is StepState.SUCCEEDED:
        return JobStatus(JobState.SUCCEEDED, row.job_id)
    failure = step.failure or Failure(RunEndedError.__name__, f"run {key.run_id} has ended")
    return JobStatus(JobState.FAILED, row.job_id, failure)


def _can_retry(row: JobRow, ledger: JobLedger) -> bool:
    if row.failure is None or ledger.run(row.key.run_id).state.is_terminal:
        return False
    plan = ledger.step(row.key.run_id, row.key.step).plan
    return plan_next_attempt(plan, failed_tries(row.key, ledger)) is not None
