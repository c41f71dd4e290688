"""A step is submitted exactly once, even if a call dies."""

from dataclasses import replace

import pytest

from seqstack.domain.errors import SubmissionRejectedError, TransientServiceError, UnknownRunError
from seqstack.domain.failures import Failure
from seqstack.domain.words import JobState, Step, StepState
from seqstack.use_cases.submit_job import submit_job
from tests.support.builders import ALIGN, all_steps, job_record, run_row, step_plan, written_objects
from tests.support.fakes import FakeBatch, FakeLedger, FakeMemory, FakeTokens


@pytest.fixture
def ledger() -> FakeLedger:
    ledger = FakeLedger()
    ledger.open_run(run_row(), all_steps())
    return ledger


@pytest.fixture
def batch() -> FakeBatch:
    return FakeBatch()


@pytest.fixture
def tokens() -> FakeTokens:
    return FakeTokens()


def test_submit_job_new_job_is_submitted_as_planned(
    ledger: FakeLedger, batch: FakeBatch, tokens: FakeTokens
) -> None:
    job = submit_job(ALIGN, "token-1", ledger, batch, tokens, FakeMemory().written_by)

    assert batch.submitted == {"job-1": (ALIGN, ledger.step(ALIGN.run_id, Step.ALIGN).plan)}
    assert (job.job_id, job.state, job.task_token) == ("job-1", JobState.SUBMITTED, "token-1")
    assert tokens.answers == []


def test_submit_job_new_job_starts_its_step(
    ledger: FakeLedger, batch: FakeBatch, tokens: FakeTokens
) -> None:
    submit_job(ALIGN, "token-1", ledger, batch, tokens, FakeMemory().written_by)

    step = ledger.step(ALIGN.run_id, Step.ALIGN)
    assert (step.state, step.attempt) == (StepState.RUNNING, 1)


def test_submit_job_again_rearms_the_token_and_submits_nothing(
    ledger: FakeLedger, batch: FakeBatch, tokens: FakeTokens
) -> None:
    submit_job(ALIGN, "token-1", ledger, batch, tokens, FakeMemory().written_by)

    job = submit_job(ALIGN, "token-2", ledger, batch, tokens, FakeMemory().written_by)

    assert list(batch.submitted) == ["job-1"]
    assert (job.job_id, job.task_token) == ("job-1", "token-2")


def test_submit_job_after_a_crash_before_the_submission_submits_once(
    ledger: FakeLedger, batch: FakeBatch, tokens: FakeTokens
) -> None:
    ledger.arm_job(ALIGN, ledger.step(ALIGN.run_id, Step.ALIGN).plan, "token-1")

    job = submit_job(ALIGN, "token-1", ledger, batch, tokens, FakeMemory().written_by)

    assert list(batch.submitted) == ["job-1"]
    assert job.job_id == "job-1"


def test_submit_job_after_a_crash_behind_the_submission_finds_the_job(
    ledger: FakeLedger, batch: FakeBatch, tokens: FakeTokens
) -> None:
    plan = ledger.step(ALIGN.run_id, Step.ALIGN).plan
    ledger.arm_job(ALIGN, plan, "token-1")
    batch.submit(ALIGN, plan)

    job = submit_job(ALIGN, "token-1", ledger, batch, tokens, FakeMemory().written_by)

    assert list(batch.submitted) == ["job-1"]
    assert job.job_id == "job-1"


def test_submit_job_when_an_event_came_first_keeps_what_it_said(
    ledger: FakeLedger, batch: FakeBatch, tokens: FakeTokens
) -> None:
    plan = ledger.step(ALIGN.run_id, Step.ALIGN).plan
    ledger.arm_job(ALIGN, plan, "token-1")
    ledger.record_job(ALIGN, job_record("RUNNING", jobId="job-1"), None)

    job = submit_job(ALIGN, "token-2", ledger, batch, tokens, FakeMemory().written_by)

    assert batch.submitted == {}
    assert (job.state, job.job_id) == (JobState.RUNNING, "job-1")


@pytest.mark.parametrize(
    ("status", "failure", "answer"),
    [
        ("SUCCEEDED", None, {"jobId": "job-1", "status": "SUCCEEDED"}),
        ("FAILED", Failure("ToolFailedError", "why"), Failure("ToolFailedError", "why")),
    ],
)
def test_submit_job_of_an_ended_job_answers_the_new_token_at_once(
    ledger: FakeLedger,
    batch: FakeBatch,
    tokens: FakeTokens,
    status: str,
    failure: Failure | None,
    answer: object,
) -> None:
    submit_job(ALIGN, "token-1", ledger, batch, tokens, FakeMemory().written_by)
    ledger.record_job(ALIGN, job_record(status, jobId="job-1"), failure)
    if not failure:
        ledger.complete_step(ALIGN, written_objects(step_plan()))

    submit_job(ALIGN, "token-2", ledger, batch, tokens, FakeMemory().written_by)

    assert list(batch.submitted) == ["job-1"]
    assert tokens.answers == [("token-2", answer)]
    assert ledger.jobs[ALIGN].token_answered


def test_submit_job_that_batch_refuses_fails_and_is_never_tried_again(
    ledger: FakeLedger, batch: FakeBatch, tokens: FakeTokens
) -> None:
    batch.refusal = "AWS Batch refused it: job definition is INACTIVE"
    with pytest.raises(SubmissionRejectedError, match="INACTIVE"):
        submit_job(ALIGN, "token-1", ledger, batch, tokens, FakeMemory().written_by)

    job = submit_job(ALIGN, "token-2", ledger, batch, tokens, FakeMemory().written_by)

    assert job.state is JobState.FAILED
    assert tokens.answers == [("token-2", Failure("SubmissionRejectedError", batch.refusal))]


def test_submit_job_second_attempt_is_a_job_of_its_own(
    ledger: FakeLedger, batch: FakeBatch, tokens: FakeTokens
) -> None:
    submit_job(ALIGN, "token-1", ledger, batch, tokens, FakeMemory().written_by)
    second = replace(ALIGN, attempt=2)

    submit_job(second, "token-2", ledger, batch, tokens, FakeMemory().written_by)

    assert [key for key, _ in batch.submitted.values()] == [ALIGN, second]
    assert ledger.step(ALIGN.run_id, Step.ALIGN).attempt == 2


def test_submit_job_of_an_unknown_run_writes_and_submits_nothing(
    batch: FakeBatch, tokens: FakeTokens
) -> None:
    ledger = FakeLedger()

    with pytest.raises(UnknownRunError):
        submit_job(ALIGN, "token-1", ledger, batch, tokens, FakeMemory().written_by)

    assert (batch.submitted, ledger.jobs) == ({}, {})


def test_submit_job_whose_answer_is_throttled_leaves_the_token_open(
    ledger: FakeLedger, batch: FakeBatch, tokens: FakeTokens
) -> None:
    submit_job(ALIGN, "token-1", ledger, batch, tokens, FakeMemory().written_by)
    ledger.record_job(ALIGN, job_record("SUCCEEDED", jobId="job-1"), None)
    ledger.complete_step(ALIGN, written_objects(step_plan()))
    tokens.is_throttled = True

    with pytest.raises(TransientServiceError):
        submit_job(ALIGN, "token-2", ledger, batch, tokens, FakeMemory().written_by)

    assert not ledger.jobs[ALIGN].token_answered
