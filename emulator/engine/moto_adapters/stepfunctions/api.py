"""The service's API: names, ends and histories as on AWS.

moto 5.2.5 names every execution without a name `None`, loses StopExecution's error and cause,
gives no stop date for TIMED_OUT, no redrive fields, no pages of a history and no redrive count in
the context object, and answers RedriveExecution with a server error.
"""

import base64
import json
import threading
import uuid
from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.stepfunctions.models import StepFunctionBackend
from moto.stepfunctions.parser.api import ExecutionNotRedrivable
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.program_state import ProgramStopped
from moto.stepfunctions.parser.backend.execution import (
    BaseExecutionWorkerCommunication,
    Execution,
)
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse

from emulator.engine.clock import Clock
from emulator.engine.moto_adapters.stepfunctions.executions import describe
from emulator.engine.moto_adapters.stepfunctions.versions import is_of, machine_of
from emulator.engine.patches import Patches

_START_SECONDS = 60.0
_STOP_SECONDS = 60.0
# https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html
_DEFAULT_PAGE = 100
_LARGEST_PAGE = 1000
_DATA_FIELDS = {"input", "output", "inputDetails", "outputDetails", "parameters"}


def install(patches: Patches, clock: Clock) -> None:
    """Adapt the API until `patches` are restored."""
    _name_executions(patches)
    _know_when_executions_start_and_end(patches, clock)
    _add_redrive_count_to_context(patches)
    patches.replace(StepFunctionResponse, "stop_execution", _stop_execution)
    patches.add(StepFunctionResponse, "redrive_execution", _refuse_to_redrive)
    patches.replace(StepFunctionResponse, "describe_execution", _describe_execution)
    patches.replace(StepFunctionResponse, "get_execution_history", _get_execution_history)
    patches.replace(StepFunctionResponse, "list_executions", _list_executions)


def _name_executions(patches: Patches) -> None:
    """Name unnamed executions by a UUID; start one at a time, so that names are unique."""
    start = StepFunctionsParserBackend.start_execution
    lock = threading.Lock()

    def start_execution(
        backend: StepFunctionsParserBackend,
        state_machine_arn: str,
        name: str | None = None,
        execution_input: str | None = None,
        trace_header: Any = None,
    ) -> Execution:
        if name is not None:
            backend._validate_name(name)
        with lock:
            named = name or str(uuid.uuid4())
            return start(backend, state_machine_arn, named, execution_input, trace_header)

    patches.replace(StepFunctionsParserBackend, "start_execution", start_execution)


def _know_when_executions_start_and_end(patches: Patches, clock: Clock) -> None:
    """Each execution gets events `started` and `ended`; a stop keeps its error and cause.

    `also_wake` takes further events that are set at the end.
    """
    initialise = Execution.__init__
    environment = ExecutionWorker._get_evaluation_environment
    reflect = BaseExecutionWorkerCommunication._reflect_execution_status

    def init(execution: Execution, *args: Any, **kwargs: Any) -> None:
        initialise(execution, *args, **kwargs)
        execution.started = clock.event()
        execution.ended = clock.event()
        execution.also_wake = []

    def get_environment(worker: ExecutionWorker) -> Environment:
        env = environment(worker)
        worker.env = env
        env.next_state_name = ""  # running from now on, so that a stop is not lost
        worker._execution_communication.execution.started.set()
        return env

    def reflect_status(communication: BaseExecutionWorkerCommunication) -> None:
        execution = communication.execution
        state = execution.exec_worker.env.program_state()
        if isinstance(state, ProgramStopped):
            execution.error, execution.cause = state.error, state.cause
        reflect(communication)

    def terminated(communication: BaseExecutionWorkerCommunication) -> None:
        communication._reflect_execution_status()
        communication.execution.ended.set()
        for event in list(communication.execution.also_wake):
            event.set()

    def stop(
        execution: Execution, stop_date: datetime, error: str | None, cause: str | None
    ) -> None:
        execution.started.wait(_START_SECONDS)
        execution.exec_worker.stop(stop_date=stop_date, error=error, cause=cause)

    patches.replace(Execution, "__init__", init)
    patches.replace(Execution, "stop", stop)
    patches.replace(ExecutionWorker, "_get_evaluation_environment", get_environment)
    patches.replace(BaseExecutionWorkerCommunication, "_reflect_execution_status", reflect_status)
    patches.replace(BaseExecutionWorkerCommunication, "terminated", terminated)


