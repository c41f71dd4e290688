"""Take over into the ledger what AWS Batch says of a job, in whatever order it is heard."""

from seqstack.domain.classification import LOG_LINES_SHOWN, classify_failure, failure_cause
from seqstack.domain.cost.usage import without_usage
from seqstack.domain.failures import Failure
from seqstack.domain.job_record import JobRecord
from seqstack.domain.records import JobRow
from seqstack.domain.words import JobState
from seqstack.use_cases.ports import JobLedger, ReadLog, TellMove


def record_job(
    row: JobRow, job: JobRecord, ledger: JobLedger, read_log: ReadLog, tell_move: TellMove
) -> JobRow:
    """Record `job` as the newest of `row`; return the row as the ledger has it afterwards.

    A record that is older than the row, or of another job under the same key, changes nothing.
    `tell_move` hears of the row if this call has moved it on: of each state once.
    """
    if not row.state.is_terminal and row.job_id in {"", job.job_id}:
        if job.state is JobState.RUNNABLE and job.status_reason:
            ledger.note_waiting(row.key, job)
        row = _take_over(row, job, ledger, read_log, tell_move)
    if row.state is JobState.SUCCEEDED:  # also again: the call before may have died in between
        ledger.finish_step(row.key.run_id, row.key.step)
    return row


def _take_over(
    row: JobRow, job: JobRecord, ledger: JobLedger, read_log: ReadLog, tell_move: TellMove
) -> JobRow:
    failure = None
    if job.state is JobState.FAILED:
        lines = without_usage(read_log(job.log_stream, LOG_LINES_SHOWN + 1))
        failure = Failure(
            classify_failure(job).__name__,
            failure_cause(job, row.key.step, row.tool, lines),
        )
    has_moved = ledger.record_job(row.key, job, failure)
    newest = ledger.job(row.key) or row
    if has_moved and newest.state is job.state:  # a faster call has not moved it further
        tell_move(newest)
    return newest


def forgotten_job(row: JobRow) -> JobRecord:
    """What to record of a job that AWS Batch does not know: it can't be waited for.

    Batch keeps ended jobs for a week.
    """
    return JobRecord(
        job_id=row.job_id,
        job_name=row.key.job_name,
        job_queue="",
        state=JobState.FAILED,
        batch_attempts=row.batch_attempts,
        key=row.key,
        status_reason="AWS Batch does not know this job any more",
        log_stream=row.log_stream,
    )
