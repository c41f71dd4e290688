"""Causes as Step Functions hands them on.

Shapes: a failed Lambda task
(https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html) and a failed
`startExecution.sync:2` (DescribeExecution's answer with capital letters).
"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqstack.domain.failures import Failure, real_failure
from tests.support.builders import read_event

ARN = "arn:aws:states:us-east-1:123456789012:execution:run_batch_job-dev:r-align-0-0"


def of_lambda(error: str, message: str) -> str:
    return json.dumps(
        {"errorMessage": message, "errorType": error, "requestId": "8d1f", "stackTrace": ["..."]}
    )


def of_execution(status: str, **more: str) -> str:
    return json.dumps({"ExecutionArn": ARN, "Input": "{}", "Status": status, **more})


def test_real_failure_of_plain_text_is_itself() -> None:
    assert real_failure("ToolFailedError", "exit status 1") == Failure(
        "ToolFailedError", "exit status 1"
    )


def test_real_failure_of_a_lambda_is_its_exception() -> None:
    caught = real_failure("InvalidInputError", of_lambda("InvalidInputError", "$.sampleId: bad"))

    assert caught == Failure("InvalidInputError", "$.sampleId: bad")


def test_real_failure_of_a_nested_execution_is_the_jobs() -> None:
    cause = of_execution("FAILED", Error="ToolFailedError", Cause="align (bwa) failed")

    assert real_failure("States.TaskFailed", cause) == Failure(
        "ToolFailedError", "align (bwa) failed"
    )


def test_real_failure_of_a_lambda_inside_a_nested_execution_is_its_exception() -> None:
    inner = of_lambda("SubmissionRejectedError", "AWS Batch refused the job")
    cause = of_execution("FAILED", Error="SubmissionRejectedError", Cause=inner)

    assert real_failure("States.TaskFailed", cause) == Failure(
        "SubmissionRejectedError", "AWS Batch refused the job"
    )


@pytest.mark.parametrize(
    ("status", "error"), [("ABORTED", "ExecutionAborted"), ("TIMED_OUT", "ExecutionTimedOut")]
)
def test_real_failure_of_an_execution_that_gave_no_error_is_its_end(
    status: str, error: str
) -> None:
    assert real_failure("States.TaskFailed", of_execution(status)) == Failure(
        error, f"{ARN} ended as {status}"
    )


@pytest.mark.parametrize("cause", ["", "null", "[1]", '"text"', "{}", '{"a": 1}', "{broken", "12"])
def test_real_failure_of_other_json_is_left_as_it_is(cause: str) -> None:
    assert real_failure("States.TaskFailed", cause) == Failure("States.TaskFailed", cause)


def test_real_failure_of_the_sample_event() -> None:
    caught = read_event("finish_run/run_failed.json")["error"]

    failure = real_failure(caught["Error"], caught["Cause"])

    assert failure.error == "ToolFailedError"
    assert failure.cause.startswith("align (bwa) failed: exit status 1")


@given(st.text(max_size=50), st.integers(0, 9))
def test_real_failure_unwraps_any_depth_of_nesting(message: str, depth: int) -> None:
    cause = of_lambda("ToolFailedError", message + "!")
    for _ in range(depth):
        cause = of_execution("FAILED", Error="States.TaskFailed", Cause=cause)

    assert real_failure("States.TaskFailed", cause) == Failure("ToolFailedError", message + "!")


@given(st.text(max_size=300), st.integers(32_000, 33_600))
def test_failure_within_limits_fits_and_keeps_both_ends(error: str, length: int) -> None:
    cause = "head" + "x" * (length - 8) + "tail"

    shown = Failure(error, cause).within_limits()

    # https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskFailure.html
    assert len(shown.error) <= 256
    assert len(shown.cause) <= 32_768
    assert shown.cause.startswith("head")
    assert shown.cause.endswith("tail")
    if length <= 32_768:
        assert shown.cause == cause


def test_real_failure_of_an_endless_message_is_within_limits() -> None:
    assert len(real_failure("E" * 999, of_lambda("E" * 999, "m" * 99_999)).cause) <= 32_768


@pytest.mark.parametrize(
    "cause",
    [
        "[" * 100_000,
        '{"errorMessage": ' + "[" * 900 + "]" * 900 + "}",
        '{"errorMessage": ' + "9" * 5000 + "}",
    ],
)
def test_cause_that_can_not_be_unwrapped_stands_as_it_is(cause: str) -> None:
    assert real_failure("E", cause) == Failure("E", cause).within_limits()


def test_halves_of_characters_are_escaped() -> None:
    cause = '{"errorMessage": "\\ud800", "errorType": "\\udfff"}'

    assert real_failure("E", cause) == Failure("\\udfff", "\\ud800")
