"""The engine with scripted jobs and no AWS: Batch's rules hold for all submissions."""

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.engine.batch.capacity import Capacity
from emulator.engine.batch.engine import BatchEngine, EngineClosedError
from emulator.engine.batch.job import Host, Job
from emulator.engine.batch.logs import NoLogs
from emulator.engine.batch.runner import Attempt, RunningAttempt
from emulator.engine.batch.scheduler import share_of
from emulator.engine.batch.submission import Definition, Queue, Submission
from tests.harness.scripted import SIGTERM_EXIT, Act, ScriptedRunner
from tests.harness.standing_clock import StandingClock

MACHINE = Capacity(2, 1000)
FOLLOWS = {
    None: {"PENDING", "RUNNABLE", "FAILED"},
    "PENDING": {"RUNNABLE", "FAILED"},
    "RUNNABLE": {"STARTING", "FAILED"},
    "STARTING": {"RUNNING", "RUNNABLE", "FAILED"},
    "RUNNING": {"RUNNABLE", "SUCCEEDED", "FAILED"},
    "SUCCEEDED": set(),
    "FAILED": set(),
}
ACTS = {
    "good": [Act.succeed(0.001)],
    "bad": [Act.fail(1)],
    "flaky": [Act.fail(1), Act.lose_host(), Act.succeed()],
    "imageless": [Act.lack_image()],
    "hanging": [Act.hang()],
}
jobs = st.lists(
    st.tuples(
        st.sampled_from(sorted(ACTS)),
        st.sampled_from([1, 10]),  # the queue's priority
        st.builds(Capacity, st.integers(1, 3), st.integers(100, 1200)),
        st.integers(1, 3),  # attempts
        st.booleans(),  # depends on the job before
    ),
    max_size=8,
)


class InventedHosts:
    """A new name for every attempt; ECS and EC2 do not know the hosts."""

    def take(self, job: Job) -> Host:
        where = f"{job.submission.region}:{job.submission.account}"
        cluster = f"{job.submission.queue.compute_environment}_Batch"
        number = uuid.uuid4().hex
        return Host(
            f"arn:aws:ecs:{where}:container-instance/{cluster}/{number}", f"i-{number[:17]}"
        )

    def give_back(self, host: Host, *, is_lost: bool) -> None:
        pass


def submission(
    name: str,
    request: Capacity = Capacity(1, 100),  # noqa: B008  # frozen
    priority: int = 1,
    attempts: int = 1,
    depends_on: str | None = None,
    timeout: int | None = None,
) -> Submission:
    definition = Definition(
        arn="arn:aws:batch:us-east-1:123456789012:job-definition/tool:1",
        name="tool",
        container={"image": "tool", "vcpus": request.vcpus, "memory": request.memory_mib},
    )
    return Submission(
        job_name=name,
        queue=Queue(f"arn:aws:batch:::job-queue/{priority}", f"q{priority}", priority, "spot"),
        definition=definition,
        account="123456789012",
        region="us-east-1",
        depends_on=[] if depends_on is None else [{"jobId": depends_on}],
        retry_strategy={"attempts": attempts},
        timeout=None if timeout is None else {"attemptDurationSeconds": timeout},
    )


def finish(engine: BatchEngine, runner: ScriptedRunner) -> None:
    """Wait for the ends of all jobs; time passes when nothing else can happen."""
    assert isinstance(runner.clock, StandingClock)
    runner.clock.until(lambda: engine.wait_idle(0))


@contextmanager
def engine_with(
    runner: ScriptedRunner, events: list[dict[str, Any]], machine: Capacity = MACHINE
) -> Iterator[BatchEngine]:
    engine = BatchEngine(
        events.append,
        runner,
        machine,
        NoLogs(),
        hosts=InventedHosts(),
        grace_seconds=0.05,
        clock=runner.clock,
    )
    try:
        yield engine
    finally:
        engine.close()


def test_engine_publishes_events_in_the_order_of_changes() -> None:
    events: list[dict[str, Any]] = []
    runner = ScriptedRunner(clock=StandingClock())
    with engine_with(runner, events) as engine:
        engine.submit(submission("good"))
        finish(engine, runner)

    assert [event["detail"]["status"] for event in events] == [
        "RUNNABLE",
        "STARTING",
        "RUNNING",
        "SUCCEEDED",
    ]


