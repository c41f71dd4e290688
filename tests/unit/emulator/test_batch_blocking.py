"""Blocked queues: which jobs wait, which events are sent, and which jobs are cancelled when."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from emulator.engine.batch.blocking import BlockReason
from emulator.engine.batch.engine import BatchEngine
from emulator.engine.batch.submission import Submission, TimeLimit
from tests.harness.scripted import Act, ScriptedRunner
from tests.harness.standing_clock import StandingClock
from tests.support.waiting import until
from tests.unit.emulator.test_batch_engine import engine_with, finish, submission

CAPACITY = BlockReason.INSUFFICIENT_INSTANCE_CAPACITY
STUCK = {
    CAPACITY: "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Service cannot fulfill the capacity"
    " requested for instance type [m5.large]",
    BlockReason.COMPUTE_ENVIRONMENT_MAX_RESOURCE: (
        "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE - CE(s) associated with the job queue"
        " cannot meet the CPU requirement of the job."
    ),
    BlockReason.JOB_RESOURCE_REQUIREMENT: "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - The job"
    " resource requirement (vCPU/memory/GPU) is higher than that can be met by the CE(s) attached"
    " to the job queue.",
}


class Blocked:
    """An engine whose jobs' queue `q1` cancels what is stuck, and what it has published."""

    def __init__(
        self, engine: BatchEngine, events: list[dict[str, Any]], clock: StandingClock
    ) -> None:
        self.engine = engine
        self.events = events
        self.clock = clock

    def submit(self, name: str, limit: int = 600, priority: int = 1) -> str:
        given = submission(name, priority=priority)
        limits = tuple(TimeLimit(reason.value, limit) for reason in BlockReason)
        limited: Submission = replace(given, queue=replace(given.queue, time_limits=limits))
        return self.engine.submit(limited).job_id

    def job(self, job_id: str) -> dict[str, Any]:
        (job,) = self.engine.describe([job_id])
        return job

    def blocked_events(self) -> list[dict[str, Any]]:
        return [e for e in self.events if e["detail-type"] == "Batch Job Queue Blocked"]

    def failed_events(self) -> list[dict[str, Any]]:
        return [e for e in self.events if e["detail"]["status"] == "FAILED"]


@pytest.fixture
def blocked() -> Iterator[Blocked]:
    events: list[dict[str, Any]] = []
    clock = StandingClock()
    with engine_with(ScriptedRunner(clock=clock), events) as engine:
        yield Blocked(engine, events, clock)


@pytest.mark.parametrize("reason", BlockReason)
def test_job_at_the_head_stays_runnable_with_the_reason_as_aws_words_it(
    blocked: Blocked, reason: BlockReason
) -> None:
    blocked.engine.block_queue("q1", reason)
    job_id = blocked.submit("stuck")
    until(lambda: len(blocked.blocked_events()) == 1)
    assert blocked.job(job_id)["status"] == "RUNNABLE"
    assert blocked.job(job_id)["statusReason"] == STUCK[reason]


def test_blocked_event_has_the_shape_aws_documents(blocked: Blocked) -> None:
    blocked.engine.block_queue("q1", CAPACITY)
    job_id = blocked.submit("stuck")
    until(lambda: len(blocked.blocked_events()) == 1)
    (event,) = blocked.blocked_events()
    assert event["source"] == "aws.batch"
    assert event["resources"] == [
        f"arn:aws:batch:us-east-1:123456789012:job/{job_id}",
        "arn:aws:batch:::job-queue/1",
    ]
    detail = event["detail"]
    assert (detail["jobId"], detail["status"]) == (job_id, "RUNNABLE")
    assert detail["statusReason"] == STUCK[CAPACITY]
    assert detail["jobQueue"] == event["resources"][1]
    assert detail["attempts"] == []


def test_time_limit_cancels_the_head_and_the_next_job_becomes_it(blocked: Blocked) -> None:
    blocked.engine.block_queue("q1", CAPACITY)
    first, second = blocked.submit("first"), blocked.submit("second")
    blocked.clock.until(lambda: len(blocked.failed_events()) == 2)
    assert blocked.clock.monotonic() == 2 * 600
    for job_id in (first, second):
        job = blocked.job(job_id)
        assert job["statusReason"] == (
            "Canceled by JobStateTimeLimit action due to reason: "
            "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"
        )
        assert (job["isCancelled"], job["attempts"]) == (True, [])
    assert [e["detail"]["jobId"] for e in blocked.blocked_events()] == [first, second]
    assert [e["detail"]["jobId"] for e in blocked.failed_events()] == [first, second]


def test_limit_for_another_reason_cancels_nothing(blocked: Blocked) -> None:
    given = submission("patient")
    limits = (TimeLimit(BlockReason.JOB_RESOURCE_REQUIREMENT.value, 600),)
    blocked.engine.block_queue("q1", CAPACITY)
    job = blocked.engine.submit(replace(given, queue=replace(given.queue, time_limits=limits)))
    blocked.clock.settle()
    blocked.clock.advance(6000)
    blocked.clock.settle()
    assert blocked.job(job.job_id)["status"] == "RUNNABLE"


def test_other_queues_and_jobs_before_the_named_one_go_on(blocked: Blocked) -> None:
    blocked.engine.block_queue("arn:aws:batch:::job-queue/q1", CAPACITY, jobs="*-stuck-1")
    ahead = blocked.submit("a-1")
    stuck = blocked.submit("b-stuck-1")
    behind = blocked.submit("c-1")
    elsewhere = blocked.submit("d-stuck-1", priority=2)
    until(lambda: blocked.job(ahead)["status"] == "SUCCEEDED")
    until(lambda: blocked.job(elsewhere)["status"] == "SUCCEEDED")
    assert blocked.job(stuck)["status"] == "RUNNABLE"
    assert blocked.job(behind)["status"] == "RUNNABLE"
    assert "statusReason" not in blocked.job(behind)
    assert len(blocked.blocked_events()) == 1


def test_queue_that_moves_again_runs_its_jobs_in_order(blocked: Blocked) -> None:
    blocked.engine.block_queue("q1", CAPACITY)
    stuck = blocked.submit("stuck")
    until(lambda: len(blocked.blocked_events()) == 1)
    blocked.engine.unblock_queue("q1")
    until(lambda: blocked.engine.wait_idle(0))
    assert blocked.job(stuck)["status"] == "SUCCEEDED"
    assert blocked.job(stuck)["statusReason"] == "Essential container in task exited"


def test_stuck_job_can_be_terminated_and_unblocks_the_next(blocked: Blocked) -> None:
    blocked.engine.block_queue("q1", CAPACITY, jobs="stuck")
    stuck, behind = blocked.submit("stuck"), blocked.submit("behind")
    until(lambda: len(blocked.blocked_events()) == 1)
    blocked.engine.terminate(stuck, "enough")
    until(lambda: blocked.engine.wait_idle(0))
    assert blocked.job(stuck)["statusReason"] == "enough"
    assert blocked.job(behind)["status"] == "SUCCEEDED"


def test_seconds_scale_shortens_attempt_timeouts_too() -> None:
    runner = ScriptedRunner({"*": [Act.hang()]}, StandingClock())
    with engine_with(runner, []) as engine:
        engine.seconds_scale = 0.001
        job = engine.submit(submission("slow", timeout=100))
        finish(engine, runner)
        assert runner.clock.monotonic() == pytest.approx(0.1)
        (described,) = engine.describe([job.job_id])
        assert described["statusReason"] == "Job attempt duration exceeded timeout"
        assert described["timeout"] == {"attemptDurationSeconds": 100}
