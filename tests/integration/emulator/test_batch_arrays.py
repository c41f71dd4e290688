"""Array jobs through boto3 and moto, with a scripted runner."""

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from tests.harness.scripted import Act, ScriptedRunner
from tests.support.batch_world import ON_RECLAIM, PATH, BatchWorld, batch_world, moto_server


@pytest.fixture
def runner() -> ScriptedRunner:
    return ScriptedRunner(
        {
            "oneFails:1": [Act.fail(3)],
            "oneIsLost:1": [Act.lose_host(), Act.succeed()],
            "oneHangs:1": [Act.hang()],
            "hangs*": [Act.hang()],
            "fails": [Act.fail(1)],
        }
    )


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with moto_server() as endpoint:
        yield endpoint


@pytest.fixture
def world(endpoint: str, runner: ScriptedRunner) -> Iterator[BatchWorld]:
    with batch_world(endpoint, runner) as world:
        yield world


def submit(world: BatchWorld, name: str, size: int = 3) -> str:
    return world.submit(name, arrayProperties={"size": size}, retryStrategy=ON_RECLAIM)


def test_array_runs_each_child_with_its_index(world: BatchWorld, runner: ScriptedRunner) -> None:
    array = world.finish(parent := submit(world, "array"))

    indexes = [attempt.environment["AWS_BATCH_JOB_ARRAY_INDEX"] for attempt in runner.started]
    assert sorted(indexes) == ["0", "1", "2"]
    assert {attempt.job_id for attempt in runner.started} == {f"{parent}:{i}" for i in range(3)}
    assert array["status"] == "SUCCEEDED"
    assert array["arrayProperties"]["size"] == 3
    assert array["arrayProperties"]["statusSummary"]["SUCCEEDED"] == 3
    assert array["attempts"] == []
    assert world.describe(f"{parent}:2")["arrayProperties"] == {"index": 2}


def test_parent_waits_as_pending_and_ends_after_its_last_child(world: BatchWorld) -> None:
    world.finish(parent := submit(world, "array"))

    assert world.states(parent) == ["PENDING", "SUCCEEDED"]
    assert world.states(f"{parent}:0") == [*PATH, "SUCCEEDED"]
    assert world.events[-1]["detail"]["jobId"] == parent


def test_child_that_fails_fails_the_parent_after_the_others_have_ended(world: BatchWorld) -> None:
    array = world.finish(parent := submit(world, "oneFails"))

    assert array["status"] == "FAILED"
    assert array["statusReason"] == "Array Child Job failed"
    assert array["arrayProperties"]["statusSummary"] == {
        **dict.fromkeys(["SUBMITTED", "PENDING", *PATH], 0),
        "SUCCEEDED": 2,
        "FAILED": 1,
    }
    assert world.describe(f"{parent}:1")["container"]["exitCode"] == 3


def test_child_on_a_reclaimed_host_runs_again_alone(
    world: BatchWorld, runner: ScriptedRunner
) -> None:
    array = world.finish(parent := submit(world, "oneIsLost"))

    started = [attempt.job_id for attempt in runner.started]
    assert array["status"] == "SUCCEEDED"
    assert sorted(started) == [f"{parent}:{index}" for index in (0, 1, 1, 2)]
    assert len(world.describe(f"{parent}:1")["attempts"]) == 2


def test_terminated_array_stops_its_children_and_ends_with_the_callers_reason(
    world: BatchWorld,
) -> None:
    parent = submit(world, "hangs", size=4)
    world.wait_for(f"{parent}:0", "RUNNING")

    world.client("batch").terminate_job(jobId=parent, reason="the run has ended")
    array = world.finish(parent)

    assert (array["status"], array["statusReason"]) == ("FAILED", "the run has ended")
    assert array["isTerminated"]
    children = [world.describe(f"{parent}:{index}") for index in range(4)]
    assert {child["statusReason"] for child in children} == {"the run has ended"}
    assert array["arrayProperties"]["statusSummary"]["FAILED"] == 4


def test_cancelled_array_lets_its_running_children_end(
    world: BatchWorld, runner: ScriptedRunner
) -> None:
    parent = submit(world, "hangs", size=4)
    world.wait_for(f"{parent}:0", "RUNNING")
    running = world.describe(parent)["arrayProperties"]["statusSummary"]["RUNNING"]

    world.client("batch").cancel_job(jobId=parent, reason="not needed")

    summary = world.describe(parent)["arrayProperties"]["statusSummary"]
    assert world.describe(parent)["status"] == "PENDING"
    assert (summary["RUNNING"], summary["FAILED"]) == (running, 4 - running)


def test_array_starts_after_what_it_depends_on(world: BatchWorld, runner: ScriptedRunner) -> None:
    failed = world.submit("fails")
    waiting = world.submit("array", arrayProperties={"size": 2}, dependsOn=[{"jobId": failed}])

    array = world.finish(waiting)

    assert array["statusReason"] == "Dependent Job failed"
    assert [attempt.job_name for attempt in runner.started] == ["fails"]


def test_children_are_listed_by_their_array_and_not_in_their_queue(world: BatchWorld) -> None:
    world.finish(parent := submit(world, "array"))
    batch = world.client("batch")
    named = [{"name": "JOB_NAME", "values": ["array"]}]

    in_queue = batch.list_jobs(jobQueue="low", filters=named)["jobSummaryList"]
    children = batch.list_jobs(arrayJobId=parent, jobStatus="SUCCEEDED")["jobSummaryList"]

    assert [job["jobId"] for job in in_queue] == [parent]
    assert {job["jobId"] for job in children} == {f"{parent}:{index}" for index in range(3)}
    with pytest.raises(ClientError, match="exactly one"):
        batch.list_jobs(jobQueue="low", arrayJobId=parent)
