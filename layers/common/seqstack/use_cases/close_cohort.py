"""Close a cohort whose execution has ended, and stop what it has left running."""

from dataclasses import replace

from seqstack.domain.cohort_budget import BUDGET_MET, budget_cause, outlook
from seqstack.domain.cohort_record import CohortRow, is_run_of
from seqstack.domain.failures import Failure
from seqstack.domain.words import CohortState, RunState
from seqstack.use_cases.ports import CohortLedger, RunStopper

COHORT_ENDED = "CohortEnded"


def close_cohort(
    ended: CohortRow, ledger: CohortLedger, executions: RunStopper
) -> tuple[bool, tuple[str, ...]]:
    """End the cohort's row. Unless it succeeded, stop the runs that its execution has started.

    Step Functions stops them too when it stops the execution, but only tries to:
    https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
    A call that dies in between is repeated, and stops the others.

    Returns:
        True if this call ended the row, and the ids of the runs that it stopped.
    """
    if ended.failure and ended.failure.error == BUDGET_MET:
        ended = _counted(ended, ledger)
    closed_now = ledger.close_cohort(ended)
    if ended.is_dry_run or ended.state is CohortState.SUCCEEDED:
        return closed_now, ()
    running = [
        run.run_id
        for run in ledger.runs_of_cohort(ended.cohort_id)
        if run.state is RunState.RUNNING and is_run_of(ended.cohort_id, run.run_id)
    ]
    row = ledger.cohort(ended.cohort_id)  # read after its runs: a newer execution opens it before
    if row is None or row.execution_arn != ended.execution_arn:
        return closed_now, ()
    failure = Failure(COHORT_ENDED, f"its cohort has ended as {ended.state}")
    for run_id in running:
        executions.stop(run_id, failure)
    return closed_now, tuple(running)


def _counted(ended: CohortRow, ledger: CohortLedger) -> CohortRow:
    """With the number of samples that were not started for the budget, which the map can't tell."""
    row = ledger.cohort(ended.cohort_id)
    if row is None or row.execution_arn != ended.execution_arn or row.budget_usd is None:
        return ended
    left = outlook(row, ledger.runs_of_cohort(ended.cohort_id))
    if left is None:
        return ended
    cause = budget_cause(row.budget_usd, left.not_started)
    return replace(ended, failure=Failure(BUDGET_MET, cause))