@settings(max_examples=60)
@given(jobs)
def test_engine_keeps_batchs_rules_whatever_is_submitted(
    submitted: list[tuple[str, int, Capacity, int, bool]],
) -> None:
    events: list[dict[str, Any]] = []
    requests: dict[str, tuple[Capacity, int, str]] = {}
    runner = ScriptedRunner(dict(ACTS), StandingClock())
    with engine_with(runner, events) as engine:
        previous = None
        for name, priority, request, attempts, depends in submitted:
            job = engine.submit(
                submission(name, request, priority, attempts, previous if depends else None)
            )
            previous = job.job_id
            requests[job.job_id] = (request, attempts, name)
            if name == "hanging":
                engine.terminate(job.job_id, "enough")
        finish(engine, runner)
        assert engine.jobs_running() == ()

    states: dict[str, str | None] = dict.fromkeys(requests)
    running: dict[str, Capacity] = {}
    for event in events:
        job_id, state = event["detail"]["jobId"], event["detail"]["status"]
        assert state in FOLLOWS[states[job_id]]
        states[job_id] = state
        running.pop(job_id, None)
        if state in {"STARTING", "RUNNING"}:
            running[job_id] = share_of(MACHINE, requests[job_id][0])
        assert sum(share.vcpus for share in running.values()) <= MACHINE.vcpus
        assert sum(share.memory_mib for share in running.values()) <= MACHINE.memory_mib
        assert len(event["detail"]["attempts"]) <= requests[job_id][1]
    for job_id, (_request, attempts, name) in requests.items():
        if name == "good" or (name == "flaky" and attempts == 3):
            assert states[job_id] in {"SUCCEEDED", "FAILED"}  # failed if what it needs failed
        else:
            assert states[job_id] == "FAILED"


def test_terminate_while_the_container_starts_stops_it() -> None:
    events: list[dict[str, Any]] = []
    runner = ScriptedRunner({"*": [Act.hang()]}, StandingClock())
    with engine_with(runner, events) as engine:
        start = runner.start

        def terminate_then_start(attempt: Attempt) -> RunningAttempt:
            engine.terminate(attempt.job_id, "changed my mind")
            return start(attempt)

        runner.start = terminate_then_start  # type: ignore[method-assign, assignment]
        job = engine.submit(submission("any"))

        finish(engine, runner)
        (described,) = engine.describe([job.job_id])
        assert described["status"] == "FAILED"
        assert described["statusReason"] == "changed my mind"
        assert described["container"]["exitCode"] == SIGTERM_EXIT


def test_runner_that_raises_fails_the_job_frees_the_machine_and_is_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[str] = []
    monkeypatch.setattr(threading, "excepthook", lambda told: heard.append(str(told.exc_value)))
    runner = ScriptedRunner(clock=StandingClock())

    def explode(attempt: Attempt) -> RunningAttempt:
        raise RuntimeError(f"no way to start {attempt.job_name}")

    runner.start = explode  # type: ignore[method-assign, assignment]
    with engine_with(runner, []) as engine:
        job = engine.submit(submission("any"))

        finish(engine, runner)
        (described,) = engine.describe([job.job_id])
        assert described["status"] == "FAILED"
        assert engine.jobs_running() == ()
    assert heard == ["no way to start any"]


def test_timeout_starts_again_with_each_attempt() -> None:
    """https://docs.aws.amazon.com/batch/latest/userguide/job_timeouts.html, its last note."""
    runner = ScriptedRunner({"*": [Act.fail(1), Act.hang()]}, StandingClock())
    with engine_with(runner, []) as engine:
        job = engine.submit(submission("any", attempts=3, timeout=1))

        finish(engine, runner)
        (described,) = engine.describe([job.job_id])
        first, second = described["attempts"]
        assert first["statusReason"] == "Essential container in task exited"
        assert second["statusReason"] == "Job attempt duration exceeded timeout"


def test_submit_after_close_raises() -> None:
    runner = ScriptedRunner(clock=StandingClock())
    with engine_with(runner, []) as engine:
        engine.close()

        with pytest.raises(EngineClosedError):
            engine.submit(submission("late"))


def test_describe_takes_arns_too() -> None:
    runner = ScriptedRunner(clock=StandingClock())
    with engine_with(runner, []) as engine:
        job = engine.submit(submission("good"))

        assert engine.describe([job.arn, "unknown"])[0]["jobId"] == job.job_id
