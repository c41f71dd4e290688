"""What a sweep asks of Batch and of Step Functions, through the adapters."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from seqstack.adapters import aws
from seqstack.adapters.batch import Batch
from seqstack.adapters.executions import Executions
from seqstack.domain.failures import Failure
from seqstack.domain.words import JobState, RunState
from tests.support.aws_world import MACHINE_ARN, AwsWorld, make_batch, make_state_machines
from tests.support.builders import ALIGN, EXECUTION_ARN, RUN_ID, job_detail, run_row, step_plan

NOW = "2025-06-02T12:00:00.000Z"
STOPPED = datetime(2025, 6, 2, 10, 15, 0, 500_000, UTC)


@contextmanager
def answered(
    service: Literal["batch", "sfn"], operation: str, answer: Callable[[dict[str, Any]], Any]
) -> Iterator[None]:
    """Let a service answer `operation` by what `answer` makes of the request's body."""

    def take(params: Any, **_: Any) -> Any:
        return AWSResponse("", 200, HTTPHeaders(), None), answer(json.loads(params["body"]))

    events: Any = aws.client("stepfunctions" if service == "sfn" else "batch").meta.events
    events.register(f"before-call.{service}.{operation}", take)
    yield
    events.unregister(f"before-call.{service}.{operation}", take)


# Batch


@pytest.mark.usefixtures("world")
def test_open_jobs_are_all_that_have_not_ended_page_by_page_and_hundred_by_hundred() -> None:
    asked: list[str] = []
    described: list[int] = []

    def list_jobs(body: dict[str, Any]) -> dict[str, Any]:
        asked.append(body["jobStatus"])
        if body["jobStatus"] != "RUNNABLE":
            return {"jobSummaryList": []}
        first = 0 if "nextToken" not in body else 90
        ids = [{"jobId": f"job-{number}"} for number in range(first, 90 if not first else 150)]
        return {"jobSummaryList": ids, **({} if first else {"nextToken": "more"})}

    def describe_jobs(body: dict[str, Any]) -> dict[str, Any]:
        described.append(len(body["jobs"]))
        return {"jobs": [job_detail("RUNNABLE", jobId=job_id) for job_id in body["jobs"]]}

    with (
        answered("batch", "ListJobs", list_jobs),
        answered("batch", "DescribeJobs", describe_jobs),
    ):
        jobs = list(Batch("dev").open_jobs("highPriority-dev"))

    assert [job.job_id for job in jobs] == [f"job-{number}" for number in range(150)]
    assert {job.key for job in jobs} == {ALIGN}
    assert described == [100, 50]
    assert asked == ["SUBMITTED", "PENDING", "RUNNABLE", "RUNNABLE", "STARTING", "RUNNING"]
    assert {JobState(state) for state in asked} == {
        state for state in JobState if not state.is_terminal and state is not JobState.SUBMITTING
    }


@pytest.mark.usefixtures("world")
def test_job_is_found_by_its_name_on_whatever_page_it_is() -> None:
    def list_jobs(body: dict[str, Any]) -> dict[str, Any]:
        assert body["filters"] == [{"name": "JOB_NAME", "values": [ALIGN.job_name]}]
        if "nextToken" not in body:
            return {"jobSummaryList": [], "nextToken": "more"}
        return {"jobSummaryList": [{"jobId": "it", "jobName": ALIGN.job_name, "createdAt": 1}]}

    with answered("batch", "ListJobs", list_jobs):
        found = Batch("dev").find_job(ALIGN, "highPriority-dev")

    assert found == "it"


@pytest.mark.usefixtures("world")
def test_describe_all_asks_for_a_hundred_at_a_time_and_knows_no_forgotten_job() -> None:
    described: list[int] = []

    def describe_jobs(body: dict[str, Any]) -> dict[str, Any]:
        described.append(len(body["jobs"]))
        known = [job_id for job_id in body["jobs"] if job_id != "job-7"]
        return {"jobs": [job_detail("RUNNING", jobId=job_id) for job_id in known]}

    with answered("batch", "DescribeJobs", describe_jobs):
        jobs = Batch("dev").describe_all(f"job-{number}" for number in range(201))

    assert described == [100, 100, 1]
    assert len(jobs) == 200
    assert "job-7" not in jobs
    assert jobs["job-200"].state is JobState.RUNNING


def test_terminate_of_a_job_that_has_ended_is_no_error(world: AwsWorld) -> None:
    make_batch(world)
    plan = step_plan(job_queue="highPriority-dev", job_definition="bwa-dev:1")
    job_id = Batch("dev").submit(ALIGN, plan)

    for _ in range(2):
        Batch("dev").terminate(job_id, f"run {RUN_ID} has ended")


# Step Functions


@pytest.fixture
def execution(world: AwsWorld) -> str:
    """A running execution of `secondary_analysis`."""
    make_state_machines(world)
    started = world.client("stepfunctions").start_execution(
        stateMachineArn=MACHINE_ARN, name=RUN_ID
    )
    return str(started["executionArn"])


@pytest.fixture
def executions(world: AwsWorld) -> Executions:
    return Executions(world.ledger, {"secondary_analysis": MACHINE_ARN})


