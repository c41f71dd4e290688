"""Transitions and calls, counted by hand in short histories."""

import json
from collections import Counter
from typing import Any

from seqstack.domain.cost.executions import ExecutionCount, count_events

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:run_batch_job-my-env"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:submit_job-my-env"


def event(kind: str) -> dict[str, Any]:
    return {"type": kind}


def scheduled(**parameters: str) -> dict[str, Any]:
    details = {"resourceType": "any", "parameters": json.dumps(parameters)}
    return {"type": "TaskScheduled", "taskScheduledEventDetails": details}


def test_count_of_a_step_that_went_well_is_its_states_and_one_call() -> None:
    # the states NumberAttempt, SubmitJob and JobSucceeded
    counted = count_events(
        [
            event("ExecutionStarted"),
            event("PassStateEntered"),
            event("PassStateExited"),
            event("TaskStateEntered"),
            scheduled(FunctionName=FUNCTION),
            event("TaskStarted"),
            event("TaskSubmitted"),
            event("TaskSucceeded"),
            event("TaskStateExited"),
            event("SucceedStateEntered"),
            event("SucceedStateExited"),
            event("ExecutionSucceeded"),
        ]
    )

    assert counted == ExecutionCount(3, Counter(submit_job=1))


def test_count_of_a_task_tried_three_times_has_two_transitions_more() -> None:
    counted = count_events(
        [
            event("TaskStateEntered"),
            scheduled(FunctionName=FUNCTION),
            event("TaskFailed"),
            scheduled(FunctionName=FUNCTION),
            event("TaskFailed"),
            scheduled(FunctionName=FUNCTION),
            event("TaskSucceeded"),
        ]
    )

    assert counted == ExecutionCount(3, Counter(submit_job=3))


def test_count_of_a_redriven_execution_has_one_transition_for_it() -> None:
    counted = count_events([event("PassStateEntered"), event("ExecutionRedriven")])

    assert counted.transitions == 2


def test_count_names_nested_executions_once() -> None:
    name = {"StateMachineArn": MACHINE, "Name": "r1-align-0-0"}

    counted = count_events([event("TaskStateEntered"), scheduled(**name), scheduled(**name)])

    assert counted.nested == (
        "arn:aws:states:us-east-1:123456789012:execution:run_batch_job-my-env:r1-align-0-0",
    )
    assert counted.calls == Counter()


def test_count_names_the_execution_of_a_version_without_it() -> None:
    name = {"StateMachineArn": f"{MACHINE}:7", "Name": "r1-align-0-0"}

    assert count_events([scheduled(**name)]).nested == (
        "arn:aws:states:us-east-1:123456789012:execution:run_batch_job-my-env:r1-align-0-0",
    )


def test_counts_add_up() -> None:
    one = ExecutionCount(2, Counter(a=1), ("x",))

    assert one + ExecutionCount(3, Counter(a=1, b=2)) == ExecutionCount(
        5, Counter(a=2, b=2), ("x",)
    )
