"""Events may be lost, repeated, late, out of order and foreign; the ledger and the token agree."""

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from seqstack.domain.errors import TransientServiceError
from seqstack.domain.failures import Failure
from seqstack.domain.job_record import JobKey, JobRecord
from seqstack.domain.manifest import StoredObject
from seqstack.domain.records import JobRow
from seqstack.domain.step_warnings import StepWarning
from seqstack.domain.words import JobState, Step, StepState
from seqstack.use_cases.track_job import track_job
from tests.support.builders import (
    ALIGN,
    JOB_ID,
    LOG_STREAM,
    all_steps,
    attempt,
    job_record,
    run_row,
    step_plan,
    written_objects,
)
from tests.support.fakes import FakeLedger, FakeLog, FakeMemory, FakeTokens


class World:
    """A run whose first align job is submitted and waited for by token-1."""

    def __init__(self) -> None:
        self.ledger = FakeLedger()
        self.tokens = FakeTokens()
        self.log = FakeLog(["[bwa] no index"])
        self.memory = FakeMemory()
        self.moves: list[JobRow] = []
        self.ledger.open_run(run_row(), all_steps())
        self.ledger.arm_job(ALIGN, step_plan(), "token-1")
        self.ledger.start_step(ALIGN.run_id, Step.ALIGN, 1)
        self.ledger.record_submission(ALIGN, JOB_ID)

    def hear(self, status: str, **changes: Any) -> JobRow | None:
        record = job_record(status, **changes)
        return track_job(
            record,
            self.ledger,
            self.tokens,
            self.log,
            self.memory.written_by,
            self.memory.remember,
            self.moves.append,
        )

    @property
    def job(self) -> JobRow:
        return self.ledger.jobs[ALIGN]

    @property
    def step(self) -> StepState:
        return self.ledger.step(ALIGN.run_id, Step.ALIGN).state


FAILED: dict[str, Any] = {
    "statusReason": "Essential container in task exited",
    "attempts": [attempt(1)],
    "container": {"exitCode": 1, "logStreamName": LOG_STREAM},
}
SUCCESS = ("token-1", {"jobId": JOB_ID, "status": "SUCCEEDED"})


@pytest.fixture
def world() -> World:
    return World()


def test_failed_job_whose_last_lines_come_late_has_its_reason(world: World) -> None:
    world.log = FakeLog(["align begins"], late=["FAILED align: no reads; exit code 65"])

    world.hear("FAILED", **FAILED | {"attempts": [attempt(65)], "container": {"exitCode": 65}})

    assert world.job.failure
    assert "FAILED align: no reads" in world.job.failure.cause


def test_track_job_state_on_the_way_is_recorded_and_answers_no_token(world: World) -> None:
    row = world.hear("RUNNING", startedAt=1_748_856_800_000)

    assert row == world.job
    assert (world.job.state, world.job.started_at) == (JobState.RUNNING, 1_748_856_800_000)
    assert world.tokens.answers == []
    assert world.step is StepState.RUNNING


def test_track_job_success_closes_the_step_and_answers_the_token(world: World) -> None:
    world.hear("SUCCEEDED", container={"exitCode": 0})

    assert world.job.state is JobState.SUCCEEDED
    assert world.step is StepState.SUCCEEDED
    assert world.tokens.answers == [SUCCESS]
    assert world.log.read == []


def test_track_job_failure_answers_with_the_error_and_the_end_of_the_log(world: World) -> None:
    world.hear("FAILED", **FAILED)

    ((token, failure),) = world.tokens.answers
    assert token == "token-1"
    assert isinstance(failure, Failure)
    assert failure.error == "ToolFailedError"
    assert "align (bwa) failed: exit status 1" in failure.cause
    assert "[bwa] no index" in failure.cause
    assert world.job.failure == failure
    assert world.log.read == [LOG_STREAM]
    assert world.step is StepState.RUNNING  # the state machine decides whether the step has failed


def test_track_job_failure_leaves_the_line_for_machines_out_of_the_cause(world: World) -> None:
    world.log.lines = [
        "the line before the last twenty",
        *[f"[bwa] line {number}" for number in range(1, 20)],
        "2026-01-31T12:00:00Z USAGE {}",
        "2026-01-31T12:00:00Z FAILED align/bwa",
    ]
    row = world.hear("FAILED", **FAILED)
    assert row
    assert row.failure
    assert row.failure.cause.splitlines()[3:] == [
        "last 19 lines of its log:",
        *[f"[bwa] line {number}" for number in range(1, 20)],
    ]
    assert row.failure.cause.splitlines()[1] == "FAILED align/bwa"


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED"])
def test_track_job_repeated_end_answers_once(world: World, status: str) -> None:
    for _ in range(3):
        world.hear(status, **FAILED)

    assert len(world.tokens.answers) == 1


