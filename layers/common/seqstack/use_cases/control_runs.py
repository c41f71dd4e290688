"""Stop a run, or resume one that ended without success.

https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html, and why there are two
ways: docs/decisions/0009-redrive.md.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from seqstack.domain.errors import UnknownRunError
from seqstack.domain.execution import Execution
from seqstack.domain.failures import Failure
from seqstack.domain.plain_text import one_line
from seqstack.domain.records import RunRow
from seqstack.domain.request_errors import (
    RunForgottenError,
    RunHasEndedError,
    RunIsRunningError,
)
from seqstack.domain.words import RunState
from seqstack.use_cases.ports import RunControl, RunReader, RunResumer
from seqstack.use_cases.show_runs import show_run
from seqstack.use_cases.start_run import RunRequest, start_run

STOPPED_BY_USER = "StoppedByUser"


def abort_run(run_id: str, caller: str, ledger: RunReader, executions: RunControl) -> RunRow:
    """Stop the run's execution; its event then terminates the jobs and closes the run.

    Returns:
        The run, with its new state.

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


_STOPPED_WITHIN_A_STEP = frozenset({RunState.ABORTED, RunState.TIMED_OUT})


class Resumption(StrEnum):
    """How a run is resumed."""

    REDRIVEN = "REDRIVEN"  # the same run, from the step where it was stopped
    RESTARTED = "RESTARTED"  # a new run with the same input, which reuses every finished step


@dataclass(frozen=True, slots=True)
class ResumedRun:
    """The resumed run, and how."""

    run_id: str
    how: Resumption


def resume_run(
    run_id: str,
    fallback: tuple[str, bool],
    results_bucket: str,
    ledger: RunReader,
    executions: RunResumer,
) -> ResumedRun:
    """Redrive the run if that is possible, otherwise start a new run with its input.

    `fallback` is the new run's id, and True if it was made from an idempotency key.

    Raises:
        UnknownRunError: there is no such run.
        RunIsRunningError: it is running.
        RunHasEndedError: it has succeeded.
        RunForgottenError: its input is no longer known.
        InvalidInputError: its input is no longer valid.
        KeyReusedError: the key has started a run with another input.
    """
    execution = executions.find(run_id)
    if execution is None:
        show_run(run_id, ledger, executions.find)
        raise RunForgottenError(f"run {run_id} ended more than 90 days ago; start a new run")
    if not execution.state.is_terminal:
        raise RunIsRunningError(f"run {run_id} is running")
    if execution.state is RunState.SUCCEEDED:
        raise RunHasEndedError(run_id, execution.state)
    if _has_steps(run_id, ledger) and _is_redriven(execution, executions):
        return ResumedRun(run_id, Resumption.REDRIVEN)
    new_id, is_repeatable = fallback
    request = RunRequest(new_id, execution.document, is_repeatable, workflow=execution.workflow)
    started = start_run(request, results_bucket, ledger, executions)
    return ResumedRun(started.run_id, Resumption.RESTARTED)


def _has_steps(run_id: str, ledger: RunReader) -> bool:
    """Whether the ledger has every step of the run, which a redriven run needs.

    It has none if the run was stopped while its input was checked, and not all if its rows have
    begun to expire.
    """
    try:
        history = ledger.history(run_id)
    except UnknownRunError:
        return False
    return bool(history.steps) and all(history.step(step) for step in history.run.tools)


def _is_redriven(execution: Execution, executions: RunResumer) -> bool:
    if execution.state not in _STOPPED_WITHIN_A_STEP or not execution.can_be_redriven:
        return False
    if executions.redrive(execution.run_id):
        return True
    now = executions.find(execution.run_id)
    if now is not None and not now.state.is_terminal:  # another caller has redriven it
        raise RunIsRunningError(f"run {execution.run_id} is running")
    return False
