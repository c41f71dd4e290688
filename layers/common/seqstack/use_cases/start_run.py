"""Check a run's input and start the run, once for each idempotency key."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seqstack.domain.errors import InvalidInputError, UnknownRunError
from seqstack.domain.execution import Execution
from seqstack.domain.request_errors import KeyReusedError, RunNameTakenError
from seqstack.domain.run_names import submitter_of
from seqstack.domain.workflow_names import SECONDARY_ANALYSIS_NAME
from seqstack.use_cases.ports import RunReader, RunStarter
from seqstack.workflows.checks import check_input


@dataclass(frozen=True, slots=True)
class RunRequest:
    """A run that somebody wants; `is_repeatable` says that `run_id` comes of an idempotency key.

    `caller` is who asks; the run draws on this caller's share of the hosts, unless its input names
    another submitter.
    """

    run_id: str
    document: object
    is_repeatable: bool = False
    caller: str = ""
    workflow: str = SECONDARY_ANALYSIS_NAME


def start_run(
    request: RunRequest, results_bucket: str, ledger: RunReader, starter: RunStarter
) -> Execution:
    """Start the run, unless an earlier request with the same key has.

    Nothing is written but the execution itself, which Step Functions starts once for each name; so
    a caller that died half-way finds the run, or none.

    Returns:
        The execution, whichever request started it.

    Raises:
        InvalidInputError: with every problem that schema and rules find; nothing was started.
        KeyReusedError: the key has started a run with another input.
        RunNameTakenError: the name of a request without a key is taken; take another.
    """
    checked = check_input(request.workflow, request.document, results_bucket)
    if checked.problems or not isinstance(request.document, Mapping):
        raise InvalidInputError(checked.problems)
    document = _with_submitter(request.document, request.caller)
    if request.is_repeatable and _is_known(request.run_id, ledger):
        return _earlier(request, document, starter)
    try:
        return starter.start(request.run_id, document, request.workflow)
    except RunNameTakenError:
        if not request.is_repeatable:
            raise
        return _earlier(request, document, starter)


def _with_submitter(document: Mapping[str, Any], caller: str) -> Mapping[str, Any]:
    submitter = submitter_of(caller)
    return {"submitter": submitter, **document} if submitter else document


def _is_known(run_id: str, ledger: RunReader) -> bool:
    """True for a run that the ledger still has, though Step Functions may have forgotten it."""
    try:
        ledger.run(run_id)
    except UnknownRunError:
        return False
    return True


def _earlier(request: RunRequest, document: Mapping[str, Any], starter: RunStarter) -> Execution:
    run_id = request.run_id
    execution = starter.find(run_id)
    if execution is None:
        raise KeyReusedError(f"it started run {run_id} more than 90 days ago; take a new key")
    if execution.document != document or execution.workflow != request.workflow:
        raise KeyReusedError(f"it has started run {run_id} with another input; take a new key")
    return execution
