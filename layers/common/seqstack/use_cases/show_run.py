"""Show one run: from the ledger, or from Step Functions until the ledger has it."""

from seqstack.domain.errors import UnknownRunError
from seqstack.domain.records import RunHistory
from seqstack.use_cases.ports import FindExecution, RunReader


def show_run(run_id: str, ledger: RunReader, find: FindExecution) -> RunHistory:
    """Everything that is known of a run.

    A run that has just been started has no steps yet: its input is being validated.

    Raises:
        UnknownRunError: neither the ledger nor Step Functions knows the run.
    """
    try:
        return ledger.history(run_id)
    except UnknownRunError as error:
        execution = find(run_id)
        if execution is None:
            raise UnknownRunError(f"there is no run {run_id}") from error
        return RunHistory(execution.as_run(), (), ())
