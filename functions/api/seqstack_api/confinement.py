"""The only access from routes to runs and lists of cohorts, confined to the caller's projects.

No route creates a ledger or executions itself: it uses those of its request, in which the runs of
other projects do not exist.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from seqstack.adapters.executions import Executions
from seqstack.adapters.ledger import Ledger
from seqstack.adapters.principal_tags import tags_of
from seqstack.adapters.references import References
from seqstack.adapters.settings import FunctionSettings, state_machine_arns
from seqstack.domain.cohort_record import CohortRow
from seqstack.domain.errors import InvalidInputError, UnknownRunError
from seqstack.domain.execution import Execution
from seqstack.domain.failures import Failure
from seqstack.domain.records import RunHistory, RunRow
from seqstack.domain.request_errors import UnknownCohortError
from seqstack.domain.run_pages import CohortFilter, Cursor, RunFilter
from seqstack.domain.workflow_names import (
    COHORT_NAME,
    JOINT_CALLING_NAME,
    PREPARE_REFERENCE_NAME,
)
from seqstack.use_cases.ports import CohortIndexes, RunControl, RunIndexes, RunReader, RunResumer
from seqstack_api.callers import Caller
from seqstack_api.scope import Scope

_REQUEST = "request"


@dataclass(frozen=True, kw_only=True)
class Settings(FunctionSettings):
    """The variables of `api`."""

    results_bucket: str
    state_machines: Mapping[str, str] = state_machine_arns()
    job_log_group: str
    cohort_arn: str
    confine_callers_by: str
    """The tag or claim that names a caller's projects; empty where callers are not confined."""


class _Rows(RunReader, RunIndexes, CohortIndexes, Protocol): ...


class _Executions(RunControl, RunResumer, Protocol): ...


@dataclass(frozen=True, slots=True)
class ConfinedLedger:
    """Read access to the part of the ledger that belongs to the caller."""

    ledger: _Rows
    scope: Scope

    def run(self, run_id: str) -> RunRow:
        """One run without its steps and jobs."""
        return self._own(self.ledger.run(run_id))

    def history(self, run_id: str) -> RunHistory:
        """A run with its steps and jobs."""
        history = self.ledger.history(run_id)
        self._own(history.run)
        return history

    def newest_runs(self, wanted: RunFilter, cursor: Cursor, limit: int) -> list[RunRow]:
        """The `limit` newest runs of each project after the cursor, and those equally new."""
        if self.scope.projects is None:
            return self.ledger.newest_runs(wanted, cursor, limit)
        projects = {wanted.project} if wanted.project else self.scope.projects
        return [
            row
            for project in projects & self.scope.projects
            for row in self.ledger.newest_runs(
                replace(wanted, project=project, within_project=True), cursor, limit
            )
        ]

    def newest_cohorts(self, wanted: CohortFilter, cursor: Cursor, limit: int) -> list[CohortRow]:
        """The `limit` newest cohorts of each project after the cursor, and those equally new."""
        if self.scope.projects is None:
            return self.ledger.newest_cohorts(wanted, cursor, limit)
        projects = {wanted.project} if wanted.project else self.scope.projects
        return [
            row
            for project in projects & self.scope.projects
            for row in self.ledger.newest_cohorts(replace(wanted, project=project), cursor, limit)
        ]

    def _own(self, run: RunRow) -> RunRow:
        if not self.scope.has(run.project):
            raise UnknownRunError(f"the ledger has no run {run.run_id} of the caller's")
        return run


@dataclass(frozen=True, slots=True)
class ConfinedExecutions:
    """The executions that belong to the caller, by the project in their inputs."""

    executions: _Executions
    scope: Scope
    results_bucket: str

    def start(self, run_id: str, document: Mapping[str, Any], workflow: str) -> Execution:
        """Start an execution of a workflow.

        Raises:
            AllProjectsOnlyError: it prepares a reference or merges gVCFs, and the caller is
                confined.
            InvalidInputError: its project, or an object that it names, does not belong to the
                caller.
        """
        _check_workflow(self.scope, workflow)
        problems = tuple(self.scope.problems(document, self.results_bucket))
        if problems:
            raise InvalidInputError(problems)
        return self.executions.start(run_id, document, workflow)

    def find(self, run_id: str) -> Execution | None:
        """An execution by its name."""
        execution = self.executions.find(run_id)
        return execution if execution and self._has(execution) else None

    def stop(self, run_id: str, failure: Failure) -> None:
        """Stop a running execution."""
        self._check(run_id)
        self.executions.stop(run_id, failure)

    def redrive(self, run_id: str) -> bool:
        """Redrive a stopped execution."""
        self._check(run_id)
        execution = self.find(run_id)
        if execution:
            _check_workflow(self.scope, execution.workflow)
        return self.executions.redrive(run_id)

    def _has(self, execution: Execution) -> bool:
        document: object = execution.document  # it may have been started with any input
        project = document.get("project") if isinstance(document, Mapping) else None
        return self.scope.has(project)

    def _check(self, run_id: str) -> None:
        if self.scope.projects is not None and self.find(run_id) is None:
            raise UnknownRunError(f"there is no run {run_id}")


@dataclass(frozen=True, slots=True)
class Request:
    """The caller of a request, and the runs that it may access.

    `cohorts` and `cohort_executions` are not confined: routes check each cohort's project.
    """

    caller: Caller
    ledger: ConfinedLedger
    executions: ConfinedExecutions
    references: References
    cohorts: Ledger
    cohort_executions: Executions
    results_bucket: str
    job_log_group: str

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Self:
        """The request of an HTTP API's event; raises what `Caller.of` raises."""
        settings = Settings.from_environment()
        caller = Caller.of(event, settings.confine_callers_by, tags_of)
        ledger = Ledger(settings.ledger_table)
        executions = Executions(ledger, settings.state_machines)
        bucket = settings.results_bucket
        return cls(
            caller,
            ConfinedLedger(ledger, caller.scope),
            ConfinedExecutions(executions, caller.scope, bucket),
            References(bucket),
            ledger,
            Executions(ledger, {COHORT_NAME: settings.cohort_arn}),
            bucket,
            settings.job_log_group,
        )

    def completed(self, document: object, workflow: str) -> object:
        """The input of a run of this workflow, with what follows from its caller.

        Raises:
            AllProjectsOnlyError: it prepares a reference or merges gVCFs, and the caller is
                confined.
        """
        _check_workflow(self.caller.scope, workflow)
        return self.caller.scope.completed(document, self.results_bucket)

    def require_project(self, project: str, cohort_id: str) -> None:
        """Refuse a cohort of another project, as if there were none.

        Raises:
            UnknownCohortError: it does not belong to the caller.
        """
        if not self.caller.scope.has(project):
            raise UnknownCohortError(f"there is no cohort {cohort_id}")


def _check_workflow(scope: Scope, workflow: str) -> None:
    if workflow == PREPARE_REFERENCE_NAME:
        scope.require_all("prepare a reference")
    if workflow == JOINT_CALLING_NAME:  # its list can name any object of the stack's buckets
        scope.require_all("merge gVCFs")


def confine(app: APIGatewayHttpResolver, answer: NextMiddleware) -> Response[Any]:
    """Powertools middleware that determines the caller before any route runs."""
    request = Request.of(app.current_event.raw_event)
    app.append_context(**{_REQUEST: request})  # type: ignore[no-untyped-call] # Powertools' own
    return answer(app)


def request_of(router: APIGatewayHttpRouter) -> Request:
    """The current request."""
    request: Request = router.context[_REQUEST]
    return request
