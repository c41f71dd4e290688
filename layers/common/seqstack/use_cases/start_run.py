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
    """A request to start a run; `is_repeatable`: `run_id` was made from an idempotency key.

    `caller` sent it, and is the run's submitter, unless its input names another.
    """

    run_id: str
    document: object
    is_repeatable: bool = False
    caller: str = ""
    workflow: str = SECONDARY_ANALYSIS_NAME


def start_run(
    request: RunRequest, results_bucket: str, ledger: RunReader, starter: RunStarter
) -> Execution:
    """Start the run, unless an earlier request with the same key has started it.

    Only the execution itself is created, and Step Functions starts one for each name; so a request
    that is interrupted has either started the run or not.

    Returns:
        The execution, started by this or an earlier request.

    Raises:
        InvalidInputError: with all problems by schema and rules; nothing was started.
        KeyReusedError: the key has started a run with another input.
        RunNameTakenError: the name of a request without a key is used; choose another.
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
    """True if the ledger has the run, even if Step Functions has forgotten it."""
    try:
        ledger.run(run_id)
    except UnknownRunError:
        return False
    return True


def _earlier(request: RunRequest, document: Mapping[str, Any], starter: RunStarter) -> Execution:
    run_id = request.run_id
    execution = starter.find(run_id)
    if execution is None:
        raise KeyReusedError(f"it started run {run_id} more than 90 days ago; use a new key")
    if execution.document != document or execution.workflow != request.workflow:
        raise KeyReusedError(f"it has started run {run_id} with another input; use a new key")
    return execution
