"""Steps: the ledger in DynamoDB and its fake in memory do the same.

Every conditional write is tried both ways: where its condition holds, and where it does not.
"""

import pytest

from seqstack.domain.errors import UnknownRunError
from seqstack.domain.failures import Failure
from seqstack.domain.job_record import JobKey
from seqstack.domain.manifest import StoredObject
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.step_warnings import StepWarning
from seqstack.domain.words import RunState, Step, StepState
from seqstack.use_cases.ports import Ledger
from tests.support.builders import (
    ALIGN,
    RUN_ID,
    run_row,
)

FAILURE = Failure("ToolFailedError", "align (bwa) failed: exit status 1")
BAM = S3Uri("results", "s/bam/sorted.bam")
WRITTEN = (
    StoredObject(
        BAM, 9_000_000_000, "d41d8cd98f00b204e9800998ecf8427e-180", "", "3sL4kqtJlcpXroDTD"
    ),
    StoredObject(BAM.parent.parent / "provenance/align.json", 4096, "aa", "SHA256:q83vEjRWeJA="),
)


def reopen(ledger: Ledger, step: Step, redrive: int) -> None:
    ledger.reopen_run(RUN_ID, redrive)
    ledger.reopen_step(RUN_ID, step, redrive)


def test_start_step_moves_it_to_running_with_its_newest_attempt(opened: Ledger) -> None:
    opened.start_step(RUN_ID, Step.ALIGN, 1)
    opened.start_step(RUN_ID, Step.ALIGN, 2)

    step = opened.step(RUN_ID, Step.ALIGN)
    assert (step.state, step.attempt) == (StepState.RUNNING, 2)


def test_finish_step_open_step_is_closed_with_its_failure(opened: Ledger) -> None:
    assert opened.finish_step(RUN_ID, Step.ALIGN, FAILURE)

    step = opened.step(RUN_ID, Step.ALIGN)
    assert (step.state, step.failure, step.written) == (StepState.FAILED, FAILURE, ())


@pytest.mark.parametrize("attempt_begun", [None, 1])
def test_complete_step_open_step_is_closed_with_what_was_written(
    opened: Ledger, attempt_begun: int | None
) -> None:
    if attempt_begun:
        opened.start_step(RUN_ID, Step.ALIGN, attempt_begun)

    assert opened.complete_step(ALIGN, WRITTEN)

    step = opened.step(RUN_ID, Step.ALIGN)
    assert (step.state, step.failure, step.written) == (StepState.SUCCEEDED, None, WRITTEN)
    assert opened.history(RUN_ID).steps[0] == step


def test_note_written_is_for_a_step_that_succeeded_and_does_not_have_it(opened: Ledger) -> None:
    opened.note_written(RUN_ID, Step.ALIGN, WRITTEN)
    assert opened.step(RUN_ID, Step.ALIGN).written == ()

    opened.complete_step(ALIGN, WRITTEN)
    opened.note_written(RUN_ID, Step.ALIGN, WRITTEN[:1])
    opened.note_written("unknown", Step.ALIGN, WRITTEN)

    assert opened.step(RUN_ID, Step.ALIGN).written == WRITTEN


def test_complete_step_by_a_job_that_a_newer_one_follows_leaves_the_step_open(
    opened: Ledger,
) -> None:
    opened.start_step(RUN_ID, Step.ALIGN, 2)

    assert not opened.complete_step(ALIGN, WRITTEN)
    assert opened.step(RUN_ID, Step.ALIGN).state is StepState.RUNNING
    assert opened.complete_step(JobKey(RUN_ID, Step.ALIGN, 2), WRITTEN)


def test_complete_step_closed_or_unknown_step_stays(opened: Ledger) -> None:
    opened.complete_step(ALIGN, WRITTEN)

    assert not opened.complete_step(ALIGN, WRITTEN[:1])
    assert not opened.complete_step(JobKey("unknown", Step.ALIGN, 1), WRITTEN)
    assert opened.step(RUN_ID, Step.ALIGN).written == WRITTEN


def test_finish_step_closed_step_stays(opened: Ledger) -> None:
    opened.complete_step(ALIGN, WRITTEN)

    assert not opened.finish_step(RUN_ID, Step.ALIGN, FAILURE)
    opened.start_step(RUN_ID, Step.ALIGN, 2)

    step = opened.step(RUN_ID, Step.ALIGN)
    assert (step.state, step.attempt, step.failure) == (StepState.SUCCEEDED, 0, None)


