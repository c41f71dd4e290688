from collections.abc import Callable

import pytest

from seqstack.domain.errors import UnknownRunError
from seqstack.domain.request_errors import RunForgottenError, RunHasEndedError, RunIsRunningError
from seqstack.domain.words import RunState, Step
from seqstack.use_cases.control_runs import ResumedRun, Resumption, resume_run
from tests.support.builders import RESULTS_BUCKET, RUN_ID, all_steps, exome_input, run_row
from tests.support.fake_executions import FakeExecutions
from tests.support.fakes import FakeLedger

NEW = ("new-run", False)


def resume(executions: FakeExecutions, ledger: FakeLedger | None = None) -> ResumedRun:
    if ledger is None:
        ledger = FakeLedger()
        ledger.open_run(run_row(), all_steps())
    return resume_run(RUN_ID, NEW, RESULTS_BUCKET, ledger, executions)


@pytest.mark.parametrize("state", [RunState.ABORTED, RunState.TIMED_OUT])
def test_resume_redrives_a_run_that_was_stopped_within_a_step(state: RunState) -> None:
    executions = FakeExecutions()
    executions.put(RUN_ID, state, exome_input(), can_be_redriven=True)

    assert resume(executions) == ResumedRun(RUN_ID, Resumption.REDRIVEN)
    assert executions.redriven == [RUN_ID]
    assert set(executions.known) == {RUN_ID}


@pytest.mark.parametrize(
    ("state", "can_be_redriven", "redrivable"),
    [
        (RunState.FAILED, True, True),  # its Fail state would only fail again
        (RunState.ABORTED, False, True),
        (RunState.TIMED_OUT, True, False),
    ],
)
def test_resume_of_any_other_run_starts_a_new_one_with_its_input(
    state: RunState, can_be_redriven: bool, redrivable: bool
) -> None:
    executions = FakeExecutions(redrivable=redrivable)
    executions.put(RUN_ID, state, exome_input(), can_be_redriven=can_be_redriven)

    assert resume(executions) == ResumedRun("new-run", Resumption.RESTARTED)
    assert executions.redriven == []
    assert executions.known["new-run"].document == exome_input()


def stopped_while_its_input_was_checked(ledger: FakeLedger) -> None:
    ledger.write_rejected_run(run_row(state=RunState.ABORTED, tools={}))


def begun_to_expire(ledger: FakeLedger) -> None:
    ledger.open_run(run_row(), [step for step in all_steps() if step.step != Step.ALIGN])


def expired(_ledger: FakeLedger) -> None:
    """No row is left."""


@pytest.mark.parametrize("is_like", [stopped_while_its_input_was_checked, begun_to_expire, expired])
def test_resume_of_a_run_without_its_steps_in_the_ledger_starts_a_new_one(
    is_like: Callable[[FakeLedger], None],
) -> None:
    executions, ledger = FakeExecutions(), FakeLedger()
    executions.put(RUN_ID, RunState.ABORTED, exome_input(), can_be_redriven=True)
    is_like(ledger)

    assert resume(executions, ledger) == ResumedRun("new-run", Resumption.RESTARTED)
    assert executions.redriven == []


def test_resume_twice_at_once_starts_no_second_run() -> None:
    executions = FakeExecutions(redrivable=False)
    executions.put(RUN_ID, RunState.ABORTED, exome_input(), can_be_redriven=True)
    executions.before_redrive = lambda: executions.put(RUN_ID, RunState.RUNNING, exome_input())

    with pytest.raises(RunIsRunningError):
        resume(executions)

    assert set(executions.known) == {RUN_ID}


@pytest.mark.parametrize(
    ("state", "error"),
    [(RunState.RUNNING, RunIsRunningError), (RunState.SUCCEEDED, RunHasEndedError)],
)
def test_resume_leaves_a_run_alone_that_needs_nothing(
    state: RunState, error: type[Exception]
) -> None:
    executions = FakeExecutions()
    executions.put(RUN_ID, state, exome_input(), can_be_redriven=True)

    with pytest.raises(error):
        resume(executions)

    assert (executions.redriven, set(executions.known)) == ([], {RUN_ID})


def test_resume_of_a_run_that_step_functions_has_forgotten_says_so() -> None:
    ledger = FakeLedger()
    ledger.open_run(run_row(), [])

    with pytest.raises(RunForgottenError):
        resume(FakeExecutions(), ledger)
    with pytest.raises(UnknownRunError):
        resume(FakeExecutions(), FakeLedger())
