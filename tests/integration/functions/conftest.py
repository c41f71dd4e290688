"""A deployed function in moto: its environment, the world around it, and a call of its handler."""

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.aws_world import (
    AwsWorld,
    aws_world,
    forget_clients,
    function_environment,
    heard_answers,
    make_batch,
    make_objects_and_logs,
    make_run_ends,
)

FUNCTIONS = {
    "validate_input": "ValidateInputFunction",
    "validate_cohort": "ValidateCohortFunction",
    "submit_job": "SubmitJobFunction",
    "get_job_status": "GetJobStatusFunction",
    "track_job": "TrackJobFunction",
    "account_job": "AccountJobFunction",
    "account_runs": "AccountRunsFunction",
    "finish_run": "FinishRunFunction",
    "stop_jobs": "StopJobsFunction",
    "close_cohort": "CloseCohortFunction",
    "notify_run_end": "NotifyRunEndFunction",
    "sweep_runs": "SweepRunsFunction",
    "api": "ApiFunction",
}

type Invoke = Callable[[str, Any], dict[str, Any]]


@dataclass(frozen=True)
class Context:
    """The part of Lambda's context that Powertools reads."""

    function_name: str
    memory_limit_in_mb: int = 256
    aws_request_id: str = "52fdfc07-2182-454f-963f-5f0f9a621d72"

    def get_remaining_time_in_millis(self) -> int:
        return 900_000

    @property
    def invoked_function_arn(self) -> str:
        return f"arn:aws:lambda:us-east-1:123456789012:function:{self.function_name}"


@pytest.fixture(scope="package", autouse=True)
def _own_clients() -> Iterator[None]:
    forget_clients()
    yield
    forget_clients()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsWorld]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with aws_world() as world:
        make_objects_and_logs(world)
        make_run_ends(world)
        with heard_answers(world):
            yield world


@pytest.fixture
def batch(world: AwsWorld) -> None:
    """The stack's queues and job definitions, for the functions that ask Batch."""
    make_batch(world)


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Call a function's handler with nothing but the environment that the template gives it."""

    def call(function: str, event: Any) -> dict[str, Any]:
        for name, value in function_environment(FUNCTIONS[function]).items():
            monkeypatch.setenv(name, value)
        handler = importlib.import_module(f"functions.{function}.app").lambda_handler
        answer: dict[str, Any] = handler(event, Context(f"{function}-dev"))
        return answer

    return call