@pytest.mark.parametrize("attempt_before", [None, 1])
def test_reuse_step_open_step_is_closed_with_the_run_it_is_from(
    opened: Ledger, attempt_before: int | None
) -> None:
    if attempt_before:
        opened.start_step(RUN_ID, Step.ALIGN, attempt_before)

    assert opened.reuse_step(JobKey(RUN_ID, Step.ALIGN, 2), "earlier-run", WRITTEN)

    step = opened.step(RUN_ID, Step.ALIGN)
    assert (step.state, step.reused_from) == (StepState.SUCCEEDED, "earlier-run")
    assert step.written == WRITTEN
    assert step.attempt == (attempt_before or 0)


@pytest.mark.parametrize("attempt_begun", [1, 2])
def test_reuse_step_whose_job_is_under_way_stays(opened: Ledger, attempt_begun: int) -> None:
    opened.start_step(RUN_ID, Step.ALIGN, attempt_begun)

    assert not opened.reuse_step(ALIGN, "earlier-run", WRITTEN)
    assert opened.step(RUN_ID, Step.ALIGN).state is StepState.RUNNING


def test_reuse_step_closed_or_unknown_step_stays(opened: Ledger) -> None:
    opened.finish_step(RUN_ID, Step.ALIGN, FAILURE)

    assert not opened.reuse_step(ALIGN, "earlier-run", WRITTEN)
    assert not opened.reuse_step(JobKey("unknown", Step.ALIGN, 1), "earlier-run", WRITTEN)

    step = opened.step(RUN_ID, Step.ALIGN)
    assert (step.state, step.reused_from) == (StepState.FAILED, "")


def test_finish_step_unknown_step_is_not_made(ledger: Ledger) -> None:
    assert not ledger.finish_step(RUN_ID, Step.ALIGN, FAILURE)
    ledger.start_step(RUN_ID, Step.ALIGN, 1)
    with pytest.raises(UnknownRunError):
        ledger.step(RUN_ID, Step.ALIGN)


@pytest.mark.parametrize("is_running", [True, False])
def test_stop_step_open_step_is_stopped(opened: Ledger, *, is_running: bool) -> None:
    if is_running:
        opened.start_step(RUN_ID, Step.ALIGN, 1)

    assert opened.stop_step(RUN_ID, Step.ALIGN)
    assert opened.step(RUN_ID, Step.ALIGN).state is StepState.STOPPED
    assert opened.step(RUN_ID, Step.ANNOTATE).state is StepState.PENDING


@pytest.mark.parametrize("failure", [None, FAILURE])
def test_stop_step_ended_step_stays(opened: Ledger, failure: Failure | None) -> None:
    if failure:
        opened.finish_step(RUN_ID, Step.ALIGN, failure)
    else:
        opened.complete_step(ALIGN, WRITTEN)
    before = opened.step(RUN_ID, Step.ALIGN)

    assert not opened.stop_step(RUN_ID, Step.ALIGN)
    assert opened.step(RUN_ID, Step.ALIGN) == before


def test_stop_step_stopped_step_is_ended(opened: Ledger) -> None:
    opened.stop_step(RUN_ID, Step.ALIGN)

    assert not opened.stop_step(RUN_ID, Step.ALIGN)
    assert not opened.finish_step(RUN_ID, Step.ALIGN, FAILURE)
    assert not opened.complete_step(ALIGN, WRITTEN)
    opened.start_step(RUN_ID, Step.ALIGN, 1)
    assert opened.step(RUN_ID, Step.ALIGN).state is StepState.STOPPED


def test_stop_step_that_a_later_redrive_has_opened_continues(opened: Ledger) -> None:
    reopen(opened, Step.ALIGN, 2)

    assert not opened.stop_step(RUN_ID, Step.ALIGN, 1)
    assert opened.step(RUN_ID, Step.ALIGN).state is StepState.PENDING
    assert opened.stop_step(RUN_ID, Step.ALIGN, 2)


def test_stop_step_unknown_step_is_not_made(ledger: Ledger) -> None:
    assert not ledger.stop_step(RUN_ID, Step.ALIGN)
    with pytest.raises(UnknownRunError):
        ledger.step(RUN_ID, Step.ALIGN)


def end_badly(ledger: Ledger, redrive: int = 0) -> None:
    ledger.finish_step(RUN_ID, Step.ALIGN, FAILURE)
    ledger.stop_step(RUN_ID, Step.ANNOTATE)
    ended = run_row(state=RunState.FAILED, ended_at="then", failure=FAILURE, redrive=redrive)
    assert ledger.finish_run(ended)


