"""Distributed Map: executions for the items of a file, with bounds, tolerance and results."""

import json
from typing import Any

import pytest

from emulator.engine.moto_adapters.stepfunctions.executions import find
from tests.integration.emulator.test_interruption import machine, one_state
from tests.support.small_stack import SmallStack

CHILD: dict[str, Any] = {
    "StartAt": "Which",
    "States": {
        "Which": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.do", "StringEquals": "fail", "Next": "Failed"},
                {"Variable": "$.do", "StringEquals": "wait", "Next": "Waiting"},
            ],
            "Default": "Done",
        },
        "Failed": {"Type": "Fail", "Error": "Bad", "Cause": "as asked"},
        "Waiting": {"Type": "Wait", "Seconds": 100, "Next": "Done"},
        "Done": {"Type": "Pass", "Parameters": {"did.$": "$.do"}, "End": True},
    },
}


def mapping(stack: SmallStack, **more: Any) -> dict[str, Any]:
    return one_state(
        {
            "Type": "Map",
            "Label": "Each",
            "ItemReader": {
                "Resource": "arn:aws:states:::s3:getObject",
                "ReaderConfig": {"InputType": "JSONL"},
                "Parameters": {"Bucket": bucket(stack), "Key.$": "$.key"},
            },
            "ItemSelector": {
                "do.$": "$$.Map.Item.Value.do",
                "number.$": "$$.Map.Item.Index",
                "by.$": "$.by",
            },
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                **CHILD,
            },
            "MaxConcurrency": 2,
            "End": True,
            **more,
        }
    )


def bucket(stack: SmallStack) -> str:
    return str(stack.emulator.resources["Bucket"])


def start(stack: SmallStack, name: str, does: list[str], **more: Any) -> str:
    lines = "\n".join(json.dumps({"do": do}) for do in does) + "\n"
    stack.emulator.client("s3").put_object(Bucket=bucket(stack), Key=name, Body=lines.encode())
    arn = machine(stack, name, mapping(stack, **more))
    return stack.start(arn, {"key": name, "by": "me"}, name=name)


def children(stack: SmallStack, name: str) -> list[dict[str, Any]]:
    """The descriptions of the child executions, in the order of their items."""
    arn = f"arn:aws:states:us-east-1:123456789012:stateMachine:{name}/Each"
    try:
        listed = stack.states.list_executions(stateMachineArn=arn)["executions"]
    except stack.states.exceptions.StateMachineDoesNotExist:
        return []  # the map has not started yet
    found = [stack.states.describe_execution(executionArn=one["executionArn"]) for one in listed]
    return sorted(found, key=lambda one: json.loads(one["input"])["number"])


def test_each_line_is_an_execution_with_selected_input(stack: SmallStack) -> None:
    ended = stack.wait(start(stack, "lines", ["a", "b", "c"]))
    assert ended["status"] == "SUCCEEDED", (ended.get("error"), ended.get("cause"))
    assert json.loads(ended["output"]) == [{"did": "a"}, {"did": "b"}, {"did": "c"}]
    found = children(stack, "lines")
    assert [json.loads(one["input"]) for one in found] == [
        {"do": do, "number": number, "by": "me"} for number, do in enumerate("abc")
    ]
    ids = [one["executionArn"].rpartition(":")[0] for one in found]
    assert set(ids) == {"arn:aws:states:us-east-1:123456789012:execution:lines/Each"}


def test_no_more_executions_run_than_allowed(stack: SmallStack) -> None:
    with stack.takes(300):  # five waits of 100 s, two at once
        ended = stack.wait(start(stack, "bounded", ["wait"] * 5))
    assert ended["status"] == "SUCCEEDED"


def test_one_failure_fails_a_map_that_tolerates_none(stack: SmallStack) -> None:
    ended = stack.wait(start(stack, "strict", ["wait", "fail", "a", "b"]))
    assert ended["status"] == "FAILED"
    assert ended["error"] == "States.ExceedToleratedFailureThreshold"
    states = [one["status"] for one in children(stack, "strict")]
    assert states == ["ABORTED", "FAILED"]  # the others were never started


@pytest.mark.parametrize(
    ("tolerance", "status"),
    [
        ({"ToleratedFailurePercentage": 50.0}, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 49.0}, "FAILED"),
        ({"ToleratedFailureCount": 2}, "SUCCEEDED"),
        ({"ToleratedFailureCount": 1}, "FAILED"),
        ({"ToleratedFailureCount": 1, "ToleratedFailurePercentage": 100.0}, "FAILED"),
    ],
)
def test_failures_are_tolerated_up_to_the_bound(
    stack: SmallStack, tolerance: dict[str, float], status: str
) -> None:
    name = "-".join(f"{key[16:]}-{value:.0f}" for key, value in tolerance.items())
    assert (
        stack.wait(start(stack, name, ["fail", "a", "fail", "b"], **tolerance))["status"] == status
    )


def test_results_are_written_by_outcome(stack: SmallStack) -> None:
    ended = stack.wait(
        start(
            stack,
            "written",
            ["a", "fail", "b"],
            ToleratedFailurePercentage=100.0,
            ResultWriter={
                "Resource": "arn:aws:states:::s3:putObject",
                "Parameters": {"Bucket": bucket(stack), "Prefix.$": "$.key"},
            },
        )
    )
    output = json.loads(ended["output"])
    manifest = read(stack, output["ResultWriterDetails"]["Key"])
    assert manifest["MapRunArn"] == output["MapRunArn"]
    files = manifest["ResultFiles"]
    assert files["PENDING"] == []
    succeeded = read(stack, files["SUCCEEDED"][0]["Key"])
    assert [json.loads(one["Output"]) for one in succeeded] == [{"did": "a"}, {"did": "b"}]
    (failed,) = read(stack, files["FAILED"][0]["Key"])
    assert (failed["Status"], failed["Error"], failed["Cause"]) == ("FAILED", "Bad", "as asked")
    assert json.loads(failed["Input"])["do"] == "fail"
    run = stack.states.describe_map_run(mapRunArn=output["MapRunArn"])
    counts = run["itemCounts"]
    assert (counts["total"], counts["succeeded"], counts["failed"]) == (3, 2, 1)


def read(stack: SmallStack, key: str) -> Any:
    found = stack.emulator.client("s3").get_object(Bucket=bucket(stack), Key=key)
    return json.loads(found["Body"].read())


def test_stop_of_the_parent_stops_the_executions_and_starts_no_more(stack: SmallStack) -> None:
    arn = start(stack, "stopped", ["wait", "wait", "a"])
    stack.until(lambda: [one["status"] for one in children(stack, "stopped")] == ["RUNNING"] * 2)
    stack.states.stop_execution(executionArn=arn)
    assert stack.wait(arn)["status"] == "ABORTED"
    stack.until(lambda: [one["status"] for one in children(stack, "stopped")] == ["ABORTED"] * 2)
    find(arn).ended.wait()
