"""Terminate jobs that nobody waits for any more: of an ended run, or of before a redrive."""

from collections.abc import Iterable

from seqstack.domain.errors import JobTerminatedError
from seqstack.domain.failures import Failure
from seqstack.domain.records import JobRow
from seqstack.use_cases.ports import BatchService, JobLedger


def end_jobs(
    jobs: Iterable[JobRow], reason: str, ledger: JobLedger, batch: BatchService
) -> tuple[str, ...]:
    """Terminate those of the jobs that are open; safe to call again.

    Returns:
        The ids of the jobs that were terminated.
    """
    open_jobs = [job for job in jobs if not job.state.is_terminal]
    found = [_found_job(job, reason, ledger, batch) for job in open_jobs]
    ended = tuple(job_id for job_id in found if job_id)
    batch.terminate_all(ended, reason)
    return ended


def _found_job(job: JobRow, reason: str, ledger: JobLedger, batch: BatchService) -> str:
    """The id of a job that is to be terminated; its last event ends its row.

    The call that submitted it may have died before it recorded the id, or be about to submit. So
    the job is searched for, then the row is ended, and then the job is searched for again.
    """
    job_id = job.job_id or _find(job, ledger, batch)
    if not job_id:
        ledger.reject_job(job.key, Failure(JobTerminatedError.__name__, reason))
        job_id = _find(job, ledger, batch)
    return job_id


def _find(job: JobRow, ledger: JobLedger, batch: BatchService) -> str:
    found = batch.find_job(job.key, job.job_queue)
    return ledger.record_submission(job.key, found).job_id if found else ""
