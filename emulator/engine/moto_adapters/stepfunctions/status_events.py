"""`Step Functions Execution Status Change` events, which moto 5.2.5 does not send.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
"""

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.backend.execution import (
    BaseExecutionWorkerCommunication,
    Execution,
)

from emulator.engine.events import service_event
from emulator.engine.moto_adapters.stepfunctions.executions import describe, epoch_ms
from emulator.engine.patches import Patches

_ALWAYS_THERE = (
    "stopDate",
    "output",
    "outputDetails",
    "stateMachineVersionArn",
    "stateMachineAliasArn",
    "redriveDate",
    "redriveStatusReason",
    "error",
    "cause",
)


def install(patches: Patches, publish: Callable[[dict[str, Any]], None]) -> None:
    """Publish an event when an execution starts and when it ends."""
    start = Execution.start
    terminated = BaseExecutionWorkerCommunication.terminated

    def start_and_tell(execution: Execution) -> None:
        execution.exec_status = ExecutionStatus.RUNNING
        publish(status_event(execution))
        start(execution)

    def end_and_tell(communication: BaseExecutionWorkerCommunication) -> None:
        terminated(communication)
        publish(status_event(communication.execution))

    patches.replace(Execution, "start", start_and_tell)
    patches.replace(BaseExecutionWorkerCommunication, "terminated", end_and_tell)


def status_event(execution: Execution) -> dict[str, Any]:
    """The event for the execution's present state: dates in epoch ms, absent values null."""
    detail: dict[str, Any] = dict.fromkeys(_ALWAYS_THERE) | describe(execution)
    for name in ("startDate", "stopDate"):
        if detail[name] is not None:
            detail[name] = epoch_ms(detail[name])
    return service_event(
        "aws.states",
        "Step Functions Execution Status Change",
        [execution.execution_arn],
        detail,
    )
