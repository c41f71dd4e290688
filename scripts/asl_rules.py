"""How this project writes state machines: rules beyond the language itself.

Each rule yields complaints; a definition without complaints is valid. asl-validator checks the
language itself (types of fields, paths, targets of transitions).
"""

import re
from collections.abc import Iterator
from typing import Any

_MAX_LINES = 300
# What a Distributed Map starts for each item is a machine of its own, in the same file.
_ITEM_PROCESSOR = re.compile(r'^( *)"ItemProcessor": \{\n.*?^\1\}', re.MULTILINE | re.DOTALL)
_PASCAL_CASE = re.compile(r"[A-Z][A-Za-z0-9]*")
# https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
_AWS_ERROR = re.compile(r"(States|Lambda|StepFunctions|Sfn|Batch|DynamoDB|Sandbox|Runtime)\.\w+")

State = dict[str, Any]


def complaints(text: str, definition: dict[str, Any], own_errors: frozenset[str]) -> Iterator[str]:
    """Every violation of a rule; `own_errors` are the names of our error classes."""
    if any(len(part.splitlines()) >= _MAX_LINES for part in _texts(text)):
        yield f"has {_MAX_LINES} lines or more: nest a state machine"
    if not definition.get("Comment"):
        yield "has no Comment on its purpose, input and output"
    for machine in _machines(definition):
        yield from _unreachable(machine)
        for name, state in machine["States"].items():
            for complaint in _of_state(name, state, own_errors):
                yield f"{name}: {complaint}"


def _machines(machine: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The machine, and every branch and item processor inside it."""
    yield machine
    for state in machine["States"].values():
        inner = [*state.get("Branches", ())]
        inner += [state[key] for key in ("ItemProcessor", "Iterator") if key in state]
        for nested in inner:
            yield from _machines(nested)


def _unreachable(machine: dict[str, Any]) -> Iterator[str]:
    states: dict[str, State] = machine["States"]
    reached: set[str] = set()
    ahead = [machine["StartAt"]]
    while ahead:
        name = ahead.pop()
        if name in states and name not in reached:
            reached.add(name)
            ahead += _targets(states[name])
    for name in states:
        if name not in reached:
            yield f"{name}: is unreachable"


def _targets(state: State) -> list[str]:
    rules = [state, *state.get("Choices", ()), *state.get("Catch", ())]
    targets = [rule["Next"] for rule in rules if "Next" in rule]
    return [*targets, *([state["Default"]] if "Default" in state else [])]


def _of_state(name: str, state: State, own_errors: frozenset[str]) -> Iterator[str]:
    if not _PASCAL_CASE.fullmatch(name):
        yield "is not PascalCase"
    match state["Type"]:
        case "Task":
            yield from _of_task(state)
        case "Parallel" | "Map":
            yield from _of_catchers(state)
        case "Choice":
            yield from _of_choice(state)
        case "Fail":
            if not state.keys() & {"Error", "ErrorPath"}:
                yield "fails without an error's name"
            if not state.keys() & {"Cause", "CausePath"}:
                yield "fails without a cause"
    for rule in (*state.get("Retry", ()), *state.get("Catch", ())):
        for error in rule["ErrorEquals"]:
            if error not in own_errors and not _AWS_ERROR.fullmatch(error):
                yield f"names {error}, which is neither an error of AWS nor one of our classes"


def _of_task(state: State) -> Iterator[str]:
    if not state.keys() & {"TimeoutSeconds", "TimeoutSecondsPath"}:
        yield "has no timeout"
    if not state.get("Retry"):
        yield "retries no transient error"
    for retry in state.get("Retry", ()):
        if retry.get("BackoffRate", 2) <= 1 or retry.get("JitterStrategy") != "FULL":
            yield "retries without backoff and full jitter"
        if "States.ALL" in retry["ErrorEquals"]:
            yield "retries every error"
    yield from _of_catchers(state)


def _of_catchers(state: State) -> Iterator[str]:
    catchers = state.get("Catch", [])
    if not catchers or catchers[-1]["ErrorEquals"] != ["States.ALL"]:
        yield "does not catch States.ALL, alone and last"
    for catcher in catchers:
        if not catcher.get("Comment"):
            yield f"does not say why it catches {', '.join(catcher['ErrorEquals'])}"
        if catcher.get("ResultPath", "$") not in {"$.error", None}:
            yield "puts an error elsewhere than in $.error"


def _of_choice(state: State) -> Iterator[str]:
    if "Default" not in state:
        yield "has no Default"
    for choice in state["Choices"]:
        if not choice.get("Comment"):
            yield f"does not say why it goes to {choice['Next']}"


def _texts(text: str) -> list[str]:
    """The definition without what its maps start for each item, and each of these."""
    return [_ITEM_PROCESSOR.sub("", text), *(each[0] for each in _ITEM_PROCESSOR.finditer(text))]
