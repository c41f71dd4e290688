"""Terminate the jobs and close the open steps of an ended run."""

from seqstack.domain.errors import UnknownRunError
from seqstack.domain.failures import Failure
from seqstack.domain.records import RunRow
from seqstack.use_cases.end_jobs import end_jobs
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

    A running run is not changed: it may have been redriven meanwhile, and then its steps end their
    jobs of before themselves (`submit_job`).

    Returns:
        The ids of the jobs that were terminated.
    """
    try:
        history = ledger.history(run_id)
    except UnknownRunError:
        return ()
    if not history.run.state.is_terminal:
        return ()
    stopped = end_jobs(history.jobs, reason, ledger, batch)
    for step in history.steps:
        if not step.state.is_terminal:
            ledger.stop_step(run_id, step.step, history.run.redrive)
    return stopped