@pytest.mark.parametrize(
    "order", list(permutations(["RUNNABLE", "STARTING", "RUNNING", "SUCCEEDED"]))
)
def test_track_job_any_order_of_events_ends_alike(world: World, order: tuple[str, ...]) -> None:
    for status in order:
        world.hear(status)

    assert world.job.state is JobState.SUCCEEDED
    assert world.tokens.answers == [SUCCESS]


def test_track_job_late_event_changes_nothing(world: World) -> None:
    world.hear("RUNNING", attempts=[attempt(1)])
    before = world.job

    world.hear("RUNNING")  # of the Batch attempt before
    world.hear("RUNNABLE", attempts=[attempt(1)])

    assert world.job == before


def test_track_job_retried_by_batch_goes_back_to_runnable(world: World) -> None:
    world.hear("RUNNING")

    world.hear("RUNNABLE", attempts=[attempt(status_reason="Host EC2 (instance i-0) terminated.")])

    assert (world.job.state, world.job.batch_attempts) == (JobState.RUNNABLE, 1)
    assert world.tokens.answers == []


def test_track_job_that_has_ended_stays_as_it_ended(world: World) -> None:
    world.hear("SUCCEEDED")

    world.hear("FAILED", **FAILED)

    assert world.job.state is JobState.SUCCEEDED
    assert world.tokens.answers == [SUCCESS]


def test_track_job_foreign_job_is_not_of_any_run(world: World) -> None:
    before = world.job

    assert world.hear("FAILED", parameters={}) is None
    assert (world.job, world.tokens.answers) == (before, [])


def test_track_job_of_an_unknown_run_is_not_of_any_run(world: World) -> None:
    parameters = JobKey("another-run", Step.ALIGN, 1).as_parameters()

    assert world.hear("SUCCEEDED", parameters=parameters) is None
    assert world.tokens.answers == []


def test_track_job_of_another_job_under_the_same_key_changes_nothing(world: World) -> None:
    before = world.job

    world.hear("FAILED", jobId="someone-elses", **FAILED)

    assert (world.job, world.tokens.answers) == (before, [])
    assert world.log.read == []


def test_track_job_before_the_submission_is_written_down_reports_the_id(world: World) -> None:
    del world.ledger.jobs[ALIGN], world.ledger.progress[ALIGN]
    world.ledger.arm_job(ALIGN, step_plan(), "token-1")

    world.hear("SUCCEEDED")

    assert world.job.job_id == JOB_ID
    assert world.tokens.answers == [SUCCESS]


def test_track_job_after_a_rearm_answers_the_newest_token(world: World) -> None:
    world.ledger.arm_job(ALIGN, step_plan(), "token-2")

    world.hear("SUCCEEDED")

    assert [token for token, _ in world.tokens.answers] == ["token-2"]


def test_track_job_token_that_is_no_longer_awaited_is_left_for_good(world: World) -> None:
    world.tokens.deaf.add("token-1")

    world.hear("SUCCEEDED")

    assert world.job.token_answered
    assert world.step is StepState.SUCCEEDED


def test_track_job_whose_answer_was_throttled_answers_when_it_comes_again(world: World) -> None:
    world.tokens.is_throttled = True
    with pytest.raises(TransientServiceError):
        world.hear("SUCCEEDED")
    world.tokens.is_throttled = False

    world.hear("SUCCEEDED")

    assert world.tokens.answers == [SUCCESS]


def test_track_job_that_died_before_closing_the_step_closes_it_when_it_comes_again(
    world: World,
) -> None:
    world.ledger.record_job(ALIGN, job_record("SUCCEEDED"), None)

    world.hear("SUCCEEDED")

    assert world.step is StepState.SUCCEEDED
    assert world.tokens.answers == [SUCCESS]


def test_track_job_success_is_remembered_with_what_was_written(world: World) -> None:
    world.hear("RUNNING")
    assert world.memory.remembered == []

    world.hear("SUCCEEDED")

    ((job, remembered),) = world.memory.remembered
    assert (job.job_id, job.state) == (JOB_ID, JobState.SUCCEEDED)
    assert remembered.steps[0].written == written_objects(step_plan())


def test_track_job_whose_results_were_replaced_fails_the_step_and_the_token(world: World) -> None:
    world.memory.replaced = "s3://b/bam is of another run"

    world.hear("SUCCEEDED")
    world.memory.replaced = ""  # too late: what has ended stays
    world.hear("SUCCEEDED")

    failure = Failure("ResultsReplacedError", "s3://b/bam is of another run")
    step = world.ledger.step(ALIGN.run_id, Step.ALIGN)
    assert (step.state, step.failure, step.written) == (StepState.FAILED, failure, ())
    assert world.job.state is JobState.SUCCEEDED
    assert world.tokens.answers == [("token-1", failure)]


