"""Executions of `secondary_analysis`: start, look at, stop, redrive."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from seqstack.adapters.aws import client, translated_errors
from seqstack.domain.execution import Execution
from seqstack.domain.failures import Failure
from seqstack.domain.json_text import cap_problem
from seqstack.domain.records import utc_text
from seqstack.domain.request_errors import RunNameTakenError
from seqstack.domain.words import RunState

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.type_defs import DescribeExecutionOutputTypeDef

_PARTS_OF_A_MACHINE_ARN = 7  # an alias or a version stands behind them
_GOING_ON = frozenset({"RUNNING", "PENDING_REDRIVE"})


class RunExecutions:
    """The executions of one state machine, whose ARN may name an alias."""

    def __init__(self, state_machine_arn: str) -> None:
        self._machine = state_machine_arn

    def start(self, run_id: str, document: Mapping[str, Any]) -> Execution:
        """Start an execution; again while it runs, with the same input, changes nothing.

        Raises:
            RunNameTakenError: the name has been used in the last 90 days.
        """
        try:
            with translated_errors():
                answer = client("stepfunctions").start_execution(
                    stateMachineArn=self._machine, name=run_id, input=_as_text(document)
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
        """An execution of the last 90 days by its name."""
        try:
            with translated_errors():
                answer = client("stepfunctions").describe_execution(executionArn=self._arn(run_id))
        except ClientError as error:
            if error.response["Error"]["Code"] in {"ExecutionDoesNotExist", "InvalidArn"}:
                return None
            raise
        return _execution(run_id, answer)

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
        machine = ":".join(self._machine.split(":")[:_PARTS_OF_A_MACHINE_ARN])
        return f"{machine.replace(':stateMachine:', ':execution:')}:{run_id}"


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
