"""Terminate the jobs and close the open steps of an ended run."""

from seqstack.domain.errors import JobTerminatedError, UnknownRunError
from seqstack.domain.failures import Failure
from seqstack.domain.records import JobRow, RunRow
from seqstack.use_cases.finish_run import record_run_failure
from seqstack.use_cases.ports import BatchService, Ledger


def stop_run(
    ended: RunRow, caught: Failure, ledger: Ledger, batch: BatchService
) -> tuple[bool, tuple[str, ...]]:
    """Close a run that ended without success, and terminate its jobs.

    The run is closed first: after that, `submit_job` submits nothing more for it, and a concurrent
    submission finds its row ended and terminates the job itself.

    Returns:
        True if this call closed the run, and the ids of the jobs that were terminated.
    """
    _, closed_now = record_run_failure(ended, caught, ledger)
    return closed_now, stop_jobs(ended.run_id, f"run {ended.run_id} has ended", ledger, batch)


def stop_jobs(run_id: str, reason: str, ledger: Ledger, batch: BatchService) -> tuple[str, ...]:
    """Terminate the jobs of an ended run and close its steps; safe to call again.

    A running run is not changed: it may have been redriven meanwhile.

    Returns:
        The ids of the jobs that were terminated.
    """
    try:
        history = ledger.history(run_id)
    except UnknownRunError:
        return ()
    if not history.run.state.is_terminal:
        return ()
    open_jobs = [job for job in history.jobs if not job.state.is_terminal]
    found = [_found_job(job, reason, ledger, batch) for job in open_jobs]
    stopped = tuple(job_id for job_id in found if job_id)
    batch.terminate_all(stopped, reason)
    for step in history.steps:
        if not step.state.is_terminal:
            ledger.stop_step(run_id, step.step, history.run.redrive)
    return stopped


def _found_job(job: JobRow, reason: str, ledger: Ledger, batch: BatchService) -> str:
    """The id of a job that is to be terminated; its last event ends its row.

    The call that submitted it may have died before it recorded the id, or be about to submit. So
    the job is searched for, then the row is ended, and then the job is searched for again.
    """
    job_id = job.job_id or _find(job, ledger, batch)
    if not job_id:
        ledger.reject_job(job.key, Failure(JobTerminatedError.__name__, reason))
        job_id = _find(job, ledger, batch)
    return job_id


def _find(job: JobRow, ledger: Ledger, batch: BatchService) -> str:
    found = batch.find_job(job.key, job.job_queue)
    return ledger.record_submission(job.key, found).job_id if found else ""
