"""Retried failures, end to end: what the next try requests, and when retries end."""

import pytest

from seqstack.domain.words import JobState, RunState, Step, StepState
from tests.harness.scripted import Act
from tests.support.workflow_world import EndedRun, World

AGAIN = ["GetJobStatus", "CheckJobStatus", "NumberNextAttempt", "SubmitJob"]
GIVEN_UP = ["GetJobStatus", "CheckJobStatus", "TakeJobFailure", "RecordFailure", "StepFailed"]


def described(world: World, ended: EndedRun, ending: str, run_id: str = "") -> dict[str, object]:
    """The job as Batch describes it."""
    name = f"{run_id or ended.execution['name']}-{ending}"
    for queue in ("HighPriority", "LowPriority", "OnDemand"):
        found = world.emulator.client("batch").list_jobs(
            jobQueue=world.emulator.outputs[f"{queue}QueueArn"],
            filters=[{"name": "JOB_NAME", "values": [name]}],
        )["jobSummaryList"]
        if found:
            ids = [found[0]["jobId"]]
            return dict(world.emulator.client("batch").describe_jobs(jobs=ids)["jobs"][0])
    raise AssertionError(f"no job {name}")


def asked_memory(job: dict[str, object]) -> int:
    container = job["container"]
    assert isinstance(container, dict)
    asked = {item["type"]: item["value"] for item in container["resourceRequirements"]}
    return int(asked["MEMORY"])


def test_spot_host_reclaimed_once_batch_tries_again_by_itself(world: World) -> None:
    world.play({"-align-1": [Act.lose_host(), Act.succeed()]})

    ended = world.run(world.sample())

    assert ended.execution["status"] == "SUCCEEDED"
    assert ended.steps["align"] == ["NumberAttempt", "SubmitJob", "JobSucceeded"]
    assert world.job(ended).batch_attempts == 2


@pytest.mark.long
def test_spot_host_of_a_long_job_reclaimed_once_goes_to_on_demand_capacity(world: World) -> None:
    world.play({"-align-1": [Act.lose_host()]})

    ended = world.run_aligned(expected_seconds=12 * 3600, timeout_seconds=48 * 3600)

    assert ended.execution["status"] == "SUCCEEDED"
    first, second = world.ledger.history(ended.run_id).jobs
    assert (first.batch_attempts, second.batch_attempts) == (1, 1)
    assert (
        described(world, ended, "align-2", ended.run_id)["jobQueue"]
        == (world.emulator.outputs["OnDemandQueueArn"])
    )
    assert described(world, ended, "align-2", ended.run_id)["timeout"] == {
        "attemptDurationSeconds": 48 * 3600
    }


def test_spot_host_reclaimed_every_time_goes_to_on_demand_capacity(world: World) -> None:
    world.play({"-align-1": [Act.lose_host()]})

    ended = world.run(world.sample())

    assert ended.execution["status"] == "SUCCEEDED"
    assert ended.steps["align"] == ["NumberAttempt", "SubmitJob", *AGAIN, "JobSucceeded"]
    first, second = world.row(ended).jobs[:2]
    assert (first.state, first.batch_attempts) == (JobState.FAILED, 3)
    assert first.failure is not None
    assert first.failure.error == "SpotReclaimedError"
    assert second.state is JobState.SUCCEEDED
    queue = described(world, ended, "align-2")["jobQueue"]
    assert queue == world.emulator.outputs["OnDemandQueueArn"]


def test_out_of_memory_doubles_the_memory_of_the_next_try(world: World) -> None:
    world.play({"-annotate-1": [Act.run_out_of_memory()], "-annotate-2": [Act.fail(137)]})

    ended = world.run(world.sample())

    assert ended.execution["status"] == "SUCCEEDED"
    assert ended.steps["annotate"] == ["NumberAttempt", "SubmitJob", *AGAIN, *AGAIN, "JobSucceeded"]
    asked = [asked_memory(described(world, ended, f"annotate-{n}")) for n in (1, 2, 3)]
    assert asked == [asked[0], 2 * asked[0], 4 * asked[0]]
    tries = [job for job in world.row(ended).jobs if job.key.step == Step.ANNOTATE]
    assert [job.memory_mib for job in tries] == asked
    container = described(world, ended, "annotate-3")["container"]
    assert isinstance(container, dict)
    told = container["command"]
    assert int(told[told.index("--memory") + 1]) == asked[2] // 1024


def test_out_of_memory_at_the_tools_limit_fails(world: World) -> None:
    world.play({f"-annotate-{n}": [Act.run_out_of_memory()] for n in range(1, 9)})

    ended = world.run(world.sample(snpEff={"memory": 48}))

    assert ended.error == "OutOfMemoryError"
    assert "annotate (snpEff) failed: exit status 137" in ended.cause
    tries = [job for job in world.row(ended).jobs if job.key.step == Step.ANNOTATE]
    assert [job.memory_mib // 1024 for job in tries] == [48, 64]


def test_image_that_cannot_be_pulled_is_tried_once_more(world: World) -> None:
    world.play(
        {
            "-align-1": [Act.lack_image()],
            "-align-2": [Act.lack_image("CannotPullContainerError: no such tag")],
        }
    )

    ended = world.run(world.sample())

    assert ended.error == "ImagePullError"
    assert "no such tag" in ended.cause
    assert ended.steps["align"] == ["NumberAttempt", "SubmitJob", *AGAIN, *GIVEN_UP]


@pytest.mark.long
def test_container_that_docker_could_not_create_is_tried_again(world: World) -> None:
    timed_out = Act.lack_image("DockerTimeoutError: Could not transition to created; timed out")
    world.play({"-align-1": [timed_out], "-align-2": [timed_out, Act.succeed()]})

    ended = world.run(world.sample())

    assert ended.execution["status"] == "SUCCEEDED"
    assert ended.steps["align"] == ["NumberAttempt", "SubmitJob", *AGAIN, "JobSucceeded"]
    first, second = world.row(ended).jobs[:2]
    assert first.failure is not None
    assert first.failure.error == "ContainerNotRunError"
    assert (first.batch_attempts, second.batch_attempts) == (3, 2)


def test_tool_error_is_not_tried_again(world: World) -> None:
    world.play({"-align-1": [Act.fail(65)]})

    ended = world.run(world.sample())

    assert world.jobs_of(ended) == [f"{ended.execution['name']}-align-1"]


def test_failed_branch_stops_the_jobs_of_the_other(world: World) -> None:
    world.play({"-callVariants-1": [Act.fail(1)], "-alignmentStats-1": [Act.hang()]})

    ended = world.run(world.sample())

    assert ended.error == "ToolFailedError"
    world.eventually((), world.emulator.batch.jobs_running)
    world.eventually(
        {Step.ALIGN: StepState.SUCCEEDED, Step.CALL_VARIANTS: StepState.FAILED,
         Step.ANNOTATE: StepState.STOPPED, Step.ALIGNMENT_STATS: StepState.STOPPED,
         Step.AGGREGATE_QC: StepState.STOPPED},
        lambda: {step.step: step.state for step in world.row(ended).steps},
    )  # fmt: skip
    world.eventually(True, lambda: all(job.state.is_terminal for job in world.row(ended).jobs))
    assert world.row(ended).run.state is RunState.FAILED
