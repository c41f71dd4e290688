"""Events that are lost, late, repeated or out of order."""

import threading
from typing import Any

from seqstack.domain.words import JobState
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS
from tests.harness.scripted import Act
from tests.support.workflow_world import RECONCILE_SECONDS, World

TERMINAL = {"SUCCEEDED", "FAILED"}


def is_end_of(event: dict[str, Any], step: str) -> bool:
    detail = event["detail"]
    is_job = event["source"] == "aws.batch" and detail["jobName"].endswith(f"-{step}-1")
    return is_job and detail["status"] in TERMINAL


def test_last_event_lost_job_is_reconciled(world: World) -> None:
    world.emulator.events.intercept = lambda event: [] if is_end_of(event, "align") else [event]

    ended = world.run(world.sample())

    assert ended.execution["status"] == "SUCCEEDED"
    assert ended.steps["align"] == [
        "NumberAttempt", "SubmitJob", "GetJobStatus", "CheckJobStatus", "JobSucceeded",
    ]  # fmt: skip
    assert world.job(ended).state is JobState.SUCCEEDED


def test_every_event_of_a_failed_job_lost_step_fails_as_with_events(world: World) -> None:
    world.play({"-align-1": [Act.fail(65, lines=["FAILED align: bad FASTQ"])]})
    world.emulator.events.intercept = lambda event: (
        [] if event["source"] == "aws.batch" else [event]
    )

    ended = world.run(world.sample())

    assert ended.error == "ToolFailedError"
    assert "FAILED align: bad FASTQ" in ended.cause
    assert ended.steps["align"] == [
        "NumberAttempt", "SubmitJob", "GetJobStatus", "CheckJobStatus", "TakeJobFailure",
        "RecordFailure", "StepFailed",
    ]  # fmt: skip


def test_job_longer_than_the_wait_is_waited_for_again(world: World) -> None:
    world.play({"-align-1": [Act.succeed(after_seconds=RECONCILE_SECONDS + 2)]})

    ended = world.run(world.sample())

    assert ended.execution["status"] == "SUCCEEDED"
    assert ended.steps["align"] == [
        "NumberAttempt", "SubmitJob", "GetJobStatus", "CheckJobStatus", "DoubleWait",
        "AwaitJob", "JobSucceeded",
    ]  # fmt: skip
    assert world.jobs_of(ended).count(f"{ended.execution['name']}-align-1") == 1


def test_events_repeated_change_nothing(world: World) -> None:
    world.emulator.events.intercept = lambda event: [event] * 3

    ended = world.run(world.sample())

    assert ended.execution["status"] == "SUCCEEDED"
    assert all(
        states == ["NumberAttempt", "SubmitJob", "JobSucceeded"] for states in ended.steps.values()
    )
    assert world.job(ended).state is JobState.SUCCEEDED


def test_running_event_after_the_end_changes_nothing(world: World) -> None:
    held: list[dict[str, Any]] = []
    lock = threading.Lock()

    def reorder(event: dict[str, Any]) -> list[dict[str, Any]]:
        """Hold back all but the last event of each job, and deliver them after it, backwards."""
        if event["source"] != "aws.batch":
            return [event]
        with lock:
            if event["detail"]["status"] not in TERMINAL:
                held.append(event)
                return []
            job_id = event["detail"]["jobId"]
            mine = [old for old in held if old["detail"]["jobId"] == job_id]
            return [event, *reversed(mine)]

    world.emulator.events.intercept = reorder

    ended = world.run(world.sample())

    assert ended.execution["status"] == "SUCCEEDED"
    jobs = len(SECONDARY_ANALYSIS.default_tools)
    assert len(held) >= jobs * 3
    world.eventually(
        [JobState.SUCCEEDED] * jobs, lambda: [job.state for job in world.row(ended).jobs]
    )
    calls = world.emulator.events.published
    assert calls, "events were published"
    assert [job.state for job in world.row(ended).jobs] == [JobState.SUCCEEDED] * jobs
