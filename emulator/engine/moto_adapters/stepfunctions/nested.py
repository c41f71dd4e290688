"""Nested executions: `states:startExecution.sync` and `.sync:2` end as they do on AWS.

moto 5.2.5 asks for the child's state every 0.5 s over HTTP, gives dates as text and fields in
another order, and leaves the child running when the parent is stopped. AWS returns the child's
DescribeExecution with PascalCase keys in alphabetical order and dates in epoch milliseconds;
`.sync:2` has Input and Output as JSON. The same JSON is the Cause of a failed child.
https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
"""

import json
from collections.abc import Callable
from datetime import datetime
from threading import Event
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_callback import (  # noqa: E501
    StateTaskServiceCallback,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_sfn import (  # noqa: E501
    StateTaskServiceSfn,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.eval.program_state import ProgramEnded
from moto.stepfunctions.parser.backend.execution import Execution

from emulator.engine.clock import Clock
from emulator.engine.moto_adapters.stepfunctions.executions import describe, epoch_ms, find
from emulator.engine.moto_adapters.stepfunctions.interruption import InterruptedTaskError
from emulator.engine.patches import Patches

_POLL_SECONDS = 0.1  # how often another service's job is polled


def install(patches: Patches, clock: Clock) -> None:
    """Adapt nested executions until `patches` are restored."""
    respond = StateTaskServiceSfn._normalise_response

    def normalise_response(task: StateTaskServiceSfn, response: Any, *args: Any, **kw: Any) -> None:
        respond(task, response, *args, **kw)
        if isinstance(response.get("StartDate"), datetime):
            response["StartDate"] = epoch_ms(response["StartDate"])

    patches.replace(StateTaskServiceSfn, "_normalise_response", normalise_response)
    patches.replace(StateTaskServiceSfn, "_build_sync_resolver", _resolver(clock, as_json=False))
    patches.replace(StateTaskServiceSfn, "_build_sync2_resolver", _resolver(clock, as_json=True))
    patches.replace(StateTaskServiceCallback, "_eval_sync", _eval_sync)


def envelope(execution: Execution, *, as_json: bool) -> dict[str, Any]:
    """The result that a parent gets of its child; `as_json` parses Input and Output (`.sync:2`)."""
    shown = {key[0].upper() + key[1:]: value for key, value in describe(execution).items()}
    for name in ("StartDate", "StopDate"):
        shown[name] = epoch_ms(shown[name])
    for name in ("InputDetails", "OutputDetails"):
        if name in shown:
            shown[name] = {"Included": True}
    if as_json:
        for name in ("Input", "Output"):
            if name in shown:
                shown[name] = json.loads(shown[name])
    return dict(sorted(shown.items()))


def _resolver(clock: Clock, *, as_json: bool) -> Callable[..., Callable[[], Any]]:
    def build(task: StateTaskServiceSfn, env: Environment, **_parts: Any) -> Callable[[], Any]:
        child = find(env.stack.pop()["ExecutionArn"])

        def resolve() -> dict[str, Any] | None:
            _wait_for_either(child, env, clock.event())
            if not child.ended.is_set():
                _stop_with_parent(child, env)
                return None
            result = envelope(child, as_json=as_json)
            if result["Status"] == "SUCCEEDED":
                return result
            raise FailureEventException(_failure(task, env, result))

        return resolve

    return build


def _wait_for_either(child: Execution, env: Environment, event: Event) -> None:
    """Return when the child or the task's own execution has ended; `event` signals either."""
    child.also_wake.append(event)
    env.also_wake.append(event)
    if env.is_running() and not child.ended.is_set():
        event.wait()
    child.also_wake.remove(event)
    env.also_wake.remove(event)


def _failure(task: StateTaskServiceSfn, env: Environment, result: dict[str, Any]) -> FailureEvent:
    return FailureEvent(
        env=env,
        error_name=StatesErrorName(typ=StatesErrorNameType.StatesTaskFailed),
        event_type=HistoryEventType.TaskFailed,
        event_details=EventDetails(
            taskFailedEventDetails=TaskFailedEventDetails(
                resource=task._get_sfn_resource(),
                resourceType=task._get_sfn_resource_type(),
                error=StatesErrorNameType.StatesTaskFailed.to_name(),
                cause=json.dumps(result, separators=(",", ":")),
            )
        ),
    )


def _stop_with_parent(child: Execution, env: Environment) -> None:
    """Stop the child when its parent was stopped, failed elsewhere, or timed out.

    A time limit of the task alone (the task's own frame just ends) leaves the child running.
    """
    if isinstance(env.program_state(), ProgramEnded):
        return
    parent = env.states.context_object.context_object_data["Execution"]["Id"]
    cause = (
        f"The Task state in AWS Step Functions execution [{parent}]"
        " which was managing this resource was aborted"
    )
    child.stop(stop_date=datetime.now().astimezone(), error=None, cause=cause)


def _eval_sync(
    _task: StateTaskServiceCallback, env: Environment, sync_resolver: Any, **_parts: Any
) -> Any:
    """moto's loop, without a second thread for a token that a `.sync` task does not have.

    The child is checked once even when the parent has ended meanwhile, so that it is stopped.
    """
    while True:
        result = sync_resolver()
        if result is not None:
            return result
        if not env.is_running():
            raise InterruptedTaskError
        env.woken.wait(_POLL_SECONDS)
