"""Functions killed at a chosen call, and throttled requests: what callers and machines see."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.model import OperationNotFoundError

from tests.integration.emulator.test_interruption import machine, one_state
from tests.support.small_stack import SmallStack

KILLED = "Runtime exited with error: signal: killed"


@pytest.fixture(autouse=True)
def _forget_faults(stack: SmallStack) -> Iterator[None]:
    yield
    stack.emulator.faults.clear()


def call(stack: SmallStack, **event: Any) -> tuple[dict[str, Any], Any]:
    answer = stack.emulator.client("lambda").invoke(
        FunctionName="echo-test", Payload=json.dumps(event)
    )
    return answer, json.loads(answer["Payload"].read())


def client(stack: SmallStack, service: str, attempts: int = 1) -> Any:
    connect: Any = boto3.client  # its type knows each service only by a literal name
    return connect(
        service,
        endpoint_url=stack.emulator.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id=stack.emulator.keys.access_key,
        aws_secret_access_key=stack.emulator.keys.secret_key,
        config=Config(retries={"total_max_attempts": attempts}, s3={"addressing_style": "path"}),
    )


def test_crash_before_ends_the_call_as_a_killed_runtime_and_writes_nothing(
    stack: SmallStack,
) -> None:
    fault = stack.emulator.faults.crash_before("echo-test", "dynamodb", "PutItem")
    answer, failure = call(stack, write="before")
    assert answer["FunctionError"] == "Unhandled"
    assert failure == {
        "errorType": "Runtime.ExitError",
        "errorMessage": failure["errorMessage"],
    }
    request, _, how = failure["errorMessage"].partition(" Error: ")
    assert request.startswith("RequestId: ")
    assert how == KILLED
    assert stack.item("before", "ECHO") is None
    assert fault.fired == 1


def test_crash_after_ends_the_call_alike_but_the_item_is_written(stack: SmallStack) -> None:
    stack.emulator.faults.crash_after("echo-test", "dynamodb", "PutItem")
    _, failure = call(stack, write="after")
    assert failure["errorType"] == "Runtime.ExitError"
    assert stack.item("after", "ECHO") is not None


def test_crash_happens_once_and_the_next_call_has_a_new_worker(stack: SmallStack) -> None:
    stack.emulator.faults.crash_before("echo-test", "dynamodb", "PutItem")
    call(stack, write="once")
    answer, said = call(stack, write="once")
    assert "FunctionError" not in answer
    assert said["greeting"] == "hello"
    assert stack.item("once", "ECHO") is not None


def test_crash_can_wait_for_a_later_request_and_come_more_than_once(stack: SmallStack) -> None:
    fault = stack.emulator.faults.crash_before("echo-test", "dynamodb", "PutItem", skip=1, times=2)
    crashed = ["FunctionError" in call(stack, write="counted")[0] for _ in range(4)]
    assert crashed == [False, True, True, False]
    assert fault.fired == 2


def test_crash_is_of_that_function_that_service_and_that_operation_only(stack: SmallStack) -> None:
    faults = stack.emulator.faults
    faults.crash_before("park-test", "dynamodb", "PutItem")
    faults.crash_before("echo-test", "dynamodb", "UpdateItem")
    faults.crash_before("echo-test", "s3", "PutObject")
    answer, _ = call(stack, write="spared")
    assert "FunctionError" not in answer


def test_crash_names_its_line_in_the_functions_log(stack: SmallStack) -> None:
    stack.emulator.faults.crash_before("echo-test", "dynamodb", "PutItem")
    call(stack, write="logged")
    events = stack.emulator.client("logs").filter_log_events(logGroupName="/aws/lambda/echo-test")
    messages = [event["message"] for event in events["events"]]
    assert any(message.endswith(KILLED) for message in messages)
    assert "Runtime.ExitError" in messages


@pytest.mark.parametrize("wanted", ["Runtime.ExitError", "States.TaskFailed"])
def test_state_machine_retries_a_crashed_function_by_its_error_name(
    stack: SmallStack, wanted: str
) -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "echo-test", "Payload": {"write": f"retried-{wanted}"}},
        "Retry": [{"ErrorEquals": [wanted], "IntervalSeconds": 1, "MaxAttempts": 1}],
        "End": True,
    }
    arn = machine(stack, f"retry-{wanted}".replace(".", "-"), one_state(task))
    stack.emulator.faults.crash_after("echo-test", "dynamodb", "PutItem")
    ended = stack.run(arn, {})
    assert ended["status"] == "SUCCEEDED"
    (failed,) = [e for e in stack.history(ended["executionArn"]) if e["type"] == "TaskFailed"]
    details = failed["taskFailedEventDetails"]
    assert details["error"] == "Runtime.ExitError"
    assert json.loads(details["cause"])["errorMessage"].endswith(KILLED)


def test_asynchronous_call_that_crashes_is_repeated(stack: SmallStack) -> None:
    stack.emulator.faults.crash_before("echo-test", "dynamodb", "PutItem", times=2)
    before = stack.emulator.lambda_.invocations("echo-test")
    stack.emulator.lambda_.invoke_async("echo-test", b'{"write": "third-time"}')
    stack.until(lambda: stack.item("third-time", "ECHO"), lambda found: found is not None)
    stack.until(lambda: stack.emulator.lambda_.invocations("echo-test"), lambda n: n == before + 3)


THROTTLED = [
    ("dynamodb", "ListTables", "list_tables", {}, 400, "ThrottlingException"),
    ("batch", "ListJobs", "list_jobs", {"jobQueue": "q"}, 429, "TooManyRequestsException"),
    ("stepfunctions", "ListActivities", "list_activities", {}, 400, "ThrottlingException"),
    ("lambda", "ListFunctions", "list_functions", {}, 429, "TooManyRequestsException"),
    ("s3", "ListObjectsV2", "list_objects_v2", {"Bucket": "b"}, 503, "SlowDown"),
    ("cloudformation", "ListStacks", "list_stacks", {}, 400, "Throttling"),
    ("logs", "DescribeLogGroups", "describe_log_groups", {}, 400, "ThrottlingException"),
]


@pytest.mark.parametrize(("service", "operation", "method", "given", "status", "code"), THROTTLED)
def test_throttled_request_gets_the_services_own_error(
    stack: SmallStack, service: str, operation: str, method: str, given: Any, status: int, code: str
) -> None:
    stack.emulator.faults.throttle(service, operation, 1)
    with pytest.raises(ClientError) as refused:
        getattr(client(stack, service), method)(**given)
    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["Error"]["Message"]
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


@pytest.mark.parametrize("service", ["dynamodb", "s3"])
def test_sdk_that_retries_gets_past_a_few_throttled_requests(
    stack: SmallStack, service: str
) -> None:
    operation, method = {
        "dynamodb": ("ListTables", "list_tables"),
        "s3": ("ListBuckets", "list_buckets"),
    }[service]
    fault = stack.emulator.faults.throttle(service, operation, 2)
    getattr(client(stack, service, attempts=3), method)()
    assert fault.fired == 2


def test_throttling_can_be_of_one_functions_requests_only(stack: SmallStack) -> None:
    fault = stack.emulator.faults.throttle("dynamodb", "PutItem", 1, function="echo-test")
    client(stack, "dynamodb").put_item(
        TableName=stack.emulator.outputs["TableName"],
        Item={"pk": {"S": "mine"}, "sk": {"S": "ITEM"}},
    )
    assert fault.fired == 0
    answer, _ = call(stack, write="after-a-retry")
    assert "FunctionError" not in answer
    assert fault.fired == 1


def test_misspelt_operation_is_refused_at_once(stack: SmallStack) -> None:
    with pytest.raises(OperationNotFoundError):
        stack.emulator.faults.throttle("dynamodb", "PutItems", 1)
