"""A run that an earlier version has opened continues with its own jobs' outputs."""

from dataclasses import replace

import pytest

from seqstack.domain.errors import ResultsReplacedError
from seqstack.domain.job_record import JobKey
from seqstack.domain.records import StepRow
from seqstack.domain.words import JobState, Step, StepState
from seqstack.use_cases.older_rows import whole_history
from seqstack.use_cases.submit_job import submit_job
from tests.support.builders import (
    ALIGN,
    JOB_ID,
    RUN_ID,
    all_steps,
    job_row,
    run_row,
    step_plan,
    written_objects,
)
from tests.support.fakes import FakeBatch, FakeLedger, FakeMemory, FakeTokens

WRITTEN = written_objects(step_plan())
CALL = JobKey(RUN_ID, Step.CALL_VARIANTS, 1)
DONE = job_row(state=JobState.SUCCEEDED)


@pytest.fixture
def ledger() -> FakeLedger:
    """A run whose alignment is done, as an earlier version has left it."""
    ledger = FakeLedger()
    ledger.open_run(run_row(), all_steps())
    row = ledger.steps[RUN_ID, Step.ALIGN]
    ledger.steps[RUN_ID, Step.ALIGN] = replace(row, state=StepState.SUCCEEDED, attempt=1)
    ledger.jobs[ALIGN] = DONE
    return ledger


def align(ledger: FakeLedger) -> StepRow:
    return ledger.step(RUN_ID, Step.ALIGN)


def test_step_done_by_an_earlier_version_gets_what_its_job_has_written(ledger: FakeLedger) -> None:
    memory = FakeMemory()

    history = whole_history(ledger.history(RUN_ID), ledger, memory.written_by)

    assert memory.asked == [DONE]
    assert history.steps[0].written == align(ledger).written == WRITTEN
    assert {row.written for row in history.steps[1:]} == {()}


def test_step_whose_row_says_what_was_written_is_not_looked_at(ledger: FakeLedger) -> None:
    ledger.note_written(RUN_ID, Step.ALIGN, WRITTEN)
    memory = FakeMemory(replaced="nobody asks")

    assert whole_history(ledger.history(RUN_ID), ledger, memory.written_by) == ledger.history(
        RUN_ID
    )
    assert memory.asked == []


def test_step_whose_results_another_has_replaced_is_refused(ledger: FakeLedger) -> None:
    memory = FakeMemory(replaced="it is of job another")

    with pytest.raises(ResultsReplacedError, match=r"^it is of job another$"):
        whole_history(ledger.history(RUN_ID), ledger, memory.written_by)

    assert align(ledger).written == ()


def test_step_that_was_reused_goes_by_the_job_of_the_run_that_did_it(ledger: FakeLedger) -> None:
    key = replace(ALIGN, run_id="earlier")
    done = replace(DONE, key=key)
    del ledger.jobs[ALIGN]
    ledger.open_run(run_row(run_id="earlier"), [])
    ledger.jobs[key] = done
    ledger.steps[RUN_ID, Step.ALIGN] = replace(align(ledger), reused_from="earlier")
    memory = FakeMemory()

    whole_history(ledger.history(RUN_ID), ledger, memory.written_by)

    assert memory.asked == [done]
    assert align(ledger).written == WRITTEN


@pytest.mark.parametrize("reused_from", ["", "expired"])
def test_step_with_an_unknown_job_is_refused(ledger: FakeLedger, reused_from: str) -> None:
    del ledger.jobs[ALIGN]
    ledger.steps[RUN_ID, Step.ALIGN] = replace(align(ledger), reused_from=reused_from)

    with pytest.raises(ResultsReplacedError, match=f"the job that did align of run {RUN_ID}"):
        whole_history(ledger.history(RUN_ID), ledger, FakeMemory().written_by)


def test_job_of_a_run_of_before_is_submitted_with_options_that_its_image_knows(
    ledger: FakeLedger,
) -> None:
    batch = FakeBatch()

    submit_job(CALL, "token", ledger, batch, FakeTokens(), FakeMemory().written_by)

    ((_, plan),) = batch.submitted.values()
    assert plan == ledger.step(RUN_ID, Step.CALL_VARIANTS).plan
    assert align(ledger).written == WRITTEN


def test_job_of_a_run_of_before_whose_results_are_not_its_own_is_refused(
    ledger: FakeLedger,
) -> None:
    batch, memory = FakeBatch(), FakeMemory(replaced=f"it is not of job {JOB_ID}")

    with pytest.raises(ResultsReplacedError):
        submit_job(CALL, "token", ledger, batch, FakeTokens(), memory.written_by)

    row = ledger.jobs[CALL]
    assert batch.submitted == {}
    assert row.failure
    assert (row.state, row.failure.error) == (JobState.FAILED, "ResultsReplacedError")
