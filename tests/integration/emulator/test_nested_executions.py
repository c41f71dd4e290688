"""Nested executions: their result, their failure, and what stopping the parent does to them."""

import json
import time
from typing import Any

from tests.integration.emulator.test_events import status_events
from tests.integration.emulator.test_interruption import machine, one_state
from tests.support.small_stack import SmallStack

GREET = {"first": "greet", "left": "greet", "right": "greet"}


def child_of(parent_name: str, branch: str) -> str:
    return f"arn:aws:states:us-east-1:123456789012:execution:child-test:{parent_name}-{branch}"


def test_result_of_a_child_is_its_description_with_input_and_output_as_json(stack) -> None:
    ended = stack.run(stack.parent, GREET, name="result")
    left, right = json.loads(ended["output"])
    assert left["Name"] == "result-left"
    assert right["Name"] == "result-right"
    assert list(left) == [
        "ExecutionArn",
        "Input",
        "InputDetails",
        "Name",
        "Output",
        "OutputDetails",
        "RedriveCount",
        "RedriveStatus",
        "RedriveStatusReason",
        "StartDate",
        "StateMachineArn",
        "Status",
        "StopDate",
    ]
    assert left["ExecutionArn"] == child_of("result", "left")
    assert left["Input"] == {"mode": "greet", "key": "result"}
    assert left["Output"]["said"]["greeting"] == "hello"
    assert left["InputDetails"] == {"Included": True}
    assert left["Status"] == "SUCCEEDED"
    now = time.time() * 1000
    assert now - 60_000 < left["StartDate"] <= left["StopDate"] <= now


def test_failed_child_fails_the_task_with_its_description_as_cause(stack: SmallStack) -> None:
    ended = stack.run(stack.parent, {**GREET, "first": "fail"}, name="child-fails")
    assert ended["status"] == "FAILED"
    assert ended["error"] == "States.TaskFailed"
    cause = json.loads(ended["cause"])
    assert cause["ExecutionArn"] == child_of("child-fails", "first")
    assert cause["Status"] == "FAILED"
    assert cause["Error"] == "BrokenInputError"
    assert json.loads(cause["Cause"])["errorMessage"] == "the input is broken"
    assert cause["Input"] == {"mode": "fail", "key": "child-fails"}
    assert cause["RedriveStatus"] == "REDRIVABLE"
    assert "Output" not in cause
    assert list(cause) == sorted(cause)


def test_history_of_the_parent_names_the_integration_and_its_submission(stack) -> None:
    ended = stack.run(stack.parent, {**GREET, "first": "fail"}, name="parent-history")
    events = stack.history(ended["executionArn"])
    assert [event["type"] for event in events] == [
        "ExecutionStarted",
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskSubmitted",
        "TaskFailed",
        "ExecutionFailed",
    ]
    submitted = events[4]["taskSubmittedEventDetails"]
    assert submitted["resourceType"] == "states"
    assert submitted["resource"] == "startExecution.sync:2"
    output = json.loads(submitted["output"])
    assert output["ExecutionArn"] == child_of("parent-history", "first")
    assert isinstance(output["StartDate"], int)
    assert events[5]["taskFailedEventDetails"]["error"] == "States.TaskFailed"


def test_name_taken_by_an_earlier_child_fails_with_a_typed_error(stack: SmallStack) -> None:
    stack.run(stack.child, {"mode": "greet"}, name="occupied-first")
    ended = stack.run(stack.parent, GREET, name="occupied")
    assert ended["error"] == "StepFunctions.ExecutionAlreadyExistsException"


def test_stopping_the_parent_ends_it_at_once_and_stops_its_child(stack: SmallStack) -> None:
    execution = stack.start(stack.parent, {**GREET, "first": "wait"}, name="stopped-parent")
    child = child_of("stopped-parent", "first")
    stack.until(lambda: running(stack), lambda arns: child in arns)
    with stack.takes(0):
        stack.states.stop_execution(executionArn=execution, error="Enough", cause="changed my mind")
        ended = stack.wait(execution)
    assert (ended["status"], ended["error"], ended["cause"]) == (
        "ABORTED",
        "Enough",
        "changed my mind",
    )
    stopped = stack.wait(child)
    assert stopped["status"] == "ABORTED"
    assert stopped["cause"] == (
        f"The Task state in AWS Step Functions execution [{execution}]"
        " which was managing this resource was aborted"
    )
    last = stack.history(execution)[-1]
    assert last["type"] == "ExecutionAborted"
    assert last["executionAbortedEventDetails"] == {"error": "Enough", "cause": "changed my mind"}


def running(stack: SmallStack) -> list[str]:
    listed = stack.states.list_executions(stateMachineArn=stack.child, statusFilter="RUNNING")
    return [each["executionArn"] for each in listed["executions"]]


def test_failing_branch_stops_the_child_of_the_other_branch(stack: SmallStack) -> None:
    with stack.takes(0):
        ended = stack.run(stack.parent, {**GREET, "left": "fail", "right": "wait"}, name="branches")
    assert ended["error"] == "States.TaskFailed"
    assert json.loads(ended["cause"])["ExecutionArn"] == child_of("branches", "left")
    assert stack.wait(child_of("branches", "right"))["status"] == "ABORTED"
    types = stack.types(ended["executionArn"])
    assert types[-2:] == ["ParallelStateFailed", "ExecutionFailed"]
    assert "ParallelStateSucceeded" not in types


