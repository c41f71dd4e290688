"""What the use cases rely on: the ledger in DynamoDB and its fake in memory do the same.

Every conditional write is tried both ways: where its condition holds, and where it does not.
"""

from dataclasses import replace
from typing import Protocol

import pytest

from seqstack.domain.errors import UnknownRunError
from seqstack.domain.failures import Failure
from seqstack.domain.job_record import JobKey
from seqstack.domain.words import JobState, RunState, Step, StepState
from seqstack.use_cases.ports import JobLedger, RunLedger
from tests.aws_world import AwsWorld
from tests.builders import (
    ALIGN,
    JOB_ID,
    LOG_STREAM,
    RUN_ID,
    all_steps,
    attempt,
    job_record,
    run_row,
    step_plan,
)
from tests.fakes import FakeLedger

FAILURE = Failure("ToolFailedError", "align (bwa) failed: exit status 1")
ENDED = "2025-06-02T10:00:00.250Z"


class AnyLedger(JobLedger, RunLedger, Protocol):
    """Both halves."""


@pytest.fixture(params=["dynamodb", "memory"])
def ledger(request: pytest.FixtureRequest) -> AnyLedger:
    if request.param == "memory":
        return FakeLedger()
    world: AwsWorld = request.getfixturevalue("world")
    return world.ledger


@pytest.fixture
def opened(ledger: AnyLedger) -> AnyLedger:
    assert ledger.open_run(run_row(), all_steps())
    return ledger


@pytest.fixture
def armed(opened: AnyLedger) -> AnyLedger:
    opened.arm_job(ALIGN, step_plan(), "token-1")
    return opened


@pytest.fixture
def submitted(armed: AnyLedger) -> AnyLedger:
    armed.record_submission(ALIGN, JOB_ID)
    return armed


def state_of(ledger: AnyLedger) -> JobState:
    job = ledger.job(ALIGN)
    assert job
    return job.state


# Runs


def test_open_run_new_writes_run_and_steps(opened: AnyLedger) -> None:
    history = opened.history(RUN_ID)

    assert history.run == run_row()
    assert list(history.steps) == all_steps()
    assert history.jobs == ()


def test_open_run_again_of_the_same_execution_changes_nothing(opened: AnyLedger) -> None:
    opened.start_step(RUN_ID, Step.ALIGN, 1)

    assert opened.open_run(run_row(sample_id="other"), all_steps())

    assert opened.history(RUN_ID).run == run_row()
    assert opened.step(RUN_ID, Step.ALIGN).state is StepState.RUNNING


def test_open_run_of_another_execution_is_refused(opened: AnyLedger) -> None:
    assert not opened.open_run(run_row(execution_arn="arn:of:another"), all_steps())
    assert opened.history(RUN_ID).run == run_row()


@pytest.mark.parametrize("run_id", ["unknown", "NA12878", ""])
def test_history_of_an_unknown_run_raises(opened: AnyLedger, run_id: str) -> None:
    with pytest.raises(UnknownRunError):
        opened.history(run_id)


def test_step_of_an_unknown_run_raises(opened: AnyLedger) -> None:
    with pytest.raises(UnknownRunError):
        opened.step("unknown", Step.ALIGN)


@pytest.mark.parametrize("state", [RunState.SUCCEEDED, RunState.ABORTED, RunState.TIMED_OUT])
def test_finish_run_open_run_is_closed(opened: AnyLedger, state: RunState) -> None:
    ended = run_row(state=state, ended_at=ENDED, failure=FAILURE)

    assert opened.finish_run(ended)
    assert opened.history(RUN_ID).run == ended


def test_finish_run_closed_run_stays(opened: AnyLedger) -> None:
    succeeded = run_row(state=RunState.SUCCEEDED, ended_at=ENDED)
    opened.finish_run(succeeded)

    assert not opened.finish_run(run_row(state=RunState.FAILED, ended_at="later", failure=FAILURE))
    assert opened.history(RUN_ID).run == succeeded


def test_finish_run_of_another_execution_is_refused(opened: AnyLedger) -> None:
    assert not opened.finish_run(run_row(state=RunState.FAILED, execution_arn="arn:of:another"))
    assert opened.history(RUN_ID).run == run_row()


def test_finish_run_unknown_run_is_not_made(ledger: AnyLedger) -> None:
    assert not ledger.finish_run(run_row(state=RunState.FAILED))
    with pytest.raises(UnknownRunError):
        ledger.history(RUN_ID)


def test_write_rejected_run_unknown_run_is_written_ended(ledger: AnyLedger) -> None:
    rejected = run_row(
        sample_id="", state=RunState.FAILED, results="", tools={}, ended_at=ENDED, failure=FAILURE
    )

    assert ledger.write_rejected_run(rejected)
    assert ledger.history(RUN_ID).run == rejected


