"""Steps: the ledger in DynamoDB and its fake in memory do the same.

Every conditional write is tried both ways: where its condition holds, and where it does not.
"""

import pytest

from seqstack.domain.errors import UnknownRunError
from seqstack.domain.failures import Failure
from seqstack.domain.job_record import JobKey
from seqstack.domain.words import RunState, Step, StepState
from seqstack.use_cases.ports import Ledger
from tests.builders import (
    ALIGN,
    RUN_ID,
    run_row,
)

FAILURE = Failure("ToolFailedError", "align (bwa) failed: exit status 1")


def test_start_step_moves_it_to_running_with_its_newest_attempt(opened: Ledger) -> None:
    opened.start_step(RUN_ID, Step.ALIGN, 1)
    opened.start_step(RUN_ID, Step.ALIGN, 2)

    step = opened.step(RUN_ID, Step.ALIGN)
    assert (step.state, step.attempt) == (StepState.RUNNING, 2)


@pytest.mark.parametrize("failure", [None, FAILURE])
def test_finish_step_open_step_is_closed(opened: Ledger, failure: Failure | None) -> None:
    assert opened.finish_step(RUN_ID, Step.ALIGN, failure)

    step = opened.step(RUN_ID, Step.ALIGN)
    assert step.state is (StepState.FAILED if failure else StepState.SUCCEEDED)
    assert step.failure == failure


def test_finish_step_closed_step_stays(opened: Ledger) -> None:
    opened.finish_step(RUN_ID, Step.ALIGN)

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

    assert opened.reuse_step(JobKey(RUN_ID, Step.ALIGN, 2), "earlier-run")

    step = opened.step(RUN_ID, Step.ALIGN)
    assert (step.state, step.reused_from) == (StepState.SUCCEEDED, "earlier-run")
    assert step.attempt == (attempt_before or 0)


@pytest.mark.parametrize("attempt_begun", [1, 2])
def test_reuse_step_whose_job_is_under_way_stays(opened: Ledger, attempt_begun: int) -> None:
    opened.start_step(RUN_ID, Step.ALIGN, attempt_begun)

    assert not opened.reuse_step(ALIGN, "earlier-run")
    assert opened.step(RUN_ID, Step.ALIGN).state is StepState.RUNNING


def test_reuse_step_closed_or_unknown_step_stays(opened: Ledger) -> None:
    opened.finish_step(RUN_ID, Step.ALIGN, FAILURE)

    assert not opened.reuse_step(ALIGN, "earlier-run")
    assert not opened.reuse_step(JobKey("unknown", Step.ALIGN, 1), "earlier-run")

    step = opened.step(RUN_ID, Step.ALIGN)
    assert (step.state, step.reused_from) == (StepState.FAILED, "")


def test_finish_step_unknown_step_is_not_made(ledger: Ledger) -> None:
    assert not ledger.finish_step(RUN_ID, Step.ALIGN)
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
    opened.finish_step(RUN_ID, Step.ALIGN, failure)
    before = opened.step(RUN_ID, Step.ALIGN)

    assert not opened.stop_step(RUN_ID, Step.ALIGN)
    assert opened.step(RUN_ID, Step.ALIGN) == before


def test_stop_step_stopped_step_is_ended(opened: Ledger) -> None:
    opened.stop_step(RUN_ID, Step.ALIGN)

    assert not opened.stop_step(RUN_ID, Step.ALIGN)
    assert not opened.finish_step(RUN_ID, Step.ALIGN)
    opened.start_step(RUN_ID, Step.ALIGN, 1)
    assert opened.step(RUN_ID, Step.ALIGN).state is StepState.STOPPED


def test_stop_step_that_a_later_redrive_has_opened_goes_on(opened: Ledger) -> None:
    opened.reopen_step(RUN_ID, Step.ALIGN, 2)

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

    opened.reopen_step(RUN_ID, step, 1)

    history = opened.history(RUN_ID)
    assert history.run == run_row(redrive=1)
    assert [row for row in history.steps if row.step is not step] == [
        row for row in before if row.step is not step
    ]
    reopened = opened.step(RUN_ID, step)
    assert (reopened.state, reopened.failure) == (StepState.PENDING, None)


def test_reopen_step_again_for_the_same_redrive_changes_nothing(opened: Ledger) -> None:
    end_badly(opened)
    opened.reopen_step(RUN_ID, Step.ALIGN, 1)
    opened.start_step(RUN_ID, Step.ALIGN, 101)
    end_badly(opened, redrive=1)
    before = opened.history(RUN_ID)

    opened.reopen_step(RUN_ID, Step.ALIGN, 1)

    assert opened.history(RUN_ID) == before


def test_reopen_step_of_a_second_redrive_opens_it_again(opened: Ledger) -> None:
    end_badly(opened)
    opened.reopen_step(RUN_ID, Step.ALIGN, 1)
    end_badly(opened, redrive=1)

    opened.reopen_step(RUN_ID, Step.ALIGN, 2)

    assert opened.run(RUN_ID) == run_row(redrive=2)
    assert opened.step(RUN_ID, Step.ALIGN).state is StepState.PENDING


def test_reopen_step_that_succeeded_stays_and_its_run_goes_on(opened: Ledger) -> None:
    opened.finish_step(RUN_ID, Step.ALIGN)
    end_badly(opened)

    opened.reopen_step(RUN_ID, Step.ALIGN, 1)

    assert opened.step(RUN_ID, Step.ALIGN).state is StepState.SUCCEEDED
    assert opened.run(RUN_ID).state is RunState.RUNNING


def test_reopen_step_of_the_second_branch_leaves_the_first_ones_work(opened: Ledger) -> None:
    end_badly(opened)
    opened.reopen_step(RUN_ID, Step.ALIGN, 1)
    opened.start_step(RUN_ID, Step.ALIGN, 101)

    opened.reopen_step(RUN_ID, Step.ANNOTATE, 1)

    assert opened.step(RUN_ID, Step.ALIGN).state is StepState.RUNNING
    assert opened.step(RUN_ID, Step.ANNOTATE).state is StepState.PENDING


def test_reopen_step_unknown_is_not_made(ledger: Ledger) -> None:
    ledger.reopen_step(RUN_ID, Step.ALIGN, 1)

    with pytest.raises(UnknownRunError):
        ledger.run(RUN_ID)
    with pytest.raises(UnknownRunError):
        ledger.step(RUN_ID, Step.ALIGN)