@pytest.mark.parametrize("step", [Step.ALIGN, Step.ANNOTATE])
def test_reopen_step_of_an_ended_run_opens_both_and_no_other_step(
    opened: Ledger, step: Step
) -> None:
    end_badly(opened)
    before = opened.history(RUN_ID).steps

    reopen(opened, step, 1)

    history = opened.history(RUN_ID)
    assert history.run == run_row(redrive=1)
    assert [row for row in history.steps if row.step != step] == [
        row for row in before if row.step != step
    ]
    reopened = opened.step(RUN_ID, step)
    assert (reopened.state, reopened.failure) == (StepState.PENDING, None)


def test_reopen_step_again_for_the_same_redrive_changes_nothing(opened: Ledger) -> None:
    end_badly(opened)
    reopen(opened, Step.ALIGN, 1)
    opened.start_step(RUN_ID, Step.ALIGN, 101)
    end_badly(opened, redrive=1)
    before = opened.history(RUN_ID)

    reopen(opened, Step.ALIGN, 1)

    assert opened.history(RUN_ID) == before


def test_reopen_step_of_a_second_redrive_opens_it_again(opened: Ledger) -> None:
    end_badly(opened)
    reopen(opened, Step.ALIGN, 1)
    end_badly(opened, redrive=1)

    reopen(opened, Step.ALIGN, 2)

    assert opened.run(RUN_ID) == run_row(redrive=2)
    assert opened.step(RUN_ID, Step.ALIGN).state is StepState.PENDING


def test_reopen_step_that_succeeded_stays_and_its_run_continues(opened: Ledger) -> None:
    opened.complete_step(ALIGN, WRITTEN)
    end_badly(opened)

    reopen(opened, Step.ALIGN, 1)

    assert opened.step(RUN_ID, Step.ALIGN).state is StepState.SUCCEEDED
    assert opened.run(RUN_ID).state is RunState.RUNNING


def test_reopen_step_of_the_second_branch_leaves_the_first_ones_work(opened: Ledger) -> None:
    end_badly(opened)
    reopen(opened, Step.ALIGN, 1)
    opened.start_step(RUN_ID, Step.ALIGN, 101)

    reopen(opened, Step.ANNOTATE, 1)

    assert opened.step(RUN_ID, Step.ALIGN).state is StepState.RUNNING
    assert opened.step(RUN_ID, Step.ANNOTATE).state is StepState.PENDING


def test_reopen_step_unknown_is_not_made(ledger: Ledger) -> None:
    reopen(ledger, Step.ALIGN, 1)

    with pytest.raises(UnknownRunError):
        ledger.run(RUN_ID)
    with pytest.raises(UnknownRunError):
        ledger.step(RUN_ID, Step.ALIGN)


FEW = (StepWarning("fewReadsAligned", "1 of 100 reads are aligned"),)


def test_complete_step_with_warnings_reports_them_on_step_and_run(opened: Ledger) -> None:
    assert opened.complete_step(ALIGN, WRITTEN, FEW)
    assert not opened.complete_step(ALIGN, WRITTEN, ())

    step = opened.step(RUN_ID, Step.ALIGN)
    assert (step.state, step.written, step.warnings) == (StepState.SUCCEEDED, WRITTEN, FEW)
    assert opened.run(RUN_ID).warnings == {Step.ALIGN: FEW}


def test_complete_step_with_a_failure_fails_it_and_keeps_what_was_written(opened: Ledger) -> None:
    assert opened.complete_step(ALIGN, WRITTEN, FEW, FAILURE)

    step = opened.step(RUN_ID, Step.ALIGN)
    assert (step.state, step.failure) == (StepState.FAILED, FAILURE)
    assert (step.written, step.warnings) == (WRITTEN, FEW)


def test_reuse_step_with_warnings_reports_them_on_step_and_run(opened: Ledger) -> None:
    assert opened.reuse_step(ALIGN, "earlier-run", WRITTEN, FEW)

    step = opened.step(RUN_ID, Step.ALIGN)
    assert (step.reused_from, step.warnings) == ("earlier-run", FEW)
    assert opened.run(RUN_ID).warnings == {Step.ALIGN: FEW}


def test_reopen_step_forgets_warnings_of_the_step(opened: Ledger) -> None:
    opened.complete_step(ALIGN, WRITTEN, FEW, FAILURE)

    reopen(opened, Step.ALIGN, 1)

    assert opened.step(RUN_ID, Step.ALIGN).warnings == ()
