import pytest

from seqstack.domain.errors import UnknownRunError
from seqstack.domain.failures import Failure
from seqstack.domain.request_errors import RunHasEndedError
from seqstack.domain.words import RunState
from seqstack.use_cases.control_runs import abort_run
from seqstack.use_cases.show_runs import show_run
from tests.support.builders import RUN_ID, all_steps, exome_input, run_row
from tests.support.fake_executions import FakeExecutions
from tests.support.fakes import FakeLedger


def test_abort_run_stops_the_execution_and_says_who_did() -> None:
    executions, ledger = FakeExecutions(), FakeLedger()
    ledger.open_run(run_row(), all_steps())
    executions.put(RUN_ID, RunState.RUNNING, exome_input())

    run = abort_run(RUN_ID, "user/mmuster", ledger, executions)

    assert executions.known[RUN_ID].failure == Failure("StoppedByUser", "stopped by user/mmuster")
    assert (run.state, run.sample_id) == (RunState.ABORTED, "NA12878")


def test_abort_run_by_a_token_with_a_forged_subject_reports_one_harmless_line() -> None:
    executions = FakeExecutions()
    executions.put(RUN_ID, RunState.RUNNING, exome_input())

    abort_run(RUN_ID, "me\nstopped by root\x1b[1A", FakeLedger(), executions)

    stopped = executions.known[RUN_ID].failure
    assert stopped == Failure("StoppedByUser", "stopped by me�stopped by root�[1A")


@pytest.mark.parametrize("state", [s for s in RunState if s.is_terminal])
def test_abort_run_of_an_ended_run_is_refused_with_its_state(state: RunState) -> None:
    executions = FakeExecutions()
    executions.put(RUN_ID, state, exome_input())

    with pytest.raises(RunHasEndedError) as refused:
        abort_run(RUN_ID, "x", FakeLedger(), executions)

    assert refused.value.state is state
    assert executions.known[RUN_ID].failure is None


def test_show_run_before_the_ledger_has_it_comes_from_step_functions() -> None:
    executions = FakeExecutions()
    executions.put(RUN_ID, RunState.RUNNING, exome_input())

    history = show_run(RUN_ID, FakeLedger(), executions.find)

    assert (history.run.sample_id, history.run.state) == ("NA12878", RunState.RUNNING)
    assert (history.steps, history.jobs) == ((), ())
    with pytest.raises(UnknownRunError, match="there is no run other"):
        show_run("other", FakeLedger(), executions.find)
