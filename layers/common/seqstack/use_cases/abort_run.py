"""Stop a run that somebody no longer wants."""

from dataclasses import replace

from seqstack.domain.failures import Failure
from seqstack.domain.plain_text import one_line
from seqstack.domain.records import RunRow
from seqstack.domain.request_errors import RunHasEndedError
from seqstack.domain.words import RunState
from seqstack.use_cases.ports import RunControl, RunReader
from seqstack.use_cases.show_run import show_run

STOPPED_BY_USER = "StoppedByUser"


def abort_run(run_id: str, caller: str, ledger: RunReader, executions: RunControl) -> RunRow:
    """Stop the run's execution; the event of its end ends its jobs and closes it in the ledger.

    Returns:
        The run as it will be.

    Raises:
        UnknownRunError: there is no such run.
        RunHasEndedError: it has ended already.
    """
    run = show_run(run_id, ledger, executions.find).run
    execution = executions.find(run_id)
    if execution is None or execution.state.is_terminal:
        raise RunHasEndedError(run_id, execution.state if execution else run.state)
    failure = Failure(STOPPED_BY_USER, f"stopped by {one_line(caller)}").within_limits()
    executions.stop(run_id, failure)
    return replace(run, state=RunState.ABORTED, failure=failure)