def test_write_rejected_run_known_run_stays(opened: AnyLedger) -> None:
    assert not opened.write_rejected_run(run_row(state=RunState.FAILED, failure=FAILURE))
    assert opened.history(RUN_ID).run == run_row()


# Steps


def test_start_step_moves_it_to_running_with_its_newest_attempt(opened: AnyLedger) -> None:
    opened.start_step(RUN_ID, Step.ALIGN, 1)
    opened.start_step(RUN_ID, Step.ALIGN, 2)

    step = opened.step(RUN_ID, Step.ALIGN)
    assert (step.state, step.attempt) == (StepState.RUNNING, 2)


@pytest.mark.parametrize("failure", [None, FAILURE])
def test_finish_step_open_step_is_closed(opened: AnyLedger, failure: Failure | None) -> None:
    assert opened.finish_step(RUN_ID, Step.ALIGN, failure)

    step = opened.step(RUN_ID, Step.ALIGN)
    assert step.state is (StepState.FAILED if failure else StepState.SUCCEEDED)
    assert step.failure == failure


def test_finish_step_closed_step_stays(opened: AnyLedger) -> None:
    opened.finish_step(RUN_ID, Step.ALIGN)

    assert not opened.finish_step(RUN_ID, Step.ALIGN, FAILURE)
    opened.start_step(RUN_ID, Step.ALIGN, 2)

    step = opened.step(RUN_ID, Step.ALIGN)
    assert (step.state, step.attempt, step.failure) == (StepState.SUCCEEDED, 0, None)


@pytest.mark.parametrize("attempt_before", [None, 1])
def test_reuse_step_open_step_is_closed_with_the_run_it_is_from(
    opened: AnyLedger, attempt_before: int | None
) -> None:
    if attempt_before:
        opened.start_step(RUN_ID, Step.ALIGN, attempt_before)

    assert opened.reuse_step(JobKey(RUN_ID, Step.ALIGN, 2), "earlier-run")

    step = opened.step(RUN_ID, Step.ALIGN)
    assert (step.state, step.reused_from) == (StepState.SUCCEEDED, "earlier-run")
    assert step.attempt == (attempt_before or 0)


@pytest.mark.parametrize("attempt_begun", [1, 2])
def test_reuse_step_whose_job_is_under_way_stays(opened: AnyLedger, attempt_begun: int) -> None:
    opened.start_step(RUN_ID, Step.ALIGN, attempt_begun)

    assert not opened.reuse_step(ALIGN, "earlier-run")
    assert opened.step(RUN_ID, Step.ALIGN).state is StepState.RUNNING


def test_reuse_step_closed_or_unknown_step_stays(opened: AnyLedger) -> None:
    opened.finish_step(RUN_ID, Step.ALIGN, FAILURE)

    assert not opened.reuse_step(ALIGN, "earlier-run")
    assert not opened.reuse_step(JobKey("unknown", Step.ALIGN, 1), "earlier-run")

    step = opened.step(RUN_ID, Step.ALIGN)
    assert (step.state, step.reused_from) == (StepState.FAILED, "")


def test_finish_step_unknown_step_is_not_made(ledger: AnyLedger) -> None:
    assert not ledger.finish_step(RUN_ID, Step.ALIGN)
    ledger.start_step(RUN_ID, Step.ALIGN, 1)
    with pytest.raises(UnknownRunError):
        ledger.step(RUN_ID, Step.ALIGN)


# Jobs


def test_arm_job_new_writes_the_token_before_anything_is_submitted(opened: AnyLedger) -> None:
    job, is_new = opened.arm_job(ALIGN, step_plan(), "token-1")

    assert is_new
    assert (job.state, job.job_id, job.task_token) == (JobState.SUBMITTING, "", "token-1")
    assert opened.job(ALIGN) == job


def test_arm_job_again_takes_the_new_token_and_keeps_the_rest(submitted: AnyLedger) -> None:
    submitted.record_job(ALIGN, job_record("RUNNING"), None)
    submitted.claim_token(ALIGN, "token-1")

    job, is_new = submitted.arm_job(ALIGN, step_plan(), "token-2")

    assert not is_new
    assert (job.task_token, job.token_answered) == ("token-2", False)
    assert (job.state, job.job_id) == (JobState.RUNNING, JOB_ID)
    assert submitted.job(ALIGN) == job


def test_record_submission_writes_the_id(armed: AnyLedger) -> None:
    job = armed.record_submission(ALIGN, JOB_ID)

    assert (job.state, job.job_id) == (JobState.SUBMITTED, JOB_ID)
    assert armed.job(ALIGN) == job


