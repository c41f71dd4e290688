"""Take over into the ledger what AWS Batch says of a job, in whatever order it is heard."""

from seqstack.domain.classification import LOG_LINES_SHOWN, classify_failure, failure_cause
from seqstack.domain.failures import Failure
from seqstack.domain.job_record import JobRecord
from seqstack.domain.records import JobRow
from seqstack.domain.words import JobState
from seqstack.use_cases.ports import JobLedger, ReadLog


def record_job(row: JobRow, job: JobRecord, ledger: JobLedger, read_log: ReadLog) -> JobRow:
    """Record `job` as the newest of `row`; return the row as the ledger has it afterwards.

    A record that is older than the row, or of another job under the same key, changes nothing.
    """
    if row.state.is_terminal or (row.job_id and row.job_id != job.job_id):
        return row
    failure = None
    if job.state is JobState.FAILED:
        lines = read_log(job.log_stream, LOG_LINES_SHOWN)
        failure = Failure(
            classify_failure(job).__name__,
            failure_cause(job, row.key.step, row.tool, lines),
        )
    ledger.record_job(row.key, job, failure)
    newest = ledger.job(row.key) or row
    if newest.state is JobState.SUCCEEDED:
        ledger.finish_step(row.key.run_id, row.key.step)
    return newest
