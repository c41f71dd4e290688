"""Executions that end before their tasks do."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventManager
from moto.stepfunctions.parser.asl.eval.program_state import ProgramStopped

from emulator.engine.moto_adapters.stepfunctions.executions import find
from tests.support.small_stack import SmallStack

ROLE = "arn:aws:iam::123456789012:role/any"


def machine(stack: SmallStack, name: str, definition: dict[str, Any]) -> str:
    created = stack.states.create_state_machine(
        name=name, definition=json.dumps(definition), roleArn=ROLE
    )
    return str(created["stateMachineArn"])


def one_state(state: dict[str, Any], **top: Any) -> dict[str, Any]:
    return {"StartAt": "Only", "States": {"Only": state}, **top}


def parked(**more: Any) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {
            "FunctionName": "park-test",
            "Payload": {"token.$": "$$.Task.Token", "key.$": "$$.Execution.Name"},
        },
        "TimeoutSeconds": 300,
        "End": True,
        **more,
    }


def test_machine_over_its_time_limit_is_timed_out_with_a_complete_history(stack) -> None:
    arn = machine(stack, "limited", one_state(parked(), TimeoutSeconds=1))
    with stack.takes(1):
        ended = stack.run(arn, {}, name="over-the-limit")
    assert ended["status"] == "TIMED_OUT"
    assert "stopDate" in ended
    assert stack.types(ended["executionArn"])[-1] == "ExecutionTimedOut"


@pytest.mark.parametrize(
    "state",
    [
        pytest.param(parked(), id="token"),
        pytest.param({"Type": "Wait", "Seconds": 300, "End": True}, id="wait"),
        pytest.param(
            {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Parameters": {"FunctionName": "fail-test"},
                "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 300}],
                "End": True,
            },
            id="retry",
        ),
        pytest.param(
            {
                "Type": "Parallel",
                "Branches": [one_state(parked()), one_state(parked())],
                "End": True,
            },
            id="parallel",
        ),
    ],
)
def test_stop_ends_the_execution_at_once_whatever_it_waits_for(stack, state, request) -> None:
    arn = machine(stack, request.node.callspec.id, one_state(state))
    execution = stack.start(arn, {}, name=f"stop-{request.node.callspec.id}")
    stack.clock.settle()
    with stack.takes(0):
        stopped = stack.states.stop_execution(executionArn=execution, error="E", cause="C")
        stack.clock.settle()
    described = stack.states.describe_execution(executionArn=execution)
    assert (described["status"], described["error"], described["cause"]) == ("ABORTED", "E", "C")
    assert described["stopDate"] == stopped["stopDate"]
    assert stack.types(execution)[-1] == "ExecutionAborted"


def test_function_that_returns_after_the_stop_leaves_no_trace_in_the_history(stack) -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "echo-test", "Payload": {"seconds": 1}},
        "End": True,
    }
    execution = stack.start(machine(stack, "slow-function", one_state(task)), {})
    stack.until(lambda: stack.types(execution), lambda types: "TaskStarted" in types)
    calls = stack.emulator.lambda_.invocations("echo-test")
    stack.states.stop_execution(executionArn=execution)
    stack.until(lambda: stack.emulator.lambda_.invocations("echo-test"), lambda n: n > calls)
    stack.clock.settle()
    assert stack.types(execution)[-2:] == ["TaskStarted", "ExecutionAborted"]


def test_stop_right_after_the_start_is_not_lost(stack: SmallStack) -> None:
    arn = machine(stack, "stopped-early", one_state(parked()))
    for _ in range(5):
        execution = stack.start(arn, {})
        stack.states.stop_execution(executionArn=execution)
        assert stack.wait(execution)["status"] == "ABORTED"


def test_stopping_an_ended_execution_changes_nothing(stack: SmallStack) -> None:
    ended = stack.run(stack.child, {"mode": "greet"})
    stack.states.stop_execution(executionArn=ended["executionArn"], error="E")
    described = stack.states.describe_execution(executionArn=ended["executionArn"])
    assert described["status"] == "SUCCEEDED"
    assert "error" not in described


def test_time_limit_of_a_nested_task_leaves_the_child_running(stack: SmallStack) -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {
            "StateMachineArn": stack.child,
            "Name": "outlives-its-task",
            "Input": {"mode": "wait"},
        },
        "TimeoutSeconds": 1,
        "End": True,
    }
    ended = stack.run(machine(stack, "impatient", one_state(task)), {})
    assert ended["error"] == "States.Timeout"
    child = "arn:aws:states:us-east-1:123456789012:execution:child-test:outlives-its-task"
    assert stack.states.describe_execution(executionArn=child)["status"] == "RUNNING"
    stack.states.stop_execution(executionArn=child)


def test_runtime_error_of_the_definition_is_not_caught_by_states_all(stack: SmallStack) -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "echo-test", "Payload.$": "$.no.such.path"},
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Rescued"}],
        "End": True,
    }
    definition = one_state(task)
    definition["States"]["Rescued"] = {"Type": "Succeed"}
    ended = stack.run(machine(stack, "broken-path", definition), {})
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")
    assert "$.no.such.path" in ended["cause"]


def test_timeout_in_a_branch_is_caught_by_its_name_and_not_as_task_failed(stack) -> None:
    branch = one_state(parked(TimeoutSeconds=1))
    state = {
        "Type": "Parallel",
        "Branches": [branch],
        "Catch": [
            {"ErrorEquals": ["States.TaskFailed"], "Next": "Failed"},
            {"ErrorEquals": ["States.Timeout"], "Next": "TimedOut"},
        ],
        "End": True,
    }
    definition = one_state(state)
    definition["States"] |= {
        "Failed": {"Type": "Pass", "Result": "failed", "End": True},
        "TimedOut": {"Type": "Pass", "Result": "timed out", "End": True},
    }
    ended = stack.run(machine(stack, "branch-timeout", definition), {})
    assert json.loads(ended["output"]) == "timed out"


def test_task_that_was_about_to_call_its_function_when_the_stop_came_does_not(
    stack: SmallStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "echo-test"},
        "End": True,
    }
    add_event = EventManager.add_event

    def add_event_and_stop(manager: EventManager, **event: Any) -> None:
        add_event(manager, **event)
        if event["event_type"] is HistoryEventType.TaskStarted:
            env = find(execution).exec_worker.env
            env.set_stop(stop_date=datetime.now(UTC), cause=None, error=None)

    arn = machine(stack, "about-to-call", one_state(task))
    execution = arn.replace(":stateMachine:", ":execution:") + ":only"
    before = stack.emulator.lambda_.invocations("echo-test")
    monkeypatch.setattr(EventManager, "add_event", add_event_and_stop)
    assert stack.run(arn, {}, name="only")["status"] == "ABORTED"
    stack.clock.settle()
    assert stack.emulator.lambda_.invocations("echo-test") == before


def test_error_or_time_limit_after_a_stop_does_not_change_what_the_execution_ended_as(
    stack: SmallStack,
) -> None:
    execution = stack.start(machine(stack, "late-error", one_state(parked())), {})
    stack.token(execution.rpartition(":")[2])
    env = find(execution).exec_worker.env
    env.set_stop(stop_date=datetime.now(UTC), cause="first", error=None)
    env.set_error({"error": "Late", "cause": "too late"})
    env.set_timed_out()
    assert isinstance(env.program_state(), ProgramStopped)
    described = stack.wait(execution)
    assert (described["status"], described["cause"]) == ("ABORTED", "first")
