"""Executions of the workflows' state machines in Step Functions, and counts of their histories."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError

from seqstack.adapters.aws import client, translated_errors
from seqstack.domain.cost.executions import ExecutionCount, count_events
from seqstack.domain.errors import UnknownRunError
from seqstack.domain.execution import Execution
from seqstack.domain.failures import Failure
from seqstack.domain.json_text import cap_problem
from seqstack.domain.records import RunRow, utc_text
from seqstack.domain.request_errors import RunNameTakenError
from seqstack.domain.words import RunState

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.literals import ExecutionStatusType
    from mypy_boto3_stepfunctions.type_defs import (
        DescribeExecutionOutputTypeDef,
        ExecutionListItemTypeDef,
    )


_PARTS_OF_A_MACHINE_ARN = 7  # followed by an alias or a version
_LISTED_AT_ONCE = 1000  # ListExecutions' limit
_GOING_ON = frozenset({"RUNNING", "PENDING_REDRIVE"})
_IN_VAIN: tuple["ExecutionStatusType", ...] = ("ABORTED", "FAILED", "TIMED_OUT")


def state_machine_version(execution_arn: str) -> str:
    """The ARN of the version as which an execution was started, through an alias or directly.

    Empty if it was started through the state machine's own ARN.
    https://docs.aws.amazon.com/step-functions/latest/dg/execution-alias-version-associate.html
    """
    try:
        with translated_errors():
            answer = client("stepfunctions").describe_execution(executionArn=execution_arn)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ExecutionDoesNotExist":
            return ""  # the function was invoked by hand
        raise
    return answer.get("stateMachineVersionArn", "")


class _Runs(Protocol):
    def run(self, run_id: str) -> RunRow: ...


class Executions:
    """The executions of the workflows' state machines.

    `state_machines` has the ARNs by the workflows' names, and an ARN may name an alias. Names are
    unique only within a state machine: two executions may have the same name, and the ledger
    determines the run's. Only `end_of` works without state machines.
    """

    def __init__(self, ledger: _Runs, state_machines: Mapping[str, str] | None = None) -> None:
        self._ledger = ledger
        self._machines = state_machines or {}

    def start(self, run_id: str, document: Mapping[str, Any], workflow: str) -> Execution:
        """Start an execution; has no effect while one with the same name and input runs.

        Raises:
            RunNameTakenError: the name has been used in the last 90 days.
        """
        try:
            with translated_errors():
                answer = client("stepfunctions").start_execution(
                    stateMachineArn=self._machines[workflow],
                    name=run_id,
                    input=_as_text(document),
                )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ExecutionAlreadyExists":
                raise RunNameTakenError(run_id) from error
            raise
        return Execution(
            run_id,
            answer["executionArn"],
            RunState.RUNNING,
            utc_text(answer["startDate"]),
            document,
        )

    def find(self, run_id: str) -> Execution | None:
        """The run's execution, if it ended in the last 90 days."""
        found = (_described(run_id, arn) for arn in self._arns(run_id))
        return next((execution for execution in found if execution), None)

    def stop(self, run_id: str, failure: Failure) -> None:
        """Stop a running execution with `failure`."""
        with translated_errors():
            client("stepfunctions").stop_execution(
                executionArn=self._arn(run_id), error=failure.error, cause=failure.cause
            )

    def redrive(self, run_id: str) -> bool:
        """Redrive a stopped execution; False if Step Functions refuses."""
        try:
            with translated_errors():
                client("stepfunctions").redrive_execution(executionArn=self._arn(run_id))
        except ClientError as error:
            if error.response["Error"]["Code"] == "ExecutionNotRedrivable":
                return False
            raise
        return True

    def _arn(self, run_id: str) -> str:
        """The ARN of the run's execution, which must exist."""
        *others, last = self._arns(run_id)
        return next((arn for arn in others if _described(run_id, arn)), last)

    def _arns(self, run_id: str) -> list[str]:
        """The execution in the run's row, or the possible ones of all state machines."""
        if len(self._machines) > 1:
            try:
                return [self._ledger.run(run_id).execution_arn]
            except UnknownRunError:
                pass  # it has just been started, or does not exist
        return [_execution_arn(machine, run_id) for machine in self._machines.values()]

    def going_on(self) -> frozenset[str]:
        """The ARNs of running executions; the newest may be missing."""
        with translated_errors():
            return frozenset(
                one["executionArn"]
                for machine in self._machines.values()
                for one in _listed(machine, "RUNNING")
            )

    def redriven_in_vain(self, ended_after: str) -> dict[str, int]:
        """The redrive counts of executions that ended without success after a time, by name.

        Executions without a redrive are left out. The time is in the format of `utc_text`.
        """
        with translated_errors():
            return {
                one["name"]: redrives
                for machine in self._machines.values()
                for status in _IN_VAIN
                for one in takewhile(  # ended executions are sorted by their ends, the newest first
                    lambda one: utc_text(one["stopDate"]) > ended_after, _listed(machine, status)
                )
                if (redrives := one.get("redriveCount", 0))
            }

    def end_of(self, run: RunRow, now: str) -> RunRow | None:
        """The run, from its execution's end; None while it is running.

        Step Functions forgets an execution after 90 days; its run then counts as aborted, and ends
        `now`.
        """
        try:
            with translated_errors():
                answer = client("stepfunctions").describe_execution(executionArn=run.execution_arn)
        except ClientError as error:
            if error.response["Error"]["Code"] not in {"ExecutionDoesNotExist", "InvalidArn"}:
                raise
            gone = Failure("ExecutionGone", f"Step Functions does not know {run.execution_arn}")
            return replace(run, state=RunState.ABORTED, ended_at=now, failure=gone)
        return None if answer["status"] in _GOING_ON else _ended(run, answer)


