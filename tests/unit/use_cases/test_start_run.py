import pytest

from seqstack.domain.errors import InvalidInputError
from seqstack.domain.request_errors import KeyReusedError, RunNameTakenError
from seqstack.domain.words import RunState
from seqstack.use_cases.start_run import RunRequest, start_run
from tests.support.builders import RESULTS_BUCKET, RUN_ID, exome_input, run_row
from tests.support.fake_executions import FakeExecutions
from tests.support.fakes import FakeLedger


def start(request: RunRequest, executions: FakeExecutions, ledger: FakeLedger | None = None):
    return start_run(request, RESULTS_BUCKET, ledger or FakeLedger(), executions)


def test_start_run_starts_an_execution_with_the_input_as_it_is() -> None:
    executions = FakeExecutions()

    started = start(RunRequest(RUN_ID, exome_input()), executions)

    assert executions.known == {RUN_ID: started}
    assert (started.state, started.document) == (RunState.RUNNING, exome_input())


def test_start_run_gives_the_callers_share_to_an_input_without_a_submitter() -> None:
    executions = FakeExecutions()

    anonymous = start(RunRequest("a", exome_input(), caller="role/Lab/j.doe"), executions)
    named = start(RunRequest("b", exome_input(submitter="core"), caller="x"), executions)

    assert anonymous.document["submitter"] == "jdoe"
    assert named.document["submitter"] == "core"


@pytest.mark.parametrize("document", [None, [], "x", 5, {}, exome_input(sampleId="a b")])
def test_start_run_of_a_bad_input_starts_nothing(document: object) -> None:
    executions = FakeExecutions()

    with pytest.raises(InvalidInputError) as refused:
        start(RunRequest(RUN_ID, document), executions)

    assert refused.value.problems
    assert executions.known == {}


def test_start_run_repeated_with_a_key_finds_the_run_of_the_first() -> None:
    executions = FakeExecutions()
    request = RunRequest(RUN_ID, exome_input(), is_repeatable=True)

    assert start(request, executions) == start(request, executions)
    assert len(executions.known) == 1


def test_start_run_with_a_key_that_has_started_another_input_is_refused() -> None:
    executions = FakeExecutions()
    start(RunRequest(RUN_ID, exome_input(), is_repeatable=True), executions)

    with pytest.raises(KeyReusedError, match="with another input"):
        start(RunRequest(RUN_ID, exome_input(sampleId="s2"), is_repeatable=True), executions)


def test_start_run_with_a_key_that_has_started_another_workflow_is_refused() -> None:
    executions = FakeExecutions()
    executions.put(RUN_ID, RunState.RUNNING, exome_input(), workflow="tally")

    with pytest.raises(KeyReusedError, match="with another input"):
        start(RunRequest(RUN_ID, exome_input(), is_repeatable=True), executions)


@pytest.mark.parametrize("workflow", ["tally", "", "run_batch_job"])
def test_start_run_of_a_workflow_that_there_is_not_starts_nothing(workflow: str) -> None:
    executions = FakeExecutions()

    with pytest.raises(InvalidInputError, match="there are: secondary_analysis"):
        start(RunRequest(RUN_ID, exome_input(), workflow=workflow), executions)

    assert executions.known == {}


def test_start_run_with_a_key_of_a_forgotten_execution_is_refused_and_starts_nothing() -> None:
    executions, ledger = FakeExecutions(), FakeLedger()
    ledger.open_run(run_row(), [])

    with pytest.raises(KeyReusedError, match="90 days"):
        start(RunRequest(RUN_ID, exome_input(), is_repeatable=True), executions, ledger)

    assert executions.known == {}


def test_start_run_without_a_key_under_a_taken_name_asks_for_another() -> None:
    with pytest.raises(RunNameTakenError):
        start(RunRequest(RUN_ID, exome_input()), FakeExecutions(taken={RUN_ID}))
