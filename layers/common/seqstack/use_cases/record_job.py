"""Record a job's state from AWS Batch in the ledger, with events in any order."""

from functools import partial

from seqstack.domain.classification import (
    LOG_LINES_SHOWN,
    classify_failure,
    failure_cause,
    is_explained,
)
from seqstack.domain.cost.usage import without_usage
from seqstack.domain.errors import ResultsReplacedError, SuspiciousResultError
from seqstack.domain.failures import Failure
from seqstack.domain.job_record import JobKey, JobRecord
from seqstack.domain.next_attempt import FailedTry
from seqstack.domain.own_results import own_inputs
from seqstack.domain.plan import StepPlan
from seqstack.domain.progress import without_progress
from seqstack.domain.records import JobRow
from seqstack.domain.step_warnings import StepWarning, listed
from seqstack.domain.words import JobState
from seqstack.use_cases.older_rows import whole_history
from seqstack.use_cases.ports import JobLedger, OnStateChange, ReadLog, WrittenBy

_OWN_LINES = 3  # usage and progress, which say nothing about a failure


def record_job(
    row: JobRow,
    job: JobRecord,
    ledger: JobLedger,
    read_log: ReadLog,
    on_state_change: OnStateChange,
    written_by: WrittenBy,
) -> JobRow:
    """Record `job` as the newest state of `row`; return the row in the ledger afterwards.

    A record that is older than the row, or of another job with the same key, changes nothing.
    `on_state_change` gets the row if this call changed its state: once for each state. The step of
    a job that succeeded ends with the job's outputs, which `written_by` returns.

    Raises:
        TransientServiceError: AWS could not answer now; the step stays open until the next call.
    """
    if not row.state.is_terminal and row.job_id in {"", job.job_id}:
        if job.state is JobState.RUNNABLE and job.status_reason:
            ledger.note_waiting(row.key, job)
        row = _take_over(row, job, ledger, read_log, on_state_change)
    if row.state is JobState.SUCCEEDED:  # again, because the previous call may have died in between
        complete_step(row, ledger, written_by)
    return row


def complete_step(job: JobRow, ledger: JobLedger, written_by: WrittenBy) -> None:
    """End the step of a job that succeeded; safe to call again, and late.

    It fails if the objects in S3 are not the job's outputs, because its results could not be read;
    if the job has read other results than its run's; and if its outputs have warnings and the run
    fails on warnings.
    """
    step = ledger.step(job.key.run_id, job.key.step)
    if step.state.is_terminal or step.attempt > job.key.attempt:
        return
    try:
        steps = whole_history(ledger.history(step.run_id), ledger, written_by).steps
        result = written_by(job, step.plan, own_inputs(step.plan, steps))
    except ResultsReplacedError as error:
        ledger.finish_step(step.run_id, step.step, Failure(type(error).__name__, str(error)))
    else:
        failure = unwanted_warnings(step.plan, result.warnings)
        ledger.complete_step(job.key, result.written, result.warnings, failure)


def unwanted_warnings(plan: StepPlan, warnings: tuple[StepWarning, ...]) -> Failure | None:
    """The failure of a step with warnings in a run that fails on warnings."""
    if not (plan.fails_on_warnings and warnings):
        return None
    return Failure(SuspiciousResultError.__name__, listed(warnings))


def _take_over(
    row: JobRow,
    job: JobRecord,
    ledger: JobLedger,
    read_log: ReadLog,
    on_state_change: OnStateChange,
) -> JobRow:
    failure = None
    if job.state is JobState.FAILED:
        found = read_log(job.log_stream, LOG_LINES_SHOWN + _OWN_LINES, partial(is_explained, job))
        lines = without_progress(without_usage(found))[-LOG_LINES_SHOWN:]
        failure = Failure(
            classify_failure(job).__name__,
            failure_cause(job, row.key.step, row.tool, lines),
        )
    moved = ledger.record_job(row.key, job, failure)
    if moved is None:
        return ledger.job(row.key) or row
    on_state_change(moved)
    return moved


def forgotten_job(row: JobRow) -> JobRecord:
    """The record of a job that AWS Batch does not know, which can't be waited for.

    Batch keeps ended jobs for a week.
    """
    return JobRecord(
        job_id=row.job_id,
        job_name=row.key.job_name,
        job_queue="",
        state=JobState.FAILED,
        batch_attempts=row.batch_attempts,
        key=row.key,
        status_reason="AWS Batch no longer knows this job",
        log_stream=row.log_stream,
    )


def failed_tries(key: JobKey, ledger: JobLedger, *, before: bool = False) -> list[FailedTry]:
    """The tries up to `key` since the last redrive, oldest first; `before` leaves `key` out."""
    rows = [ledger.job(one) for one in (*key.earlier, *(() if before else (key,)))]
    return [
        FailedTry(row.job_queue, row.memory_mib, row.failure.error)
        for row in rows
        if row and row.failure
    ]
