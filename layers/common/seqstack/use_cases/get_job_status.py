"""Ask AWS Batch itself what became of a job, for when no event has told."""

from seqstack.domain.failures import Failure
from seqstack.domain.job_record import JobKey, JobRecord
from seqstack.domain.records import JobRow
from seqstack.domain.words import JobState
from seqstack.use_cases.ports import BatchService, JobLedger, ReadLog
from seqstack.use_cases.record_job import record_job


def get_job_status(
    key: JobKey, ledger: JobLedger, batch: BatchService, read_log: ReadLog
) -> tuple[JobState, Failure | None]:
    """The job's state now, and why it failed where it did; the ledger is brought up to date.

    A job that was never submitted is SUBMITTING: submitting it is what to do next.
    """
    row = ledger.job(key)
    if row is None or (not row.job_id and not row.state.is_terminal):
        return JobState.SUBMITTING, None
    if not row.state.is_terminal:
        row = record_job(row, batch.describe(row.job_id) or _forgotten(row), ledger, read_log)
    return row.state, row.failure


def _forgotten(row: JobRow) -> JobRecord:
    """AWS Batch keeps ended jobs for a week; one it does not know can't be waited for."""
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
