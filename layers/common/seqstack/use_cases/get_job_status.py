"""Ask AWS Batch itself what became of a job, for when no event has told."""

from dataclasses import dataclass

from seqstack.domain.failures import Failure
from seqstack.domain.job_record import JobKey
from seqstack.domain.next_attempt import plan_next_attempt
from seqstack.domain.records import JobRow
from seqstack.domain.words import JobState
from seqstack.use_cases.failed_tries import failed_tries
from seqstack.use_cases.ports import BatchService, JobLedger, ReadLog, Remember, TellMove
from seqstack.use_cases.record_job import forgotten_job, record_job


@dataclass(frozen=True, slots=True)
class JobStatus:
    """A job as the state machine judges it; `can_retry` says that another try is worth it."""

    state: JobState
    job_id: str = ""
    failure: Failure | None = None
    can_retry: bool = False


def get_job_status(
    key: JobKey,
    ledger: JobLedger,
    batch: BatchService,
    read_log: ReadLog,
    remember: Remember,
    tell_move: TellMove,
) -> JobStatus:
    """The job's state now, and why it failed where it did; the ledger is brought up to date.

    A job that was never submitted is SUBMITTING: submitting it is what to do next. What a job has
    made is remembered by the call that finds it ended, and by no other: where that fails, the next
    call still tells of the success.
    """
    row = ledger.job(key)
    if row is None or (not row.job_id and not row.state.is_terminal):
        return JobStatus(JobState.SUBMITTING)
    if not row.state.is_terminal:
        job = batch.describe(row.job_id) or forgotten_job(row)
        row = record_job(row, job, ledger, read_log, tell_move)
        if row.state is JobState.SUCCEEDED:
            remember(row, ledger.step(key.run_id, key.step).plan)
    elif row.state is JobState.SUCCEEDED:  # whoever wrote that down may have died before this
        ledger.finish_step(key.run_id, key.step)
    return JobStatus(row.state, row.job_id, row.failure, _can_retry(row, ledger))


def _can_retry(row: JobRow, ledger: JobLedger) -> bool:
    if row.failure is None or ledger.run(row.key.run_id).state.is_terminal:
        return False
    plan = ledger.step(row.key.run_id, row.key.step).plan
    return plan_next_attempt(plan, failed_tries(row.key, ledger)) is not None
