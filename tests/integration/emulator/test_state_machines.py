"""State machines that call functions: results, failures, retries and their histories."""

import json
import uuid

import pytest
from botocore.exceptions import ClientError

from tests.support.small_stack import SmallStack


def test_execution_without_a_name_gets_a_uuid(stack: SmallStack) -> None:
    first = stack.start(stack.child, {"mode": "greet"})
    second = stack.start(stack.child, {"mode": "greet"})
    names = [arn.rpartition(":")[2] for arn in (first, second)]
    assert names[0] != names[1]
    assert [str(uuid.UUID(name)) for name in names] == names


def test_execution_with_a_name_has_it_in_arn_context_and_description(stack: SmallStack) -> None:
    ended = stack.run(stack.child, {"mode": "greet"}, name="named-one")
    arn = "arn:aws:states:us-east-1:123456789012:execution:child-test:named-one"
    assert ended["executionArn"] == arn
    assert ended["name"] == "named-one"
    said = json.loads(ended["output"])["said"]
    assert said["event"]["execution"] == "named-one"


def test_context_object_has_a_redrive_count_of_zero(stack: SmallStack) -> None:
    ended = stack.run(stack.child, {"mode": "greet"})
    assert json.loads(ended["output"])["said"]["event"]["redrives"] == 0


def test_second_start_with_the_same_name_and_other_input_is_refused(stack: SmallStack) -> None:
    stack.run(stack.child, {"mode": "greet"}, name="taken")
    with pytest.raises(ClientError) as refused:
        stack.start(stack.child, {"mode": "fail"}, name="taken")
    assert refused.value.response["Error"]["Code"] == "ExecutionAlreadyExists"


def test_second_start_with_the_same_name_and_input_while_running_is_the_same_execution(
    stack: SmallStack,
) -> None:
    document = {"mode": "wait"}
    first = stack.start(stack.child, document, name="twice")
    assert stack.start(stack.child, document, name="twice") == first
    stack.states.stop_execution(executionArn=first)


def test_name_with_a_forbidden_character_is_refused(stack: SmallStack) -> None:
    with pytest.raises(ClientError) as refused:
        stack.start(stack.child, {}, name="a b")
    assert refused.value.response["Error"]["Code"] == "InvalidName"


def test_successful_execution_is_described_with_output_and_cannot_be_redriven(stack) -> None:
    ended = stack.run(stack.child, {"mode": "greet"})
    assert ended["status"] == "SUCCEEDED"
    assert ended["inputDetails"] == {"included": True}
    assert ended["outputDetails"] == {"included": True}
    assert ended["redriveCount"] == 0
    assert ended["redriveStatus"] == "NOT_REDRIVABLE"
    assert ended["redriveStatusReason"] == "Execution is SUCCEEDED and cannot be redriven"
    assert ended["stopDate"] >= ended["startDate"]


def test_error_of_a_function_fails_the_execution_under_the_exceptions_name(stack) -> None:
    ended = stack.run(stack.child, {"mode": "fail"})
    assert ended["status"] == "FAILED"
    assert ended["error"] == "BrokenInputError"
    cause = json.loads(ended["cause"])
    assert cause["errorMessage"] == "the input is broken"
    assert cause["errorType"] == "BrokenInputError"
    assert cause["stackTrace"]
    assert ended["redriveStatus"] == "REDRIVABLE"
    assert "output" not in ended


def test_caught_error_of_a_function_is_complete_in_the_history(stack: SmallStack) -> None:
    ended = stack.run(stack.child, {"mode": "fail"})
    events = stack.history(ended["executionArn"])
    assert [event["type"] for event in events] == [
        "ExecutionStarted",
        "ChoiceStateEntered",
        "ChoiceStateExited",
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskFailed",
        "TaskStateExited",
        "FailStateEntered",
        "ExecutionFailed",
    ]
    assert [event["id"] for event in events] == list(range(1, 11))
    failed = events[6]["taskFailedEventDetails"]
    assert failed["error"] == "BrokenInputError"
    assert failed["resourceType"] == "lambda"
    assert failed["resource"] == "invoke"
    assert failed["cause"] == ended["cause"]
    ending = events[-1]["executionFailedEventDetails"]
    assert ending == {"error": ended["error"], "cause": ended["cause"]}


def test_timeout_of_a_function_is_named_sandbox_timedout(stack: SmallStack) -> None:
    before = stack.asleep()
    execution = stack.start(stack.child, {"mode": "fail", "how": "sleep"})
    stack.until(lambda: stack.asleep() > before)
    stack.clock.advance(1)
    ended = stack.wait(execution)
    assert ended["error"] == "Sandbox.Timedout"
    assert json.loads(ended["cause"])["errorMessage"].endswith(
        "Error: Task timed out after 1.00 seconds"
    )


def test_retry_with_full_jitter_and_a_delay_limit_tries_as_often_as_it_says(stack) -> None:
    before = stack.emulator.lambda_.invocations("fail-test")
    started = stack.clock.monotonic()
    ended = stack.run(stack.child, {"mode": "retry"})
    assert ended["error"] == "BrokenInputError"
    assert stack.emulator.lambda_.invocations("fail-test") == before + 3
    # Without MaxDelaySeconds the second delay would be up to 9 s; with it the two add up to 2.
    assert stack.clock.monotonic() - started <= 2
    assert stack.types(ended["executionArn"]).count("TaskFailed") == 3


def test_input_that_is_not_json_is_refused(stack: SmallStack) -> None:
    with pytest.raises(ClientError) as refused:
        stack.states.start_execution(stateMachineArn=stack.child, input="{")
    assert refused.value.response["Error"]["Code"] == "InvalidExecutionInput"


def test_history_comes_in_pages_either_way_round(stack: SmallStack) -> None:
    execution = stack.run(stack.child, {"mode": "fail"})["executionArn"]
    page = stack.states.get_execution_history(executionArn=execution, maxResults=4)
    assert [event["id"] for event in page["events"]] == [1, 2, 3, 4]
    rest = stack.states.get_execution_history(executionArn=execution, nextToken=page["nextToken"])
    assert [event["id"] for event in rest["events"]] == [5, 6, 7, 8, 9, 10]
    assert "nextToken" not in rest
    backwards = stack.states.get_execution_history(
        executionArn=execution, reverseOrder=True, maxResults=1
    )
    assert [event["type"] for event in backwards["events"]] == ["ExecutionFailed"]


def test_executions_are_listed_by_status(stack: SmallStack) -> None:
    failed = stack.run(stack.child, {"mode": "fail"})["executionArn"]
    listed = stack.states.list_executions(stateMachineArn=stack.child, statusFilter="FAILED")
    assert failed in [each["executionArn"] for each in listed["executions"]]
    assert {each["status"] for each in listed["executions"]} == {"FAILED"}
    assert all("stopDate" in each for each in listed["executions"])


def test_machine_with_a_log_group_writes_its_failures_there(stack: SmallStack) -> None:
    document = {"first": "fail", "left": "greet", "right": "greet"}
    execution = stack.run(stack.parent, document, name="logged")["executionArn"]
    events = stack.emulator.client("logs").filter_log_events(
        logGroupName="/aws/vendedlogs/states/parent-test"
    )["events"]
    records = [json.loads(event["message"]) for event in events]
    mine = [record for record in records if record["execution_arn"] == execution]
    assert [record["type"] for record in mine] == ["TaskFailed", "ExecutionFailed"]
    assert mine[1]["details"]["error"] == "States.TaskFailed"
    assert events[0]["logStreamName"].startswith("states/parent-test/")
