"""Close a run whose execution's end was not reported; let the rows of an ended run expire."""

from datetime import datetime, timedelta

from seqstack.domain.failures import Failure
from seqstack.domain.records import RunRow
from seqstack.domain.words import RunState
from seqstack.use_cases.finish_run import record_run_failure
from seqstack.use_cases.ports import ExecutionEnds, ExpiryLedger, RunLedger


def close_if_gone(
    run: RunRow, now: str, ledger: RunLedger, executions: ExecutionEnds
) -> tuple[RunRow, bool] | None:
    """Close a run as its execution ended; `now` is in the format of `utc_text`.

    Returns:
        The ended run, and True if this call closed it; None if it is running.
    """
    ended = executions.end_of(run, now)
    if ended is None:
        return None
    if ended.state is RunState.SUCCEEDED:
        return ended, ledger.finish_run(ended)
    failure = ended.failure or Failure("ExecutionGone", "its end was not reported")
    _, closed_now = record_run_failure(ended, failure, ledger)
    return ended, closed_now


def set_expiry(run_id: str, days: int, now: datetime, ledger: ExpiryLedger) -> None:
    """Let the rows of an ended run expire after `days`; 0 keeps them for ever.

    A running one stays: it may have been redriven meanwhile.
    """
    if days and ledger.run(run_id).state.is_terminal:
        ledger.expire_run(run_id, int((now + timedelta(days=days)).timestamp()))
