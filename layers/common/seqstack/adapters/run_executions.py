"""Executions of the workflows' state machines: start, look at, stop, redrive."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError

from seqstack.adapters.aws import client, translated_errors
from seqstack.domain.errors import UnknownRunError
from seqstack.domain.execution import Execution
from seqstack.domain.failures import Failure
from seqstack.domain.json_text import cap_problem
from seqstack.domain.records import RunRow, utc_text
from seqstack.domain.request_errors import RunNameTakenError
from seqstack.domain.words import RunState

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

_PARTS_OF_A_MACHINE_ARN = 7  # an alias or a version stands behind them
_GOING_ON = frozenset({"RUNNING", "PENDING_REDRIVE"})


class _Runs(Protocol):
    def run(self, run_id: str) -> RunRow: ...


class RunExecutions:
    """The executions of the workflows' state machines, whose ARNs may name aliases.

    `state_machines` has the ARNs by the workflows' names. Step Functions keeps names apart for
    each state machine only: two executions may have one name, and the run is that of the ledger.
    """

    def __init__(self, state_machines: Mapping[str, str], ledger: _Runs) -> None:
        self._machines = state_machines
        self._ledger = ledger

    def start(self, run_id: str, document: Mapping[str, Any], workflow: str) -> Execution:
        """Start an execution; again while it runs, with the same input, changes nothing.

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
        """The run's execution, if it is of the last 90 days."""
        found = (_described(run_id, arn) for arn in self._arns(run_id))
        return next((execution for execution in found if execution), None)

    def stop(self, run_id: str, failure: Failure) -> None:
        """Stop an execution that runs; `failure` is what it will show."""
        with translated_errors():
            client("stepfunctions").stop_execution(
                executionArn=self._arn(run_id), error=failure.error, cause=failure.cause
            )

    def redrive(self, run_id: str) -> bool:
        """Let a stopped execution go on where it stopped; False if Step Functions refuses."""
        try:
            with translated_errors():
                client("stepfunctions").redrive_execution(executionArn=self._arn(run_id))
        except ClientError as error:
            if error.response["Error"]["Code"] == "ExecutionNotRedrivable":
                return False
            raise
        return True

    def _arn(self, run_id: str) -> str:
        """The ARN of the run's execution, which must be there."""
        *others, last = self._arns(run_id)
        return next((arn for arn in others if _described(run_id, arn)), last)

    def _arns(self, run_id: str) -> list[str]:
        """The one execution that the run's row names, or one of each state machine."""
        if len(self._machines) > 1:
            try:
                return [self._ledger.run(run_id).execution_arn]
            except UnknownRunError:
                pass  # it has just been started, or is none
        return [_execution_arn(machine, run_id) for machine in self._machines.values()]


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


def _as_text(document: Mapping[str, Any]) -> str:
    """The input's text; the same for the same input, as Step Functions compares texts."""
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
