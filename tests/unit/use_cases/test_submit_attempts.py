"""A step's later tries, and the tries of a run that ends or is redriven meanwhile."""

from dataclasses import replace

import pytest

from seqstack.domain.errors import RunEndedError, SubmissionRejectedError
from seqstack.domain.failures import Failure
from seqstack.domain.job_record import JobKey
from seqstack.domain.plan import MIB_PER_GIB, StepPlan
from seqstack.domain.records import JobRow
from seqstack.domain.words import JobState, RunState, Step, StepState
from seqstack.use_cases.stop_run import stop_jobs, stop_run
from seqstack.use_cases.submit_job import submit_job
from tests.support.builders import (
    ALIGN,
    HIGH,
    ON_DEMAND,
    RUN_ID,
    all_steps,
    job_record,
    run_row,
    step_plan,
)
from tests.support.fakes import FakeBatch, FakeLedger, FakeMemory, FakeTokens

WHY = Failure("ToolFailedError", "why")
ENDED = run_row(state=RunState.FAILED, ended_at="2025-06-02T10:00:00.000Z", failure=WHY)


class World:
    """A run that is open, with nothing submitted."""

    def __init__(self, batch: FakeBatch | None = None) -> None:
        self.ledger = FakeLedger()
        self.ledger.open_run(run_row(), all_steps())
        self.batch = batch or FakeBatch()
        self.tokens = FakeTokens()

    def submit(self, attempt: int, token: str = "") -> JobRow:
        key = replace(ALIGN, attempt=attempt)
        token = token or f"token-{attempt}"
        return submit_job(key, token, self.ledger, self.batch, self.tokens, FakeMemory().written_by)

    def fail(self, attempt: int, error: str) -> None:
        """Let a try that was submitted fail."""
        key = replace(ALIGN, attempt=attempt)
        failed = job_record("FAILED", jobId=self.ledger.jobs[key].job_id)
        assert self.ledger.record_job(key, failed, Failure(error, "as the test says"))

    def submitted(self) -> list[tuple[int, str, int, str]]:
        """Attempt, queue, GiB in Batch, and GiB in the container's arguments."""
        return [
            (
                key.attempt,
                plan.job_queue,
                plan.memory_mib // MIB_PER_GIB,
                plan.command[plan.command.index("--memory") + 1],
            )
            for key, plan in self.batch.submitted.values()
        ]


@pytest.fixture
def world() -> World:
    return World()


# More tries


def test_submit_job_after_too_little_memory_asks_for_twice_and_says_so(world: World) -> None:
    world.submit(1)
    world.fail(1, "OutOfMemoryError")

    job = world.submit(2)

    assert world.submitted() == [(1, HIGH, 28, "28"), (2, HIGH, 56, "56")]
    assert (job.memory_mib, job.job_queue) == (56 * MIB_PER_GIB, HIGH)
    assert world.ledger.step(RUN_ID, Step.ALIGN).attempt == 2


def test_submit_job_after_reclaimed_hosts_goes_on_demand(world: World) -> None:
    world.submit(1)
    world.fail(1, "SpotReclaimedError")

    job = world.submit(2)

    assert world.submitted()[1] == (2, ON_DEMAND, 28, "28")
    assert job.job_queue == ON_DEMAND


def test_submit_job_third_try_keeps_what_the_second_has_changed(world: World) -> None:
    for attempt, error in [(1, "OutOfMemoryError"), (2, "SpotReclaimedError")]:
        world.submit(attempt)
        world.fail(attempt, error)

    world.submit(3)

    assert world.submitted()[2] == (3, ON_DEMAND, 56, "56")


def test_submit_job_of_a_later_try_after_a_crash_finds_it_in_its_own_queue(world: World) -> None:
    world.submit(1)
    world.fail(1, "SpotReclaimedError")
    second = replace(ALIGN, attempt=2)
    plan = replace(world.ledger.step(RUN_ID, Step.ALIGN).plan, job_queue=ON_DEMAND)
    world.ledger.arm_job(second, plan, "token-2")
    world.batch.submit(second, plan)

    job = world.submit(2)

    assert job.job_id == "job-2"
    assert len(world.batch.submitted) == 2


@pytest.mark.parametrize(
    "error", ["ToolFailedError", "JobTimedOutError", "JobTerminatedError", "CommandTooLongError"]
)
def test_submit_job_after_a_failure_for_good_submits_and_writes_nothing(
    world: World, error: str
) -> None:
    world.submit(1)
    world.fail(1, error)

    with pytest.raises(SubmissionRejectedError, match=f"{RUN_ID}-align-2"):
        world.submit(2)

    assert len(world.batch.submitted) == 1
    assert set(world.ledger.jobs) == {ALIGN}


# A run that ends


def test_submit_job_for_a_run_that_has_ended_submits_nothing_and_ends_the_row(
    world: World,
) -> None:
    world.ledger.finish_run(ENDED)

    with pytest.raises(RunEndedError, match=f"run {RUN_ID} has ended"):
        world.submit(1)

    job = world.ledger.jobs[ALIGN]
    assert (job.state, job.job_id) == (JobState.FAILED, "")
    assert job.failure == Failure("JobTerminatedError", f"run {RUN_ID} has ended")
    assert world.batch.submitted == {}


def test_submit_job_again_for_a_run_that_has_ended_answers_the_new_token(world: World) -> None:
    world.ledger.finish_run(ENDED)
    with pytest.raises(RunEndedError):
        world.submit(1)

    world.submit(1, "token-again")

    ((token, answer),) = world.tokens.answers
    assert token == "token-again"
    assert answer == Failure("JobTerminatedError", f"run {RUN_ID} has ended")
    assert world.batch.submitted == {}


