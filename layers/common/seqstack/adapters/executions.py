"""Executions of `secondary_analysis`, as Step Functions knows them."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from seqstack.adapters.aws import client, translated_errors
from seqstack.domain.failures import Failure
from seqstack.domain.records import RunRow, utc_text
from seqstack.domain.words import RunState

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.literals import ExecutionStatusType
    from mypy_boto3_stepfunctions.type_defs import (
        DescribeExecutionOutputTypeDef,
        ExecutionListItemTypeDef,
    )

_LISTED_AT_ONCE = 1000  # ListExecutions' limit
_GOING_ON = frozenset({"RUNNING", "PENDING_REDRIVE"})
_IN_VAIN: tuple["ExecutionStatusType", ...] = ("ABORTED", "FAILED", "TIMED_OUT")


def state_machine_version(execution_arn: str) -> str:
    """The ARN of the version that an execution was started as, by its alias or its number.

    Empty for one that was started as whatever the state machine is now.
    https://docs.aws.amazon.com/step-functions/latest/dg/execution-alias-version-associate.html
    """
    try:
        with translated_errors():
            answer = client("stepfunctions").describe_execution(executionArn=execution_arn)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ExecutionDoesNotExist":
            return ""  # somebody called the function by hand
        raise
    return answer.get("stateMachineVersionArn", "")


class Executions:
    """Looks at executions; `state_machine_arn` is needed to list them."""

    def __init__(self, state_machine_arn: str = "") -> None:
        self._machine = state_machine_arn

    def going_on(self) -> frozenset[str]:
        """The ARNs of executions that run now; the newest may be missing."""
        with translated_errors():
            return frozenset(one["executionArn"] for one in self._listed("RUNNING"))

    def redriven_in_vain(self, ended_after: str) -> dict[str, int]:
        """How often each execution was redriven that ended after a time without success, by name.

        Those that were never redriven are left out. The time is as `utc_text` writes it.
        """
        with translated_errors():
            return {
                one["name"]: redrives
                for status in _IN_VAIN
                for one in takewhile(  # ended executions come by their ends, the newest first
                    lambda one: utc_text(one["stopDate"]) > ended_after, self._listed(status)
                )
                if (redrives := one.get("redriveCount", 0))
            }

    def _listed(self, status: "ExecutionStatusType") -> Iterator["ExecutionListItemTypeDef"]:
        pages = client("stepfunctions").get_paginator("list_executions")
        for page in pages.paginate(
            stateMachineArn=self._machine,
            statusFilter=status,
            PaginationConfig={"PageSize": _LISTED_AT_ONCE},
        ):
            yield from page["executions"]

    def end_of(self, run: RunRow, now: str) -> RunRow | None:
        """The run as its execution ended, or None while it goes on.

        Step Functions forgets an execution after 90 days; a run of a forgotten one was aborted, as
        far as anybody can know, and ends `now`.
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
