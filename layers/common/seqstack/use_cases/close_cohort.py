"""Close a cohort whose execution has ended, and stop what it has left running."""

from seqstack.domain.cohort_plan import is_run_of
from seqstack.domain.cohort_record import CohortRow
from seqstack.domain.failures import Failure
from seqstack.domain.words import RunState
from seqstack.use_cases.ports import CohortLedger, RunStopper

COHORT_ENDED = "CohortEnded"


def close_cohort(
    ended: CohortRow, ledger: CohortLedger, executions: RunStopper
) -> tuple[bool, tuple[str, ...]]:
    """End the cohort's row. Unless it succeeded, stop the runs that its execution has started.

    Step Functions stops them too when it stops the execution, but only tries to:
    https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html

    Returns:
        True if this call ended the row, and the ids of the runs that it stopped.
    """
    closed_now = ledger.close_cohort(ended)
    if ended.is_dry_run or ended.state is RunState.SUCCEEDED or not closed_now:
        return closed_now, ()
    failure = Failure(COHORT_ENDED, f"its cohort has ended as {ended.state}")
    running = [
        run.run_id
        for run in ledger.runs_of_cohort(ended.cohort_id)
        if run.state is RunState.RUNNING and is_run_of(ended.cohort_id, run.run_id)
    ]
    for run_id in running:
        executions.stop(run_id, failure)
    return closed_now, tuple(running)