def test_submit_job_again_of_a_job_under_way_in_an_ended_run_only_waits(world: World) -> None:
    world.submit(1)
    world.ledger.finish_run(ENDED)

    assert world.submit(1, "token-again").job_id == "job-1"

    assert len(world.batch.submitted) == 1


class RunEndsDuringTheCall(FakeBatch):
    """The run is stopped while SubmitJob is under way: before Batch lists the job, or after."""

    is_listed = False
    ledger: FakeLedger

    def submit(self, key: JobKey, plan: StepPlan) -> str:
        if self.is_listed:
            job_id = super().submit(key, plan)
            stop_run(ENDED, WHY, self.ledger, self)
        else:
            stop_run(ENDED, WHY, self.ledger, self)
            job_id = super().submit(key, plan)
        return job_id


@pytest.mark.parametrize("is_listed", [True, False])
def test_submit_job_whose_run_is_stopped_between_look_and_record_is_terminated(
    *, is_listed: bool
) -> None:
    batch = RunEndsDuringTheCall()
    world = World(batch)
    batch.ledger, batch.is_listed = world.ledger, is_listed

    job = world.submit(1)

    assert batch.terminated == {"job-1": f"run {RUN_ID} has ended"}
    assert world.ledger.run(RUN_ID).state is RunState.FAILED
    # a job that was found ends its row by its last event, any other row is ended at once
    ended = [] if is_listed else ["JobTerminatedError"]
    state = JobState.SUBMITTED if is_listed else JobState.FAILED
    assert (job.state, job.job_id) == (state, "job-1")
    answers = [answer for _, answer in world.tokens.answers]
    assert [one.error for one in answers if isinstance(one, Failure)] == ended


class CalledTwiceAtOnce(FakeBatch):
    """While one call of SubmitJob is under way, another submits the same job and writes it down."""

    ledger: FakeLedger

    def submit(self, key: JobKey, plan: StepPlan) -> str:
        if not self.submitted:
            self.ledger.record_submission(key, super().submit(key, plan))
        return super().submit(key, plan)


def test_submit_job_called_twice_at_once_keeps_one_job() -> None:
    batch = CalledTwiceAtOnce()
    world = World(batch)
    batch.ledger = world.ledger

    assert world.submit(1).job_id == "job-1"
    assert set(batch.terminated) == {"job-2"}


# A run that is redriven


def redriven_after(world: World, error: str) -> None:
    """The first try failed for good, so did step and run; what was open was stopped."""
    world.submit(1)
    world.fail(1, error)
    world.ledger.finish_step(RUN_ID, Step.ALIGN, WHY)
    world.ledger.finish_run(ENDED)
    stop_jobs(RUN_ID, "it has ended", world.ledger, world.batch)


def test_submit_job_after_a_redrive_opens_the_step_again(world: World) -> None:
    redriven_after(world, "ToolFailedError")
    world.ledger.reopen_run(RUN_ID, 1)

    job = world.submit(101)

    run, step = world.ledger.run(RUN_ID), world.ledger.step(RUN_ID, Step.ALIGN)
    assert (run.state, run.redrive, run.ended_at, run.failure) == (RunState.RUNNING, 1, "", None)
    assert (step.state, step.attempt, step.failure) == (StepState.RUNNING, 101, None)
    assert world.ledger.step(RUN_ID, Step.ANNOTATE).state is StepState.STOPPED
    assert job.state is JobState.SUBMITTED


def test_submit_job_after_a_redrive_counts_no_try_of_before(world: World) -> None:
    redriven_after(world, "OutOfMemoryError")
    world.ledger.reopen_run(RUN_ID, 1)

    world.submit(101)
    world.fail(101, "OutOfMemoryError")
    world.submit(102)

    assert world.submitted() == [
        (1, HIGH, 28, "28"),
        (101, HIGH, 28, "28"),
        (102, HIGH, 56, "56"),
    ]


@pytest.mark.parametrize("is_recorded", [True, False])
def test_submit_job_after_a_redrive_terminates_the_job_that_no_event_has_stopped(
    world: World, *, is_recorded: bool
) -> None:
    if is_recorded:
        world.submit(1)
    else:  # the call that submitted it died
        plan = world.ledger.step(RUN_ID, Step.ALIGN).plan
        world.ledger.arm_job(ALIGN, plan, "token-1")
        world.batch.submit(ALIGN, plan)
    other = replace(ALIGN, step=Step.ALIGNMENT_STATS)
    world.ledger.arm_job(other, step_plan(Step.ALIGNMENT_STATS), "token")
    world.ledger.record_submission(other, "job-of-another-step")
    world.ledger.reopen_run(RUN_ID, 1)
    stop_run(ENDED, WHY, world.ledger, world.batch)  # the event comes too late

    job = world.submit(101)

    assert job.job_id == "job-2"
    assert world.batch.terminated == {"job-1": f"run {RUN_ID} was redriven"}
    assert world.ledger.run(RUN_ID).state is RunState.RUNNING


def test_submit_job_after_a_redrive_leaves_its_own_job_alone(world: World) -> None:
    world.submit(1)
    world.fail(1, "ToolFailedError")
    world.ledger.reopen_run(RUN_ID, 1)
    world.submit(101)

    world.submit(101, "token-again")

    assert world.batch.terminated == {}


def test_submit_job_of_a_redrive_whose_run_ended_again_opens_nothing(world: World) -> None:
    redriven_after(world, "ToolFailedError")
    world.ledger.reopen_run(RUN_ID, 1)
    world.submit(101)
    world.fail(101, "OutOfMemoryError")
    world.ledger.finish_run(replace(ENDED, redrive=1))

    with pytest.raises(RunEndedError):
        world.submit(102)

    assert world.ledger.run(RUN_ID).state is RunState.FAILED
    assert len(world.batch.submitted) == 2
