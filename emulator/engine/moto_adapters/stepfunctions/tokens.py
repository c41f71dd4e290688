"""Task tokens: one for each try, answered once, and dead when its task has ended.

moto 5.2.5 makes one token for a state, so a retried task gets the old answer at once; it silently
accepts a second or a late answer, and returns `InvalidToken` after the execution's end, where AWS
returns `TaskTimedOut`; and the API drops the cause of SendTaskFailure.
"""

import json
import threading
from typing import Any

from moto.core.exceptions import AWSError
from moto.core.responses import ActionResult, EmptyResult
from moto.stepfunctions.exceptions import InvalidToken
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import (
    ResourceCondition,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_callback import (  # noqa: E501
    StateTaskServiceCallback,
)
from moto.stepfunctions.parser.asl.eval.callback.callback import (
    CallbackEndpoint,
    CallbackOutcome,
    CallbackOutcomeFailure,
    CallbackOutcomeSuccess,
    CallbackPoolManager,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse

from emulator.engine.patches import Patches


class TaskTimedOutError(AWSError):  # type: ignore[misc]  # moto is not typed
    """AWS's answer to the token of an ended task."""

    TYPE = "TaskTimedOut"
    STATUS = 400

    def __init__(self) -> None:
        super().__init__("Task Timed Out: 'Provided task does not exist anymore'")


class InvalidOutputError(AWSError):  # type: ignore[misc]  # moto is not typed
    """AWS's answer to an output that is not JSON."""

    TYPE = "InvalidOutput"
    STATUS = 400

    def __init__(self) -> None:
        super().__init__("Invalid Output: 'Invalid output'")


class _Tokens:
    """Every issued token, with the endpoint at which its task waits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._endpoints: dict[str, CallbackEndpoint] = {}
        self._machines: dict[str, str] = {}
        self._closed: set[str] = set()

    def add(self, endpoint: CallbackEndpoint) -> None:
        with self._lock:
            self._endpoints[endpoint.callback_id] = endpoint

    def use(self, token: str, machine: str) -> bool:
        """Mark the token as issued to a try of a machine; False if an earlier try had it."""
        with self._lock:
            fresh = token not in self._machines
            self._machines[token] = machine
            return fresh

    def machine_of(self, token: str) -> str | None:
        with self._lock:
            return self._machines.get(token)

    def _open(self, token: str) -> CallbackEndpoint:
        endpoint = self._endpoints.get(token)
        if endpoint is None:
            raise InvalidToken("'Invalid token'")
        if token in self._closed or endpoint.get_outcome() is not None:
            raise TaskTimedOutError
        return endpoint

    def settle(self, token: str, outcome: CallbackOutcome) -> None:
        with self._lock:
            self._open(token).notify(outcome=outcome)

    def beat(self, token: str) -> None:
        with self._lock:
            self._open(token).notify_heartbeat()

    def close(self, token: str) -> bool:
        """Invalidate the token and wake its waiting thread; True if it had been answered."""
        with self._lock:
            self._closed.add(token)
            endpoint = self._endpoints.get(token)
        if endpoint is None:
            return False
        endpoint.interrupt_all()
        return endpoint.get_outcome() is not None


_tokens = _Tokens()


def close_token(env: Environment) -> bool:
    """End the token of the task that runs in `env`, if any; True when it had been answered."""
    task = env.states.context_object.context_object_data.get("Task")
    return False if task is None else _tokens.close(task["Token"])


def machine_of(token: str) -> str | None:
    """The ARN of the state machine whose task a token was given to; None for no such token."""
    return _tokens.machine_of(token)


def install(patches: Patches) -> None:
    """Let tokens expire as on AWS until `patches` are restored."""
    add = CallbackPoolManager.add
    evaluate = StateTaskServiceCallback._eval_execution

    def add_and_register(pool: CallbackPoolManager, callback_id: str) -> CallbackEndpoint:
        endpoint = add(pool, callback_id)
        _tokens.add(endpoint)
        return endpoint

    def evaluate_with_own_token(task: StateTaskServiceCallback, env: Environment) -> None:
        if not _has_token(task):
            evaluate(task, env)
            return
        context = env.states.context_object.context_object_data
        token, machine = context["Task"]["Token"], context["StateMachine"]["Id"]
        if not _tokens.use(token, machine):
            token = env.states.context_object.update_task_token()
            env.callback_pool_manager.add(token)
            _tokens.use(token, machine)
        try:
            evaluate(task, env)
        finally:
            _tokens.close(token)

    patches.replace(CallbackPoolManager, "add", add_and_register)
    patches.replace(StateTaskServiceCallback, "_eval_execution", evaluate_with_own_token)
    patches.replace(StepFunctionsParserBackend, "send_task_success", _send_task_success)
    patches.replace(StepFunctionsParserBackend, "send_task_failure", _send_task_failure)
    patches.replace(StepFunctionsParserBackend, "send_task_heartbeat", _send_task_heartbeat)
    patches.replace(StepFunctionResponse, "send_task_failure", _respond_to_send_task_failure)


def _has_token(task: StateTaskServiceCallback) -> bool:
    supported = task._supported_integration_patterns
    return task._is_integration_pattern() and ResourceCondition.WaitForTaskToken in supported


def _send_task_success(_backend: Any, task_token: str, outcome: str) -> None:
    try:
        json.loads(outcome)
    except ValueError as error:
        raise InvalidOutputError from error
    _tokens.settle(task_token, CallbackOutcomeSuccess(callback_id=task_token, output=outcome))


def _send_task_failure(
    _backend: Any, task_token: str, error: str | None = None, cause: str | None = None
) -> None:
    failure = CallbackOutcomeFailure(callback_id=task_token, error=error or "", cause=cause or "")
    _tokens.settle(task_token, failure)


def _send_task_heartbeat(_backend: Any, task_token: str) -> None:
    _tokens.beat(task_token)


def _respond_to_send_task_failure(response: StepFunctionResponse) -> ActionResult:
    response.stepfunction_backend.send_task_failure(
        response._get_param("taskToken"),
        error=response._get_param("error"),
        cause=response._get_param("cause"),
    )
    return EmptyResult()
