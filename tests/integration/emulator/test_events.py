"""Events on the default bus, and their way to functions."""

import json
from datetime import datetime
from typing import Any

from tests.support.small_stack import SmallStack

GREET = {"first": "greet", "left": "greet", "right": "greet"}


def status_events(stack: SmallStack, execution: str) -> list[dict[str, Any]]:
    return [
        event
        for event in stack.emulator.events.published
        if event["source"] == "aws.states" and event["resources"] == [execution]
    ]


def test_execution_publishes_its_start_and_its_end(stack: SmallStack) -> None:
    execution = stack.run(stack.child, {"mode": "greet"})["executionArn"]
    stack.until(lambda: status_events(stack, execution), lambda events: len(events) == 2)
    started, ended = status_events(stack, execution)
    assert started["detail"]["status"] == "RUNNING"
    assert started["detail"]["stopDate"] is None
    assert started["detail"]["output"] is None
    assert ended["detail"]["status"] == "SUCCEEDED"
    assert started["id"] != ended["id"]


def test_event_of_a_failed_execution_has_the_shape_aws_documents(stack: SmallStack) -> None:
    failed = stack.run(stack.child, {"mode": "fail"}, name="event-shape")
    execution = failed["executionArn"]
    stack.until(lambda: status_events(stack, execution), lambda events: len(events) == 2)
    event = status_events(stack, execution)[1]
    assert event["version"] == "0"
    assert event["detail-type"] == "Step Functions Execution Status Change"
    assert event["account"] == "123456789012"
    assert event["region"] == "us-east-1"
    datetime.strptime(event["time"], "%Y-%m-%dT%H:%M:%SZ")  # noqa: DTZ007  # its form is the point
    detail = event["detail"]
    assert set(detail) == {
        "executionArn",
        "stateMachineArn",
        "name",
        "status",
        "startDate",
        "stopDate",
        "input",
        "inputDetails",
        "output",
        "outputDetails",
        "error",
        "cause",
        "redriveCount",
        "redriveDate",
        "redriveStatus",
        "redriveStatusReason",
        "stateMachineVersionArn",
        "stateMachineAliasArn",
    }
    assert detail["executionArn"] == execution
    assert detail["stateMachineArn"] == stack.child
    assert detail["name"] == "event-shape"
    assert detail["status"] == "FAILED"
    assert detail["error"] == "BrokenInputError"
    assert json.loads(detail["input"]) == {"mode": "fail"}
    assert detail["startDate"] == int(failed["startDate"].timestamp() * 1000)
    assert detail["stopDate"] >= detail["startDate"]


def test_event_reaches_the_function_of_the_rule_it_matches(stack: SmallStack) -> None:
    stack.run(stack.parent, {**GREET, "first": "fail"}, name="delivered")
    item = stack.until(lambda: stack.item("delivered", "STATUS"))
    assert item is not None
    assert item["status"]["S"] == "FAILED"


def test_event_of_another_state_or_machine_is_not_delivered(stack: SmallStack) -> None:
    stack.run(stack.parent, GREET, name="succeeded-parent")
    stack.run(stack.child, {"mode": "fail"}, name="failed-child")
    stack.clock.settle()
    assert stack.item("succeeded-parent", "STATUS") is None
    assert stack.item("failed-child", "STATUS") is None


def test_aborted_execution_is_reported_as_well(stack: SmallStack) -> None:
    execution = stack.start(stack.parent, {**GREET, "first": "wait"}, name="told-aborted")
    stack.states.stop_execution(executionArn=execution)
    item = stack.until(lambda: stack.item("told-aborted", "STATUS"))
    assert item is not None
    assert item["status"]["S"] == "ABORTED"


def test_intercept_can_drop_hold_back_and_repeat_events(stack: SmallStack) -> None:
    held: list[dict[str, Any]] = []

    def hold(event: dict[str, Any]) -> list[dict[str, Any]]:
        if event["detail"].get("name") == "held":
            held.append(event)
            return []
        return [event]

    stack.emulator.events.intercept = hold
    try:
        stack.run(stack.parent, {**GREET, "first": "fail"}, name="held")
        stack.until(lambda: len(held), lambda count: count == 2)
        stack.clock.settle()
        assert stack.item("held", "STATUS") is None
        before = stack.emulator.lambda_.invocations("park-test")
        stack.emulator.events.deliver(held[1])
        stack.emulator.events.deliver(held[1])
        stack.until(
            lambda: stack.emulator.lambda_.invocations("park-test"),
            lambda count: count == before + 2,
        )
        assert stack.item("held", "STATUS") is not None
    finally:
        stack.emulator.events.intercept = lambda event: [event]


def test_event_put_by_a_client_reaches_functions_and_queues_alike(stack: SmallStack) -> None:
    client = stack.emulator.client("events")
    sqs = stack.emulator.client("sqs")
    queue = sqs.create_queue(QueueName="of-events")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    function = "arn:aws:lambda:us-east-1:123456789012:function:echo-test"
    client.put_rule(Name="own", EventPattern='{"source": ["test.own"]}')
    client.put_targets(
        Rule="own",
        Targets=[{"Id": "f", "Arn": function}, {"Id": "q", "Arn": arn["QueueArn"]}],
    )
    before = stack.emulator.lambda_.invocations("echo-test")
    client.put_events(
        Entries=[{"Source": "test.own", "DetailType": "Own", "Detail": '{"number": 1}'}]
    )
    stack.until(lambda: stack.emulator.lambda_.invocations("echo-test"), lambda n: n == before + 1)
    event = stack.emulator.lambda_.calls("echo-test")[-1].event
    assert event["detail"] == {"number": 1}
    assert event["time"].endswith("Z")
    assert "ingestion-time" not in event
    message = sqs.receive_message(QueueUrl=queue)["Messages"][0]
    assert json.loads(message["Body"])["detail"] == {"number": 1}


def test_disabled_rule_delivers_nothing(stack: SmallStack) -> None:
    client = stack.emulator.client("events")
    client.put_rule(Name="off", EventPattern='{"source": ["test.off"]}', State="DISABLED")
    client.put_targets(
        Rule="off",
        Targets=[{"Id": "f", "Arn": "arn:aws:lambda:us-east-1:123456789012:function:echo-test"}],
    )
    before = stack.emulator.lambda_.invocations("echo-test")
    client.put_events(Entries=[{"Source": "test.off", "DetailType": "Off", "Detail": "{}"}])
    stack.clock.settle()
    assert stack.emulator.lambda_.invocations("echo-test") == before