def test_track_job_looks_once_at_what_the_job_has_written(world: World) -> None:
    for _ in range(3):
        world.hear("SUCCEEDED")

    assert len(world.memory.asked) == 1


def test_track_job_that_can_not_look_at_the_results_now_leaves_the_step_open(world: World) -> None:
    def is_slow(*_: object) -> tuple[StoredObject, ...]:
        raise TransientServiceError("HeadObject: slow down")

    world.memory.written_by = is_slow  # type: ignore[method-assign]
    with pytest.raises(TransientServiceError):
        world.hear("SUCCEEDED")
    del world.memory.written_by  # type: ignore[method-assign]
    assert (world.step, world.tokens.answers) == (StepState.RUNNING, [])

    world.hear("SUCCEEDED")

    assert (world.step, world.tokens.answers) == (StepState.SUCCEEDED, [SUCCESS])


def test_track_job_late_success_of_an_older_try_leaves_the_step_to_the_newer(world: World) -> None:
    world.ledger.arm_job(JobKey(ALIGN.run_id, Step.ALIGN, 101), step_plan(), "token-101")
    world.ledger.start_step(ALIGN.run_id, Step.ALIGN, 101)

    world.hear("SUCCEEDED")

    assert (world.step, world.tokens.answers) == (StepState.RUNNING, [])


def test_track_job_failure_is_not_remembered(world: World) -> None:
    world.hear("FAILED", **FAILED)

    assert world.memory.remembered == []


def test_track_job_success_that_cannot_be_remembered_counts_all_the_same(world: World) -> None:
    world.memory.error = TransientServiceError("HeadObject: slow down")

    with pytest.raises(TransientServiceError):
        world.hear("SUCCEEDED")

    assert world.tokens.answers == [SUCCESS]
    assert world.step is StepState.SUCCEEDED

    world.memory.error = None
    world.hear("SUCCEEDED")  # Lambda gives the event again

    assert world.tokens.answers == [SUCCESS]
    assert len(world.memory.remembered) == 1


def test_track_job_reports_each_state_change_once(world: World) -> None:
    again = [attempt(None, status_reason="Host EC2 (instance i-0) terminated.")]
    for _ in range(2):
        world.hear("RUNNABLE")
        world.hear("RUNNING")
        world.hear("RUNNABLE", attempts=again)
        world.hear("SUCCEEDED", attempts=[*again, attempt(0)])
        world.hear("RUNNING")

    assert [(job.state, job.batch_attempts) for job in world.moves] == [
        (JobState.RUNNABLE, 0),
        (JobState.RUNNING, 0),
        (JobState.RUNNABLE, 1),
        (JobState.SUCCEEDED, 2),
    ]


def test_track_job_of_a_job_that_another_call_moves_further_reports_its_own_state_alone(
    world: World,
) -> None:
    class Overtaken(FakeLedger):
        def record_job(self, key: JobKey, job: JobRecord, failure: Failure | None) -> JobRow | None:
            moved = super().record_job(key, job, failure)
            super().record_job(key, job_record("SUCCEEDED"), None)
            return moved

    world.ledger = Overtaken(**vars(world.ledger))

    world.hear("RUNNING")

    assert [job.state for job in world.moves] == [JobState.RUNNING]


FEW = StepWarning("fewReadsAligned", "1 of 100 reads are aligned")


def test_track_job_with_a_suspicious_result_succeeds_with_a_warning(world: World) -> None:
    world.memory.warnings = (FEW,)

    world.hear("SUCCEEDED")

    step = world.ledger.step(ALIGN.run_id, Step.ALIGN)
    assert (step.state, step.warnings) == (StepState.SUCCEEDED, (FEW,))
    assert world.ledger.run(ALIGN.run_id).warnings == {Step.ALIGN: (FEW,)}
    assert world.tokens.answers == [SUCCESS]


def test_track_job_with_a_suspicious_result_fails_a_run_that_asked_for_it(world: World) -> None:
    world.memory.warnings = (FEW,)
    row = world.ledger.steps[ALIGN.run_id, Step.ALIGN]
    world.ledger.steps[ALIGN.run_id, Step.ALIGN] = replace(
        row, plan=replace(row.plan, fails_on_warnings=True)
    )

    world.hear("SUCCEEDED")
    world.hear("SUCCEEDED")

    step = world.ledger.step(ALIGN.run_id, Step.ALIGN)
    failure = Failure("SuspiciousResultError", "fewReadsAligned: 1 of 100 reads are aligned")
    assert (step.state, step.failure, step.warnings) == (StepState.FAILED, failure, (FEW,))
    assert step.written  # the results can be inspected
    assert world.tokens.answers == [("token-1", failure)]
