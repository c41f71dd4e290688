"""Functions in workers: what a handler sees, and every way a call can end."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator.engine.lambda_runtime.nursery import ForkedProcess
from tests.support.small_stack import SmallStack


def invoke(stack: SmallStack, function: str, event: object, **options: str):
    answer = stack.emulator.client("lambda").invoke(
        FunctionName=function, Payload=json.dumps(event), **options
    )
    return answer, json.loads(answer["Payload"].read() or b"null")


def test_handler_sees_its_variables_and_none_of_the_emulators(stack, monkeypatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_HOST", "1")
    _, said = invoke(stack, "echo-test", {"a": 1})
    assert said["greeting"] == "hello"
    assert said["event"] == {"a": 1}
    assert "TABLE" in said["environment"]
    assert "SECRET_OF_THE_HOST" not in said["environment"]
    assert "HOME" not in said["environment"]
    reserved = {"AWS_LAMBDA_FUNCTION_NAME", "AWS_REGION", "_HANDLER", "LAMBDA_TASK_ROOT"}
    assert reserved <= set(said["environment"])


def test_handler_gets_a_context_as_on_aws(stack) -> None:
    answer, said = invoke(stack, "echo-test", {})
    assert said["arn"] == "arn:aws:lambda:us-east-1:123456789012:function:echo-test"
    assert 4000 < said["remaining"] <= 5000
    assert len(said["requestId"]) == 36
    assert answer["StatusCode"] == 200
    assert "FunctionError" not in answer
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"]


def test_layer_is_importable_but_this_projects_packages_are_not(stack) -> None:
    _, said = invoke(stack, "echo-test", {})
    assert said["shared"] == "from the layer"
    assert not any("site-packages" in path for path in said["path"])
    answer, failure = invoke(stack, "fail-test", {"how": "import"})
    assert answer["FunctionError"] == "Unhandled"
    assert failure["errorType"] == "ModuleNotFoundError"


def test_handler_reaches_the_emulated_aws_without_any_settings_of_its_own(stack) -> None:
    invoke(stack, "echo-test", {"write": "from-a-handler"})
    assert stack.item("from-a-handler", "ECHO") is not None


def test_unhandled_exception_comes_back_in_lambdas_shape(stack) -> None:
    answer, failure = invoke(stack, "fail-test", {"how": "raise"})
    assert answer["FunctionError"] == "Unhandled"
    assert answer["StatusCode"] == 200
    assert failure["errorType"] == "BrokenInputError"
    assert failure["errorMessage"] == "the input is broken"
    assert set(failure) == {"errorType", "errorMessage", "requestId", "stackTrace"}
    assert "raise BrokenInputError" in failure["stackTrace"][-1]


def test_call_over_its_timeout_is_ended_with_lambdas_message(stack) -> None:
    ((answer, failure),) = oversleep(stack, calls=1)
    assert answer["FunctionError"] == "Unhandled"
    assert failure["errorType"] == "Sandbox.Timedout"
    assert failure["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")


def test_process_that_exits_is_reported_and_replaced(stack) -> None:
    _, failure = invoke(stack, "fail-test", {"how": "exit"})
    assert failure["errorType"] == "Runtime.ExitError"
    assert failure["errorMessage"].endswith("Runtime exited with error: exit status 3")
    _, next_failure = invoke(stack, "fail-test", {"how": "raise"})
    assert next_failure["errorType"] == "BrokenInputError"


def test_unknown_function_is_refused_with_resource_not_found(stack) -> None:
    with pytest.raises(ClientError) as refused:
        invoke(stack, "no-such-function", {})
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_dry_run_calls_nothing(stack) -> None:
    before = stack.emulator.lambda_.invocations("echo-test")
    answer, _ = invoke(stack, "echo-test", {}, InvocationType="DryRun")
    assert answer["StatusCode"] == 204
    assert stack.emulator.lambda_.invocations("echo-test") == before


def test_log_tail_has_what_the_handler_printed_between_start_and_report(stack) -> None:
    answer, said = invoke(stack, "echo-test", {}, LogType="Tail")
    lines = base64.b64decode(answer["LogResult"]).decode().splitlines()
    request = said["requestId"]
    assert lines[0] == f"START RequestId: {request} Version: $LATEST"
    assert lines[1] == "echoing"
    assert lines[2] == f"END RequestId: {request}"
    assert lines[3].startswith(f"REPORT RequestId: {request}\tDuration: ")
    assert "Memory Size: 128 MB" in lines[3]


def test_output_lands_in_the_functions_log_group_in_streams_named_as_lambdas(stack) -> None:
    invoke(stack, "echo-test", {})
    logs = stack.emulator.client("logs")
    streams = logs.describe_log_streams(logGroupName="/aws/lambda/echo-test")["logStreams"]
    assert all("/[$LATEST]" in stream["logStreamName"] for stream in streams)
    events = logs.filter_log_events(logGroupName="/aws/lambda/echo-test")["events"]
    messages = [event["message"] for event in events]
    assert "echoing" in messages
    assert any(message.startswith("START RequestId: ") for message in messages)


def test_error_and_its_trace_are_logged_as_one_event(stack) -> None:
    invoke(stack, "fail-test", {"how": "raise"})
    events = stack.emulator.client("logs").filter_log_events(logGroupName="/aws/lambda/fail-test")
    errors = [e["message"] for e in events["events"] if "[ERROR] BrokenInputError" in e["message"]]
    assert "Traceback" in errors[-1]
    assert "raise BrokenInputError" in errors[-1]


def test_concurrent_calls_run_side_by_side_in_several_workers(stack) -> None:
    ended = oversleep(stack, calls=2)
    assert [failure["errorType"] for _, failure in ended] == ["Sandbox.Timedout"] * 2


def oversleep(stack: SmallStack, calls: int) -> list[tuple[Any, Any]]:
    """The ends of calls that sleep all at the same time when their time is over."""
    before = stack.asleep()
    with ThreadPoolExecutor() as pool:
        going_on = [pool.submit(invoke, stack, "fail-test", {"how": "sleep"}) for _ in range(calls)]
        stack.until(lambda: stack.asleep() == before + calls)
        stack.clock.advance(0.9)
        assert not any(call.done() for call in going_on)
        stack.clock.advance(0.2)
        return [call.result() for call in going_on]


def test_workers_share_what_they_import_but_not_their_environment(stack: SmallStack) -> None:
    _, said = invoke(stack, "echo-test", {})
    workers = stack.emulator.lambda_.workers("echo-test")
    assert all(isinstance(worker.process, ForkedProcess) for worker in workers)
    assert len({worker.access_key for worker in workers}) == len(workers)
    assert "EMULATOR_NURSERY" not in said["environment"]


def test_asynchronous_call_that_fails_is_tried_three_times_then_dead_lettered(stack) -> None:
    lambda_ = stack.emulator.lambda_
    before = lambda_.invocations("fail-test")
    event = {"how": "raise", "mark": "for the dead letters"}
    answer, _ = invoke(stack, "fail-test", event, InvocationType="Event")
    assert answer["StatusCode"] == 202
    queue = stack.emulator.resources["DeadLetters"]

    def dead_letters() -> list[Any]:
        found = stack.emulator.client("sqs").receive_message(QueueUrl=queue)
        return [json.loads(message["Body"]) for message in found.get("Messages", [])]

    stack.until(dead_letters, lambda letters: event in letters)
    assert lambda_.invocations("fail-test") == before + 3
    assert [call.event for call in lambda_.calls("fail-test")[-3:]] == [event] * 3
