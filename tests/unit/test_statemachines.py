"""The state machines keep the project's conventions, whoever edits them.

That they are valid Amazon States Language is `make check`'s business (asl-validator); what they do
is shown by the tests that run them and read their history.
"""

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from seqstack.domain import errors

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "statemachine").glob("*.asl.json"))
OUR_ERRORS = {name for name, _ in inspect.getmembers(errors, inspect.isclass)}
# https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html and
# https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html (Lambda's)
AWS_ERROR = re.compile(
    r"(States|Lambda|StepFunctions|Sfn|Batch|DynamoDB|Runtime)\.[A-Za-z]+|Sandbox\.Timedout"
)
LAMBDA_FAULTS = {
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "TransientServiceError",
}


def definition(path: Path) -> dict[str, Any]:
    machine: dict[str, Any] = json.loads(path.read_text())
    return machine


def states_of(machine: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every state with its path, those of branches and iterators included."""
    for name, state in machine["States"].items():
        yield f"{path}{name}", state
        for number, branch in enumerate(state.get("Branches", [])):
            yield from states_of(branch, f"{path}{name}[{number}].")
        for key in ("ItemProcessor", "Iterator"):
            if key in state:
                yield from states_of(state[key], f"{path}{name}.")


def scopes_of(machine: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The machine, and every branch and iterator in it: what a `Next` can reach."""
    yield machine
    for state in machine["States"].values():
        for inner in [*state.get("Branches", []), state.get("ItemProcessor", {})]:
            if inner:
                yield from scopes_of(inner)


def named(kind: str | None = None) -> list[Any]:
    """Every state (of one type) as a parameter of a test."""
    return [
        pytest.param(state, id=f"{path.stem.removesuffix('.asl')}:{name}")
        for path in FILES
        for name, state in states_of(definition(path))
        if kind is None or state["Type"] == kind
    ]


def comments_of(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from ([node["Comment"]] if "Comment" in node else [])
        for value in node.values():
            yield from comments_of(value)
    elif isinstance(node, list):
        for value in node:
            yield from comments_of(value)


def test_state_machines_of_the_design_are_there() -> None:
    names = {path.name for path in FILES}

    assert {"run_batch_job.asl.json", "secondary_analysis.asl.json"} <= names


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_machine_file_is_short_and_says_purpose_input_and_output(path: Path) -> None:
    assert re.fullmatch(r"[a-z_]+\.asl\.json", path.name)
    # what a Distributed Map starts for each item is a machine of its own, in the same file
    items = re.compile(r'^( *)"ItemProcessor": \{\n.*?^\1\}', re.MULTILINE | re.DOTALL)
    whole, parts = path.read_text(), [each[0] for each in items.finditer(path.read_text())]
    for text in (items.sub("", whole), *parts):
        assert len(text.splitlines()) < 300
    comment = definition(path)["Comment"]
    assert "Input: " in comment
    assert "Output: " in comment


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_machine_substitutions_are_the_templates(path: Path) -> None:
    template = yaml_parse((ROOT / "template.yaml").read_text())
    (machine,) = [
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Properties"].get("DefinitionUri") == f"statemachine/{path.name}"
    ]

    assert set(re.findall(r"\$\{(\w+)\}", path.read_text())) == set(
        machine["DefinitionSubstitutions"]
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_machine_runs_in_every_partition(path: Path) -> None:
    """A service integration of another partition fails, such as `aws` in `aws-us-gov`."""
    arns = re.findall(r"arn:[^:]*", path.read_text())

    assert set(arns) == {"arn:${Partition}"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_machine_every_state_is_reached_and_every_target_exists(path: Path) -> None:
    for scope in scopes_of(definition(path)):
        targets = {scope["StartAt"]}
        for state in scope["States"].values():
            ways = [state, *state.get("Choices", []), *state.get("Catch", [])]
            targets |= {way["Next"] for way in ways if "Next" in way}
            targets |= {state["Default"]} if "Default" in state else set()
        assert targets == set(scope["States"])


@pytest.mark.parametrize("state", named())
def test_state_name_is_a_pascal_case_phrase(
    state: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    name = request.node.callspec.id.rpartition(":")[2].rpartition(".")[2]

    assert re.fullmatch(r"([A-Z][a-z]+)+", name)


@pytest.mark.parametrize("state", named())
def test_state_errors_land_at_error_and_results_in_one_slot(state: dict[str, Any]) -> None:
    slot = re.compile(r"\$\.[a-zA-Z]+")
    if state["Type"] in {"Task", "Parallel", "Map"} and "OutputPath" not in state:
        # without a slot, a Task may only replace the state by a selected result
        assert "ResultPath" in state or "ResultSelector" in state
    if state.get("ResultPath") is not None:
        assert slot.fullmatch(state["ResultPath"])
        assert state["ResultPath"] != "$.error" or state["Type"] == "Pass"
    for catch in state.get("Catch", []):
        assert catch["ResultPath"] in {"$.error", None}  # None: $.error holds the first one


@pytest.mark.parametrize("state", named("Task"))
def test_task_has_a_timeout(state: dict[str, Any]) -> None:
    assert ("TimeoutSeconds" in state) != ("TimeoutSecondsPath" in state)


@pytest.mark.parametrize("state", named("Task"))
def test_task_retries_transient_errors_with_backoff_and_full_jitter(state: dict[str, Any]) -> None:
    assert state["Retry"]
    for retry in state["Retry"]:
        assert retry["BackoffRate"] > 1
        assert retry["JitterStrategy"] == "FULL"
        assert 1 <= retry["MaxAttempts"] <= 10
        assert retry["MaxDelaySeconds"] >= retry["IntervalSeconds"]
        assert "States.ALL" not in retry["ErrorEquals"]  # what fails for good fails at once
        assert "States.TaskFailed" not in retry["ErrorEquals"]
        assert "States.Timeout" not in retry["ErrorEquals"]


@pytest.mark.parametrize("state", named("Task"))
def test_task_that_invokes_a_function_retries_lambdas_own_faults(state: dict[str, Any]) -> None:
    if "lambda:invoke" in state["Resource"]:
        assert {name for retry in state["Retry"] for name in retry["ErrorEquals"]} >= LAMBDA_FAULTS


@pytest.mark.parametrize("state", [*named("Task"), *named("Parallel"), *named("Map")])
def test_task_catches_everything_alone_and_last(state: dict[str, Any]) -> None:
    *_, last = state["Catch"]

    assert last["ErrorEquals"] == ["States.ALL"]
    assert not any("States.ALL" in catch["ErrorEquals"] for catch in state["Catch"][:-1])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_machine_every_catch_of_all_leads_to_fail_and_nowhere_else(path: Path) -> None:
    for scope in scopes_of(definition(path)):
        states = scope["States"]
        for name, state in states.items():
            for catch in state.get("Catch", []):
                if catch["ErrorEquals"] == ["States.ALL"]:
                    assert ends_of(states, catch["Next"]) == {"Fail"}, f"{name}: {catch}"


def ends_of(states: dict[str, Any], start: str) -> set[str]:
    """The types of the states in which a way from `start` can end."""
    seen, ends, waiting = set[str](), set[str](), [start]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        state = states[name]
        ways = [state, *state.get("Choices", []), *state.get("Catch", [])]
        following = [way["Next"] for way in ways if "Next" in way]
        following += [state["Default"]] if "Default" in state else []
        if state.get("End") or not following:
            ends.add(state["Type"])
        waiting += following
    return ends


@pytest.mark.parametrize("state", named("Fail"))
def test_fail_shows_the_real_error_and_cause(state: dict[str, Any]) -> None:
    assert {"ErrorPath", "CausePath"} <= set(state)


@pytest.mark.parametrize("state", named())
def test_state_catches_and_retries_errors_that_exist(state: dict[str, Any]) -> None:
    for rule in [*state.get("Retry", []), *state.get("Catch", [])]:
        for name in rule["ErrorEquals"]:
            assert name in OUR_ERRORS or AWS_ERROR.fullmatch(name), name


@pytest.mark.parametrize("state", named())
def test_state_every_catch_and_choice_says_why(state: dict[str, Any]) -> None:
    for rule in [*state.get("Catch", []), *state.get("Choices", [])]:
        assert rule["Comment"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_machine_comments_say_something(path: Path) -> None:
    assert all(len(comment) > 20 for comment in comments_of(definition(path)))


@pytest.mark.parametrize("state", named("Task"))
def test_task_payload_carries_ids_and_never_the_whole_state(state: dict[str, Any]) -> None:
    payload = state["Parameters"].get("Payload", state["Parameters"].get("Input", {}))

    assert "$" not in payload.values()
    assert "Payload.$" not in state["Parameters"]


@pytest.mark.parametrize("state", named("Task"))
def test_nested_execution_is_named_after_run_and_step_and_linked(state: dict[str, Any]) -> None:
    if "startExecution" not in state["Resource"]:
        return
    parameters = state["Parameters"]
    assert state["Resource"] == "arn:${Partition}:states:::states:startExecution.sync:2"
    name = parameters["Name.$"]
    if parameters["Input.$" if "Input.$" in parameters else "Input"] == "$.input":
        # a cohort's: a repeated start of the same name and input must find the first execution,
        # so neither may depend on who starts it
        assert name == "$.runId"
        return
    # unique across retries and redrives, or the second start would find the first execution
    step = parameters["Input"]
    assert step["step"] in name if "step" in step else step["step.$"] in name
    for part in ("$.runId", "$$.State.RetryCount", "$$.Execution.RedriveCount"):
        assert part in name
    assert parameters["Input"]["AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID.$"] == "$$.Execution.Id"