def _add_redrive_count_to_context(patches: Patches) -> None:
    """`$$.Execution.RedriveCount` is 0 (there is no redrive here), `StartTime` is ISO 8601."""
    environment = ExecutionWorker._get_evaluation_environment

    def get_environment(worker: ExecutionWorker) -> Environment:
        env = environment(worker)
        execution = env.states.context_object.context_object_data["Execution"]
        execution["RedriveCount"] = 0
        started: datetime = execution["StartTime"]
        iso = started.astimezone(UTC).isoformat(timespec="milliseconds")
        execution["StartTime"] = iso.replace("+00:00", "Z")
        return env

    patches.replace(ExecutionWorker, "_get_evaluation_environment", get_environment)


def _stop_execution(response: StepFunctionResponse) -> ActionResult:
    execution = _found(response)
    now = datetime.now(UTC)
    execution.stop(
        stop_date=now, error=response._get_param("error"), cause=response._get_param("cause")
    )
    execution.ended.wait(_STOP_SECONDS)
    return ActionResult({"stopDate": execution.stop_date or now})


def _refuse_to_redrive(response: StepFunctionResponse) -> ActionResult:
    """The interpreter can't resume an execution; refuse as Step Functions does."""
    name = _found(response).name
    raise ExecutionNotRedrivable(f"Execution {name} can't be redriven: this is an emulator")


def _describe_execution(response: StepFunctionResponse) -> ActionResult:
    return ActionResult(describe(_found(response)))


def _found(response: StepFunctionResponse) -> Execution:
    backend = response.stepfunction_backend
    return backend.describe_execution(response._get_param("executionArn"))


def _list_executions(response: StepFunctionResponse) -> ActionResult:
    backend: StepFunctionBackend = response.stepfunction_backend
    arn = response._get_param("stateMachineArn")
    found, next_token = backend.list_executions(
        machine_of(arn),
        status_filter=response._get_param("statusFilter"),
        max_results=response._get_int_param("maxResults"),
        next_token=response._get_param("nextToken"),
    )
    listed = {
        *("executionArn", "stateMachineArn", "stateMachineVersionArn", "stateMachineAliasArn"),
        *("name", "status", "startDate", "stopDate"),
    }
    items = [
        {key: value for key, value in describe(execution).items() if key in listed}
        for execution in found
        if is_of(execution, arn)
    ]
    return ActionResult({"executions": items, "nextToken": next_token})


def _get_execution_history(response: StepFunctionResponse) -> ActionResult:
    events = response.stepfunction_backend.get_execution_history(
        response._get_param("executionArn")
    )["events"]
    if response._get_param("reverseOrder"):
        events = events[::-1]
    if response._get_param("includeExecutionData") is False:
        events = [_without_data(event) for event in events]
    size = min(int(response._get_param("maxResults") or 0) or _DEFAULT_PAGE, _LARGEST_PAGE)
    token = response._get_param("nextToken")
    start = int(json.loads(base64.b64decode(token))) if token else 0
    page: dict[str, Any] = {"events": events[start : start + size]}
    if start + size < len(events):
        page["nextToken"] = base64.b64encode(json.dumps(start + size).encode()).decode()
    return ActionResult(page)


def _without_data(event: dict[str, Any]) -> dict[str, Any]:
    return {
        key: {k: v for k, v in value.items() if k not in _DATA_FIELDS}
        if isinstance(value, dict)
        else value
        for key, value in event.items()
    }
