"""Count transitions, function calls and nested executions from executions' histories."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

_ENTERED = "StateEntered"


@dataclass(frozen=True, slots=True)
class ExecutionCount:
    """State transitions, calls of functions by name, and the executions that were started."""

    transitions: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    nested: tuple[str, ...] = ()

    def __add__(self, other: "ExecutionCount") -> "ExecutionCount":
        return ExecutionCount(
            self.transitions + other.transitions,
            self.calls + other.calls,
            self.nested + other.nested,
        )


def count_events(events: Iterable[Mapping[str, Any]]) -> ExecutionCount:
    """Count the events of one execution's history (GetExecutionHistory with data).

    Every entered state is a transition, and so are each retry of a task and each redrive:
    https://aws.amazon.com/step-functions/pricing/ and
    https://docs.aws.amazon.com/step-functions/latest/dg/concepts-transitions.html. Function names
    are cut at the first dash, which precedes the environment.
    """
    entered = tasks = scheduled = redriven = 0
    calls: Counter[str] = Counter()
    nested: list[str] = []
    for event in events:
        kind = event["type"]
        entered += kind.endswith(_ENTERED)
        tasks += kind == f"Task{_ENTERED}"
        redriven += kind == "ExecutionRedriven"
        if kind == "TaskScheduled":
            scheduled += 1
            parameters = json.loads(event["taskScheduledEventDetails"]["parameters"])
            if "FunctionName" in parameters:
                calls[_folder(parameters["FunctionName"])] += 1
            elif "StateMachineArn" in parameters:
                nested.append(_execution(parameters["StateMachineArn"], parameters["Name"]))
    return ExecutionCount(
        entered + max(0, scheduled - tasks) + redriven, calls, tuple(dict.fromkeys(nested))
    )


def _folder(function: str) -> str:
    return function.rpartition(":function:")[2].partition("-")[0]


def _execution(machine: str, name: str) -> str:
    """The ARN of an execution, without its state machine's version or alias."""
    before, _, after = machine.partition(":stateMachine:")
    return f"{before}:execution:{after.partition(':')[0]}:{name}"