def test_child_started_while_the_parent_is_being_stopped_is_stopped_too(stack) -> None:
    for number in range(5):
        name = f"hurried-{number}"
        execution = stack.start(stack.parent, {**GREET, "first": "wait"}, name=name)
        stack.until(lambda: stack.types(execution), lambda types: "TaskStarted" in types)  # noqa: B023
        stack.states.stop_execution(executionArn=execution)
        assert stack.types(execution)[-1] == "ExecutionAborted"
        stack.clock.settle()
        assert not any(arn.endswith(f"{name}-first") for arn in running(stack))
        assert stack.types(execution)[-1] == "ExecutionAborted"


def test_nothing_is_written_to_the_history_after_its_end(stack: SmallStack) -> None:
    execution = stack.start(stack.parent, {**GREET, "first": "greet", "left": "wait"}, name="quiet")
    stack.until(lambda: running(stack), lambda arns: child_of("quiet", "left") in arns)
    stack.states.stop_execution(executionArn=execution)
    stack.wait(child_of("quiet", "left"))
    stack.clock.settle()
    types = stack.types(execution)
    assert types[-1] == "ExecutionAborted"
    assert types.count("ExecutionAborted") == 1


def nested(machine_arn: str, name: str, document: dict[str, Any]) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": machine_arn, "Name": name, "Input": document},
        "End": True,
    }


def statuses(stack: SmallStack, execution: str) -> list[str]:
    return [event["detail"]["status"] for event in status_events(stack, execution)]


def execution_of(name: str, machine_name: str) -> str:
    return f"arn:aws:states:us-east-1:123456789012:execution:{machine_name}:{name}"


def test_stop_reaches_grandchildren_and_every_end_is_reported_as_an_event(stack) -> None:
    middle = machine(stack, "middle", one_state(nested(stack.child, "below", {"mode": "wait"})))
    top = machine(stack, "top", one_state(nested(middle, "between", {})))
    execution = stack.start(top, {}, name="above")
    child, grandchild = execution_of("between", "middle"), execution_of("below", "child-test")
    stack.until(lambda: running(stack), lambda arns: grandchild in arns)
    stack.states.stop_execution(executionArn=execution, cause="enough")
    for each in (execution, child, grandchild):
        assert stack.wait(each)["status"] == "ABORTED"
        stack.until(lambda: statuses(stack, each), lambda told: told == ["RUNNING", "ABORTED"])  # noqa: B023
    assert stack.states.describe_execution(executionArn=child)["cause"].startswith(
        f"The Task state in AWS Step Functions execution [{execution}]"
    )


def test_machine_over_its_time_limit_stops_its_child(stack: SmallStack) -> None:
    definition = one_state(nested(stack.child, "of-a-slow-one", {"mode": "wait"}))
    arn = machine(stack, "slow-parent", {**definition, "TimeoutSeconds": 1})
    execution = stack.start(arn, {}, name="slow-parent")
    child = execution_of("of-a-slow-one", "child-test")
    assert stack.wait(execution)["status"] == "TIMED_OUT"
    assert stack.wait(child)["status"] == "ABORTED"
    stack.until(lambda: statuses(stack, execution), lambda told: told == ["RUNNING", "TIMED_OUT"])
    stack.until(lambda: statuses(stack, child), lambda told: told == ["RUNNING", "ABORTED"])


def test_failing_branch_kills_the_token_that_the_other_branchs_child_waits_for(stack) -> None:
    started = {**GREET, "left": "park", "right": "fail"}
    ended = stack.run(stack.parent, started, name="token-branch")
    assert json.loads(ended["cause"])["ExecutionArn"] == child_of("token-branch", "right")
    left = child_of("token-branch", "left")
    assert stack.wait(left)["status"] == "ABORTED"
    stack.until(lambda: statuses(stack, left), lambda told: told == ["RUNNING", "ABORTED"])


def test_stopped_executions_call_no_function_any_more_whenever_the_stop_comes(stack) -> None:
    """Functions in a circle, with retries and catches, stopped at different moments."""
    states: dict[str, Any] = {
        f"S{number}": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "fail-test", "Payload": {"how": "raise"}},
            "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1,
                       "MaxDelaySeconds": 2, "JitterStrategy": "FULL"}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": f"S{(number + 1) % 4}"}],
            "End": True,
        }
        for number in range(4)
    }  # fmt: skip
    chain = machine(stack, "chain", {"StartAt": "S0", "States": states})
    executions = [stack.start(chain, {}) for _ in range(4)]
    called = stack.emulator.lambda_.invocations("fail-test")
    for number, execution in enumerate(executions, 1):
        stack.until(lambda: stack.emulator.lambda_.invocations("fail-test") >= called + 2 * number)  # noqa: B023
        stack.states.stop_execution(executionArn=execution, error="Enough")
        described = stack.states.describe_execution(executionArn=execution)
        assert (described["status"], described["error"]) == ("ABORTED", "Enough")
    stack.clock.settle()  # for the calls that were under way when the stop came
    calls = stack.emulator.lambda_.invocations("fail-test")
    stack.clock.advance(600)
    stack.clock.settle()
    assert stack.emulator.lambda_.invocations("fail-test") == calls
    for execution in executions:
        assert stack.types(execution)[-1] == "ExecutionAborted"