def test_going_on_are_all_that_run_page_by_page(executions: Executions) -> None:
    asked: list[dict[str, Any]] = []

    def list_executions(body: dict[str, Any]) -> dict[str, Any]:
        asked.append(body)
        is_first = "nextToken" not in body
        found = [{"executionArn": "first" if is_first else "second"}]
        return {"executions": found, **({"nextToken": "more"} if is_first else {})}

    with answered("sfn", "ListExecutions", list_executions):
        going_on = executions.going_on()

    assert going_on == {"first", "second"}
    assert [(body["stateMachineArn"], body["statusFilter"]) for body in asked] == [
        (MACHINE_ARN, "RUNNING")
    ] * 2
    assert {body["maxResults"] for body in asked} == {1000}


def test_going_on_is_without_what_was_stopped(
    world: AwsWorld, execution: str, executions: Executions
) -> None:
    assert executions.going_on() == {execution}

    world.client("stepfunctions").stop_execution(executionArn=execution)

    assert executions.going_on() == frozenset()


@pytest.mark.usefixtures("world")
def test_redriven_in_vain_are_those_that_ended_recently_after_a_redrive(
    executions: Executions,
) -> None:
    asked: list[tuple[str, bool]] = []
    an_hour = timedelta(hours=1)

    def execution(name: str, stopped: datetime, redrives: int) -> dict[str, Any]:
        return {"name": name, "stopDate": stopped, "redriveCount": redrives}

    pages = {  # the newest end first
        ("ABORTED", False): [execution("a", STOPPED + an_hour, 2)],
        ("ABORTED", True): [execution("b", STOPPED, 0), execution("c", STOPPED, 1)],
        ("FAILED", False): [execution("d", STOPPED, 1), execution("e", STOPPED - an_hour, 1)],
        ("TIMED_OUT", False): [],
    }

    def list_executions(body: dict[str, Any]) -> dict[str, Any]:
        assert (body["stateMachineArn"], body["maxResults"]) == (MACHINE_ARN, 1000)
        page = (body["statusFilter"], "nextToken" in body)
        asked.append(page)
        has_more = page in {("ABORTED", False), ("FAILED", False)}
        return {"executions": pages[page], **({"nextToken": "more"} if has_more else {})}

    with answered("sfn", "ListExecutions", list_executions):
        found = executions.redriven_in_vain("2025-06-02T09:15:00.500Z")

    assert found == {"a": 2, "c": 1, "d": 1}
    assert sorted(asked) == sorted(pages)  # not what lies behind an end that is long past


def test_redriven_in_vain_leaves_out_what_was_stopped_once(
    world: AwsWorld, execution: str, executions: Executions
) -> None:
    world.client("stepfunctions").stop_execution(executionArn=execution)

    assert executions.redriven_in_vain("") == {}


def test_end_of_a_redriven_execution_is_that_of_its_redrive(
    execution: str, executions: Executions
) -> None:
    answer = {"status": "FAILED", "error": "E", "cause": "c", "redriveCount": 2}
    with answered("sfn", "DescribeExecution", lambda _: {**answer, "stopDate": STOPPED}):
        ended = executions.end_of(run_row(execution_arn=execution), NOW)

    assert ended
    assert ended.redrive == 2


def test_end_of_an_execution_that_is_running_is_none(
    execution: str, executions: Executions
) -> None:
    assert executions.end_of(run_row(execution_arn=execution), NOW) is None


def test_end_of_an_execution_that_was_stopped_is_the_runs_with_all_else_it_knows(
    world: AwsWorld, execution: str, executions: Executions
) -> None:
    world.client("stepfunctions").stop_execution(executionArn=execution)
    run = run_row(execution_arn=execution, redrive=2)

    ended = executions.end_of(run, NOW)

    assert ended
    assert replace(ended, ended_at="", failure=None) == replace(run, state=RunState.ABORTED)


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        ({"status": "SUCCEEDED"}, None),
        (
            {"status": "TIMED_OUT"},
            Failure("ExecutionTimedOut", "the execution ended as TIMED_OUT"),
        ),
        ({"status": "ABORTED"}, Failure("ExecutionAborted", "the execution ended as ABORTED")),
        ({"status": "FAILED", "error": "E", "cause": "c"}, Failure("E", "c")),
        (
            {"status": "ABORTED", "error": "Cancelled", "cause": "Wrong sample sheet"},
            Failure("Cancelled", "Wrong sample sheet"),
        ),
    ],
)
def test_end_of_an_execution_says_why_where_it_can(
    execution: str, answer: dict[str, Any], failure: Failure | None, executions: Executions
) -> None:
    with answered("sfn", "DescribeExecution", lambda _: {**answer, "stopDate": STOPPED}):
        ended = executions.end_of(run_row(execution_arn=execution), NOW)

    assert ended
    assert (ended.state, ended.ended_at) == (RunState(answer["status"]), "2025-06-02T10:15:00.500Z")
    assert ended.failure == failure


def test_end_of_an_execution_that_is_about_to_be_redriven_is_none(
    execution: str, executions: Executions
) -> None:
    with answered("sfn", "DescribeExecution", lambda _: {"status": "PENDING_REDRIVE"}):
        assert executions.end_of(run_row(execution_arn=execution), NOW) is None


@pytest.mark.parametrize("gone", [EXECUTION_ARN, "not-an-arn"])
def test_end_of_an_unknown_execution_is_an_abort_now(gone: str, executions: Executions) -> None:
    ended = executions.end_of(run_row(execution_arn=gone), NOW)

    assert ended
    assert (ended.state, ended.ended_at) == (RunState.ABORTED, NOW)
    assert ended.failure == Failure("ExecutionGone", f"Step Functions does not know {gone}")
