"""Tasks that wait for their token: answers, late and repeated answers, timeouts, retries."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.support.small_stack import SmallStack


def refusal(stack: SmallStack, token: str, output: str = "{}") -> str:
    with pytest.raises(ClientError) as refused:
        stack.states.send_task_success(taskToken=token, output=output)
    return str(refused.value.response["Error"]["Code"])


def test_success_ends_the_task_with_the_answers_output(stack: SmallStack) -> None:
    execution = stack.start(stack.child, {"mode": "park", "key": "success"})
    stack.states.send_task_success(taskToken=stack.token("success"), output='{"done": true}')
    ended = stack.wait(execution)
    assert ended["status"] == "SUCCEEDED"
    assert json.loads(ended["output"]) == {"done": True}


def test_answered_task_has_its_submission_in_the_history(stack: SmallStack) -> None:
    execution = stack.start(stack.child, {"mode": "park", "key": "submitted"})
    stack.states.send_task_success(taskToken=stack.token("submitted"), output="{}")
    stack.wait(execution)
    events = stack.history(execution)
    assert [event["type"] for event in events][3:] == [
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskSubmitted",
        "TaskSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]
    scheduled = events[4]["taskScheduledEventDetails"]
    assert scheduled["resource"] == "invoke.waitForTaskToken"
    assert scheduled["timeoutInSeconds"] == 2


def test_failure_fails_the_task_with_its_error_and_cause(stack: SmallStack) -> None:
    execution = stack.start(stack.child, {"mode": "park", "key": "failure"})
    stack.states.send_task_failure(
        taskToken=stack.token("failure"), error="ToolFailedError", cause="exit code 1"
    )
    ended = stack.wait(execution)
    assert (ended["error"], ended["cause"]) == ("ToolFailedError", "exit code 1")


def test_wait_beyond_the_timeout_fails_with_states_timeout(stack: SmallStack) -> None:
    with stack.takes(2):
        ended = stack.run(stack.child, {"mode": "park", "key": "timeout"})
    assert ended["status"] == "FAILED"
    assert ended["error"] == "States.Timeout"
    assert "TaskTimedOut" in stack.types(ended["executionArn"])


def test_answer_after_the_timeout_is_refused_as_timed_out(stack: SmallStack) -> None:
    execution = stack.start(stack.child, {"mode": "park", "key": "late"})
    token = stack.token("late")
    stack.wait(execution)
    assert refusal(stack, token) == "TaskTimedOut"


def test_second_answer_is_refused_as_timed_out(stack: SmallStack) -> None:
    execution = stack.start(stack.child, {"mode": "park", "key": "second"})
    token = stack.token("second")
    stack.states.send_task_success(taskToken=token, output="{}")
    assert refusal(stack, token) == "TaskTimedOut"
    stack.wait(execution)
    assert refusal(stack, token) == "TaskTimedOut"


def test_refusal_says_what_aws_says(stack: SmallStack) -> None:
    execution = stack.start(stack.child, {"mode": "park", "key": "words"})
    token = stack.token("words")
    stack.states.send_task_success(taskToken=token, output="{}")
    stack.wait(execution)
    with pytest.raises(ClientError, match="Task Timed Out: 'Provided task does not exist anymore'"):
        stack.states.send_task_failure(taskToken=token, error="E", cause="C")


def test_token_that_was_never_issued_is_invalid(stack: SmallStack) -> None:
    assert refusal(stack, "no-token-at-all") == "InvalidToken"


def test_answer_that_is_not_json_is_refused_and_the_task_keeps_waiting(stack) -> None:
    execution = stack.start(stack.child, {"mode": "park", "key": "not-json"})
    token = stack.token("not-json")
    assert refusal(stack, token, output="not json") == "InvalidOutput"
    stack.states.send_task_success(taskToken=token, output="{}")
    assert stack.wait(execution)["status"] == "SUCCEEDED"


def test_retried_task_gets_a_token_of_its_own(stack: SmallStack) -> None:
    execution = stack.start(stack.child, {"mode": "park", "key": "again"})
    first = stack.token("again")
    stack.forget_token("again")
    stack.states.send_task_failure(taskToken=first, error="AgainError", cause="try again")
    second = stack.token("again")
    assert second != first
    assert refusal(stack, first) == "TaskTimedOut"
    stack.states.send_task_success(taskToken=second, output='{"try": 2}')
    ended = stack.wait(execution)
    assert json.loads(ended["output"]) == {"try": 2}
    assert stack.types(execution).count("TaskFailed") == 1


def test_token_of_a_stopped_execution_is_dead(stack: SmallStack) -> None:
    execution = stack.start(stack.child, {"mode": "park", "key": "stopped"})
    token = stack.token("stopped")
    stack.states.stop_execution(executionArn=execution)
    assert refusal(stack, token) == "TaskTimedOut"
