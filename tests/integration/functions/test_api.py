"""Every request below events/api/ is answered in the world that it speaks of."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from seqstack.domain.words import RunState
from tests.aws_world import MACHINE_ARN, AwsWorld
from tests.builders import EVENTS, EXECUTION_ARN, RUN_ID, exome_input, read_event
from tests.integration.functions.situation import Invoke, Situation

FILES = sorted(path.stem for path in (EVENTS / "api").glob("*.json"))
EXPECTATIONS: dict[str, Callable[["Request"], None]] = {}


class Request(Situation):
    """A request of events/api/, and the state machine that runs are started with."""

    def answer(self) -> tuple[int, Any]:
        """The status and the body, which is JSON of the type that the header says."""
        answer = self.handle()
        body = json.loads(answer["body"])
        kind = answer["headers"]["Content-Type"]
        is_problem = answer["statusCode"] >= 400
        assert kind == ("application/problem+json" if is_problem else "application/json")
        return answer["statusCode"], body

    def executions(self) -> dict[str, str]:
        """The executions of the state machine: states by name."""
        listed = self.world.client("stepfunctions").list_executions(stateMachineArn=MACHINE_ARN)
        return {each["name"]: each["status"] for each in listed["executions"]}

    def start_execution(self) -> None:
        """The run's execution goes on."""
        self.world.client("stepfunctions").start_execution(
            stateMachineArn=MACHINE_ARN, name=RUN_ID, input=json.dumps(exome_input())
        )


def expect(path: str) -> Callable[[Callable[[Request], None]], Callable[[Request], None]]:
    def register(expectation: Callable[[Request], None]) -> Callable[[Request], None]:
        EXPECTATIONS[path] = expectation
        return expectation

    return register


@pytest.fixture
def machine(world: AwsWorld) -> None:
    world.client("stepfunctions").create_state_machine(
        name="secondary_analysis-dev",
        roleArn="arn:aws:iam::123456789012:role/machine",
        definition='{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}',
    )


@pytest.mark.parametrize("name", FILES)
def test_request_is_answered_as_expected(
    name: str, world: AwsWorld, machine: None, invoke: Invoke
) -> None:
    EXPECTATIONS[name](Request(world, invoke, "api", read_event(f"api/{name}.json")))


def test_request_expected_exists() -> None:
    assert set(EXPECTATIONS) == set(FILES)


@expect("start_run")
def start_run_starts_one_run_for_its_key(request: Request) -> None:
    status, run = request.answer()
    again = request.answer()

    assert (status, run["sampleId"], run["state"]) == (201, "NA12878", "RUNNING")
    assert request.executions() == {run["runId"]: "RUNNING"}
    assert again == (201, run)
    given = json.loads(request.event["body"])
    described = request.world.client("stepfunctions").describe_execution(
        executionArn=EXECUTION_ARN.replace(RUN_ID, run["runId"])
    )
    assert json.loads(described["input"]) == given


@expect("start_run_invalid")
def start_run_invalid_is_refused_naming_each_field(request: Request) -> None:
    status, problem = request.answer()

    assert (status, problem["status"], problem["type"]) == (
        422,
        422,
        "urn:seqstack:problem:invalid-input",
    )
    assert [error["field"] for error in problem["errors"]] == [
        "$.bwa.memory",
        "$.sampleId",
        "$.threads",
    ]
    assert request.executions() == {}


@expect("list_runs")
def list_runs_gives_the_sample_alone(request: Request) -> None:
    request.open_run()

    status, listed = request.answer()

    assert (status, listed["nextToken"]) == (200, None)
    assert [(run["runId"], run["sampleId"]) for run in listed["runs"]] == [(RUN_ID, "NA12878")]


@expect("get_run")
def get_run_shows_steps_and_jobs(request: Request) -> None:
    request.submit_align()

    status, run = request.answer()

    assert (status, run["runId"], run["executionArn"]) == (200, RUN_ID, EXECUTION_ARN)
    assert [step["step"] for step in run["steps"]] == [
        "align",
        "callVariants",
        "annotate",
        "alignmentStats",
    ]
    (job,) = run["steps"][0]["jobs"]
    assert (job["attempt"], job["state"], job["memoryMib"]) == (1, "SUBMITTED", 28672)
    assert "taskToken" not in json.dumps(run)


@expect("abort_run")
def abort_run_stops_the_execution_and_tells_who_did(request: Request) -> None:
    request.open_run()
    request.start_execution()

    status, run = request.answer()

    assert (status, run["state"]) == (202, RunState.ABORTED)
    assert request.executions() == {RUN_ID: "ABORTED"}
    assert request.answer()[0] == 409
