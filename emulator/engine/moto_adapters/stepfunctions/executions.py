"""Descriptions of an execution for DescribeExecution, events and parent executions."""

import time
from datetime import UTC, datetime
from typing import Any

from moto.stepfunctions.parser.backend.execution import Execution
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from emulator.engine.aws import ACCOUNT_ID, REGION

_STOP_SECONDS = 60.0
# https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html
_CANNOT_BE_REDRIVEN = {"RUNNING", "SUCCEEDED"}


def describe(execution: Execution) -> dict[str, Any]:
    """The fields of DescribeExecution that have a value; dates are datetimes."""
    status = str(execution.status)
    fields: dict[str, Any] = {
        "executionArn": execution.execution_arn,
        "stateMachineArn": execution.state_machine_arn,
        "stateMachineVersionArn": execution.association.version,
        "stateMachineAliasArn": execution.association.alias,
        "name": execution.name,
        "status": status,
        "startDate": execution.start_date,
        "stopDate": None if status == "RUNNING" else execution.stop_date,
        "input": execution.execution_input,
        "inputDetails": {"included": True},
        "error": execution.error,
        "cause": execution.cause,
        "redriveCount": 0,
        "redriveStatus": "NOT_REDRIVABLE" if status in _CANNOT_BE_REDRIVEN else "REDRIVABLE",
    }
    if status in _CANNOT_BE_REDRIVEN:
        fields["redriveStatusReason"] = f"Execution is {status} and cannot be redriven"
    if status == "SUCCEEDED":
        fields["output"] = execution.to_describe_output()["output"]
        fields["outputDetails"] = {"included": True}
    return {name: value for name, value in fields.items() if value is not None}


def epoch_ms(when: datetime) -> int:
    """Milliseconds since 1970, as dates are given in events and nested executions."""
    return int(when.timestamp() * 1000)


def find(execution_arn: str) -> Execution:
    """The execution with this ARN; raises moto's ExecutionDoesNotExist."""
    return stepfunctions_parser_backends[ACCOUNT_ID][REGION].describe_execution(execution_arn)


def stop_all() -> None:
    """Stop running executions and wait for them, so that no interpreter thread remains."""
    machines = list(stepfunctions_parser_backends[ACCOUNT_ID][REGION].state_machines)
    running = [e for m in machines for e in list(m.executions) if not e.ended.is_set()]
    for execution in running:
        execution.stop(stop_date=datetime.now(UTC), error=None, cause="the emulator ends")
    deadline = time.monotonic() + _STOP_SECONDS
    for execution in running:
        execution.ended.wait(max(0.0, deadline - time.monotonic()))


def forget_all() -> None:
    """Stop running executions and delete all, so that their names can be used again."""
    stop_all()
    for machine in stepfunctions_parser_backends[ACCOUNT_ID][REGION].state_machines:
        machine.executions.clear()
