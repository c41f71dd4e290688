"""Hear of the end of a run's execution: close the run, and tell of it and of its cohort."""

from dataclasses import replace
from datetime import datetime

from seqstack.domain.failures import Failure
from seqstack.domain.records import RunRow
from seqstack.use_cases.announce_end import Announcer, Told
from seqstack.use_cases.finish_run import record_run_failure
from seqstack.use_cases.ports import Ledger


def notify_run_end(
    ended: RunRow, caught: Failure | None, ledger: Ledger, announcer: Announcer, now: datetime
) -> tuple[bool, Told, Told]:
    """Tell of the end of `ended`, and of its cohort's if this was the last of it.

    The run's execution has closed it in the ledger already, or `stop_jobs` is about to: whoever is
    first does.

    Returns:
        True if this call closed the run, and what became of telling of the run and its cohort.
    """
    if caught is None:
        failure, closed_now = None, ledger.finish_run(ended)
    else:
        failure, closed_now = record_run_failure(ended, caught, ledger)
    known = ledger.run(ended.run_id)
    if known.execution_arn != ended.execution_arn:  # another workflow's execution of that name
        return False, Told.NOTHING, Told.NOTHING
    told = announcer.run_ended(replace(ended, failure=failure), now)
    cohort_id = ledger.run(ended.run_id).cohort_id
    cohort = announcer.cohort_ended(cohort_id, now) if cohort_id else Told.NOTHING
    return closed_now, told, cohort