def test_record_submission_behind_an_event_keeps_what_the_event_told(armed: AnyLedger) -> None:
    armed.record_job(ALIGN, job_record("RUNNING"), None)

    job = armed.record_submission(ALIGN, JOB_ID)

    assert (job.state, job.job_id) == (JobState.RUNNING, JOB_ID)


def test_record_submission_of_another_id_keeps_the_first(submitted: AnyLedger) -> None:
    assert submitted.record_submission(ALIGN, "another").job_id == JOB_ID


def test_record_job_later_state_is_taken_over_whole(submitted: AnyLedger) -> None:
    record = job_record(
        "FAILED",
        attempts=[attempt(1)],
        container={"exitCode": 1, "logStreamName": LOG_STREAM},
        startedAt=1_748_856_800_000,
        stoppedAt=1_748_860_400_000,
    )

    assert submitted.record_job(ALIGN, record, FAILURE)

    job = submitted.job(ALIGN)
    assert job
    assert (job.state, job.exit_code, job.batch_attempts) == (JobState.FAILED, 1, 1)
    assert (job.log_stream, job.failure) == (LOG_STREAM, FAILURE)
    assert (job.created_at, job.started_at, job.stopped_at) == (
        1_748_856_605_000,
        1_748_856_800_000,
        1_748_860_400_000,
    )


@pytest.mark.parametrize("status", ["RUNNING", "STARTING", "RUNNABLE", "SUBMITTED"])
def test_record_job_repeated_or_earlier_state_changes_nothing(
    submitted: AnyLedger, status: str
) -> None:
    submitted.record_job(ALIGN, job_record("RUNNING"), None)
    before = submitted.job(ALIGN)

    assert not submitted.record_job(ALIGN, job_record(status), None)
    assert submitted.job(ALIGN) == before


def test_record_job_next_batch_attempt_goes_back_to_runnable(submitted: AnyLedger) -> None:
    submitted.record_job(ALIGN, job_record("RUNNING"), None)

    assert submitted.record_job(ALIGN, job_record("RUNNABLE", attempts=[attempt()]), None)
    assert state_of(submitted) is JobState.RUNNABLE


@pytest.mark.parametrize("first", ["SUCCEEDED", "FAILED"])
@pytest.mark.parametrize("second", ["SUCCEEDED", "FAILED", "RUNNING"])
def test_record_job_ended_job_stays(submitted: AnyLedger, first: str, second: str) -> None:
    submitted.record_job(ALIGN, job_record(first), None)

    late = job_record(second, attempts=[attempt(1)] * 9)
    assert not submitted.record_job(ALIGN, late, FAILURE)
    assert state_of(submitted) is JobState(first)


def test_record_job_of_another_job_changes_nothing(submitted: AnyLedger) -> None:
    assert not submitted.record_job(ALIGN, job_record("RUNNING", jobId="another"), None)
    assert state_of(submitted) is JobState.SUBMITTED


def test_record_job_never_armed_is_not_made(opened: AnyLedger) -> None:
    assert not opened.record_job(ALIGN, job_record("RUNNING"), None)
    assert opened.job(ALIGN) is None


def test_reject_job_not_submitted_is_failed(armed: AnyLedger) -> None:
    armed.reject_job(ALIGN, FAILURE)

    job = armed.job(ALIGN)
    assert job
    assert (job.state, job.failure) == (JobState.FAILED, FAILURE)
    assert not armed.record_job(ALIGN, job_record("RUNNING"), None)


def test_reject_job_that_batch_has_taken_stays(submitted: AnyLedger) -> None:
    submitted.reject_job(ALIGN, FAILURE)

    assert state_of(submitted) is JobState.SUBMITTED


@pytest.mark.parametrize(("token", "is_answered"), [("token-1", True), ("token-0", False)])
def test_mark_token_answered_only_the_newest(
    submitted: AnyLedger, token: str, *, is_answered: bool
) -> None:
    submitted.claim_token(ALIGN, token)

    job = submitted.job(ALIGN)
    assert job
    assert job.token_answered is is_answered


def test_history_gives_jobs_by_step_and_attempt_of_this_run_alone(opened: AnyLedger) -> None:
    other = run_row(run_id=RUN_ID + "0")
    opened.open_run(other, [])
    keys = [JobKey(RUN_ID, Step.ANNOTATE, 1)]
    keys += [replace(ALIGN, attempt=number) for number in (10, 2, 1, 9)]
    for key in [*keys, JobKey(other.run_id, Step.ALIGN, 1)]:
        opened.arm_job(key, step_plan(), "token")

    jobs = opened.history(RUN_ID).jobs

    assert [(job.key.step, job.key.attempt) for job in jobs] == [
        (Step.ALIGN, 1),
        (Step.ALIGN, 2),
        (Step.ALIGN, 9),
        (Step.ALIGN, 10),
        (Step.ANNOTATE, 1),
    ]
