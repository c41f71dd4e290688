"""Start a cohort, list cohorts, show one, stop it, and resume it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from seqstack.domain.cohort_budget import Outlook, outlook
from seqstack.domain.cohort_input import CheckedCohort
from seqstack.domain.cohort_record import CohortRow
from seqstack.domain.cohorts import RunIdentity, newest_of_samples
from seqstack.domain.cost.totals import Cost
from seqstack.domain.errors import InvalidInputError
from seqstack.domain.execution import Execution
from seqstack.domain.failures import Failure, real_failure
from seqstack.domain.plain_text import one_line
from seqstack.domain.records import RunRow
from seqstack.domain.request_errors import (
    CohortHasEndedError,
    CohortIsRunningError,
    KeyReusedError,
    RunForgottenError,
    RunNameTakenError,
    UnknownCohortError,
)
from seqstack.domain.run_pages import CohortFilter, Cursor, ListPage, page_of
from seqstack.domain.words import CohortState, RunState
from seqstack.domain.workflow_names import COHORT_NAME
from seqstack.use_cases.control_runs import STOPPED_BY_USER
from seqstack.use_cases.ports import (
    CohortIndexes,
    CohortLedger,
    FindsExecutions,
    RunControl,
    RunStarter,
)

_JOINT = "joint"


@dataclass(frozen=True, slots=True)
class CohortView:
    """A cohort's newest execution, or its newest dry run.

    `samples` has the number of the sheet's samples by the state of their newest runs; the cohort's
    earlier executions are included. `cost` is the known cost of all its runs. `outlook` is what is
    left of its plan.
    """

    row: CohortRow
    samples: Mapping[RunState, int]
    cost: Cost | None
    outlook: Outlook | None = None


def start_cohort(
    name: str, document: object, ledger: CohortLedger, executions: RunStarter
) -> CohortRow:
    """Start an execution, unless one of this name has been started with the same input.

    Raises:
        InvalidInputError: the input is invalid by its schema; nothing was started.
        CohortIsRunningError: another execution of the cohort is running.
        KeyReusedError: the name was used with another input.
    """
    checked = CheckedCohort.of(document)
    if checked.problems or not isinstance(document, Mapping):
        raise InvalidInputError(checked.problems)
    is_dry_run = document.get("dryRun") is True
    cohort_id = str(document["cohortId"])
    row = _now(ledger.cohort(cohort_id, is_dry_run=is_dry_run), executions)
    if row and row.state is CohortState.RUNNING and _execution_of(row) != name:
        raise CohortIsRunningError(f"cohort {cohort_id} is running; wait for its end, or stop it")
    try:
        execution = executions.start(name, document, COHORT_NAME)
    except RunNameTakenError:
        found = executions.find(name)
        if found is None or found.document != document:
            raise KeyReusedError(
                f"it has started {name} with another input; use a new key"
            ) from None
        execution = found
    return _until_it_has_a_row(execution)


def _execution_of(row: CohortRow) -> str:
    return row.execution_arn.rpartition(":")[2]


def _now(row: CohortRow | None, executions: FindsExecutions) -> CohortRow | None:
    """The row; if it is open though its execution has ended, with that end.

    The event of the end is on its way, or lost.
    """
    if row is None or row.state.is_terminal:
        return row
    execution = executions.find(_execution_of(row))
    if execution is None or not execution.state.is_terminal:
        return row
    end = _until_it_has_a_row(execution)
    return replace(row, state=end.state, ended_at=end.ended_at, failure=end.failure)


def _until_it_has_a_row(execution: Execution) -> CohortRow:
    """The cohort, as far as its execution tells."""
    document, failure = execution.document, execution.failure
    run = document.get("run")
    return CohortRow(
        cohort_id=RunIdentity.of(document).cohort_id,
        execution_arn=execution.arn,
        state=CohortState(execution.state),
        opened_at=execution.started_at,
        sheet=str(document.get("sheetS3Path", "")),
        is_dry_run=document.get("dryRun") is True,
        project=str(run.get("project", "")) if isinstance(run, Mapping) else "",
        ended_at=execution.ended_at,
        failure=real_failure(failure.error, failure.cause) if failure else None,
    )


def list_cohorts(
    wanted: CohortFilter, cursor: Cursor, limit: int, ledger: CohortIndexes
) -> ListPage[CohortRow]:
    """One page of the cohorts that match a filter, as the ledger has them."""
    return page_of(ledger.newest_cohorts(wanted, cursor, limit + 1), limit)


def show_cohort(
    cohort_id: str, execution: str, ledger: CohortLedger, executions: RunControl
) -> CohortView:
    """A cohort; with the name of an `execution`, that one, which may have started just now.

    Runs of other projects that name the cohort are left out.

    Raises:
        UnknownCohortError: there is no such cohort, or execution of it.
    """
    row = _found(cohort_id, execution, ledger, executions)
    runs = [run for run in ledger.runs_of_cohort(cohort_id) if run.project == row.project]
    known = [run.cost for run in runs if run.cost]
    cost = Cost.total(known) if known else None
    return CohortView(row, _states(runs), cost, outlook(row, runs))


def _found(cohort_id: str, name: str, ledger: CohortLedger, executions: RunControl) -> CohortRow:
    rows = [ledger.cohort(cohort_id), ledger.cohort(cohort_id, is_dry_run=True)]
    for each in rows:
        row = _now(each, executions)
        if row and (not name or _execution_of(row) == name):
            return row
    found = executions.find(name) if name else None
    if found is None or RunIdentity.of(found.document).cohort_id != cohort_id:
        raise UnknownCohortError(f"there is no cohort {cohort_id}")
    return _until_it_has_a_row(found)


def _states(runs: Iterable[RunRow]) -> Counter[RunState]:
    """The number of samples in each state, by their newest runs."""
    return Counter(run.state for run in newest_of_samples(runs))


def stop_cohort(
    cohort_id: str, caller: str, ledger: CohortLedger, executions: RunControl
) -> CohortRow:
    """Stop the cohort's execution, which stops its runs; they end within seconds.

    Raises:
        UnknownCohortError: there is no such cohort.
        CohortHasEndedError: it is not running.
    """
    row = _now(ledger.cohort(cohort_id), executions)
    if row is None:
        raise UnknownCohortError(f"there is no cohort {cohort_id}")
    if row.state.is_terminal:
        raise CohortHasEndedError(f"cohort {cohort_id} has ended: {row.state}")
    failure = Failure(STOPPED_BY_USER, f"stopped by {one_line(caller)}").within_limits()
    executions.stop(_execution_of(row), failure)
    return row


def resume_cohort(
    cohort_id: str,
    name: str,
    changes: Mapping[str, object],
    ledger: CohortLedger,
    executions: RunStarter,
) -> CohortRow:
    """Start the cohort again with the input of its last execution, and these changes of it.

    Without a change of `joint`, the last one holds, but for `only`.

    Raises:
        InvalidInputError: a change is invalid by the input's schema; nothing was started.
        UnknownCohortError: there is no such cohort.
        CohortIsRunningError: it is running.
        RunForgottenError: the input of its last execution is no longer known.
    """
    row = ledger.cohort(cohort_id)
    if row is None:
        raise UnknownCohortError(f"there is no cohort {cohort_id}")
    last = executions.find(_execution_of(row))
    if last is None:
        raise RunForgottenError(
            f"cohort {cohort_id} ended more than 90 days ago; start it again with its sheet"
        )
    document = {**last.document, **_without_only(last.document), **changes}
    return start_cohort(name, document, ledger, executions)


def _without_only(document: Mapping[str, Any]) -> dict[str, Any]:
    """The last joint call, as one that samples are run for."""
    last = document.get(_JOINT)
    if not isinstance(last, Mapping):
        return {}
    return {_JOINT: {key: value for key, value in last.items() if key != "only"}}