def _execution_arn(state_machine_arn: str, name: str) -> str:
    machine = ":".join(state_machine_arn.split(":")[:_PARTS_OF_A_MACHINE_ARN])
    return f"{machine.replace(':stateMachine:', ':execution:')}:{name}"


def _described(run_id: str, execution_arn: str) -> Execution | None:
    try:
        with translated_errors():
            answer = client("stepfunctions").describe_execution(executionArn=execution_arn)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"ExecutionDoesNotExist", "InvalidArn"}:
            return None
        raise
    return _execution(run_id, answer)


def _ended(run: RunRow, answer: "DescribeExecutionOutputTypeDef") -> RunRow:
    state = RunState(answer["status"])
    failure = None
    if state is not RunState.SUCCEEDED:
        cause = answer.get("cause", f"the execution ended as {state}")
        failure = Failure(answer.get("error", f"Execution{state.title().replace('_', '')}"), cause)
    return replace(
        run,
        state=state,
        ended_at=utc_text(answer["stopDate"]),
        failure=failure,
        redrive=answer.get("redriveCount", run.redrive),
    )


def _listed(machine: str, status: "ExecutionStatusType") -> Iterator["ExecutionListItemTypeDef"]:
    pages = client("stepfunctions").get_paginator("list_executions")
    for page in pages.paginate(
        stateMachineArn=machine,
        statusFilter=status,
        PaginationConfig={"PageSize": _LISTED_AT_ONCE},
    ):
        yield from page["executions"]


def _as_text(document: Mapping[str, Any]) -> str:
    """The input as canonical text, because Step Functions compares texts."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _document(text: str) -> Mapping[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) and not cap_problem(document) else {}


def _execution(run_id: str, answer: "DescribeExecutionOutputTypeDef") -> Execution:
    state = RunState.RUNNING if answer["status"] in _GOING_ON else RunState(answer["status"])
    has_failed = state.is_terminal and state is not RunState.SUCCEEDED
    return Execution(
        run_id,
        answer["executionArn"],
        state,
        utc_text(answer["startDate"]),
        _document(answer["input"]),
        utc_text(answer["stopDate"]) if state.is_terminal else "",
        Failure(answer.get("error", str(state)), answer.get("cause", "")) if has_failed else None,
        answer.get("redriveCount", 0),
        answer.get("redriveStatus") == "REDRIVABLE",
    )


def count_executions(execution_arn: str) -> ExecutionCount | None:
    """Count an execution and its nested ones; None if Step Functions has forgotten it.

    Histories are kept for 90 days.
    """
    try:
        with translated_errors():
            own = count_events(_events(execution_arn))
            return sum((count_events(_events(arn)) for arn in own.nested), own)
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"ExecutionDoesNotExist", "InvalidArn"}:
            raise
        return None


def _events(execution_arn: str) -> Iterator[Any]:
    pages = client("stepfunctions").get_paginator("get_execution_history")
    for page in pages.paginate(
        executionArn=execution_arn, includeExecutionData=True, PaginationConfig={"PageSize": 1000}
    ):
        yield from page["events"]
