"""A folder has one run at a time; runs with the same work wait, and every wait ends."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from seqstack.domain.claims import Claim, Taking
from seqstack.domain.errors import ResultsInUseError
from seqstack.domain.job_record import JobKey
from seqstack.domain.records import RunRow
from seqstack.domain.words import JobState, RunState, Step
from seqstack.use_cases.hold_results import (
    catch_up_holder,
    enter_results,
    reopen_run,
    wait_for_holder,
    wake_waiting,
)
from tests.support.builders import all_steps, job_record, run_row, step_plan, written_objects
from tests.support.fakes import FakeEnds, FakeLedger, FakeMemory, FakeTokens

NOW = datetime(2025, 6, 2, 12, tzinfo=UTC)
FOLDER = "results/NA12878/"
TOKEN = "token-b"


def run(name: str, work: str = "same") -> RunRow:
    return run_row(run_id=name, execution_arn=f"arn:{name}", results_folder=FOLDER, work_key=work)


class World:
    """Run `a` holds the folder."""

    def __init__(self) -> None:
        self.ledger, self.tokens, self.ends = FakeLedger(), FakeTokens(), FakeEnds()
        self.memory = FakeMemory()
        self.enter(run("a"))

    def enter(self, row: RunRow) -> Taking | None:
        taking = enter_results(row, NOW, self.ledger, self.ends)
        steps = [replace(step, run_id=row.run_id) for step in all_steps()]
        assert self.ledger.open_run(row, steps, taking)
        return taking

    def end(self, name: str, state: RunState = RunState.FAILED) -> None:
        ended = replace(self.ledger.run(name), state=state, ended_at="then")
        assert self.ledger.finish_run(ended)
        wake_waiting(name, self.ledger, self.tokens)

    def holder(self, name: str = "b", step: Step = Step.ALIGN) -> str:
        """Whom the run waits for now, by its token."""
        key = JobKey(name, step, 1)
        found = wait_for_holder(key, f"token-{name}", NOW, self.ledger)
        return found[0].run_id if found else ""

    @property
    def claimant(self) -> str:
        claim = self.ledger.claim(FOLDER)
        assert claim
        return claim.run_id


@pytest.fixture
def world() -> World:
    return World()


def test_enter_results_of_a_free_folder_takes_it(world: World) -> None:
    assert world.ledger.claim(FOLDER) == Claim(FOLDER, "a", "same")


@pytest.mark.parametrize(("holders", "other"), [("same", "other"), ("", ""), ("same", "")])
def test_enter_results_that_a_run_of_other_work_holds_is_refused(holders: str, other: str) -> None:
    world = World()
    world.ledger.runs["a"] = run("a", holders)

    with pytest.raises(ResultsInUseError) as refused:
        enter_results(run("b", other), NOW, world.ledger, world.ends)

    assert str(refused.value) == (
        "run a writes its results to s3://results/NA12878/; wait for its end, stop it, or give "
        "this run another resultsS3Path"
    )


def test_enter_results_of_the_same_work_goes_in_beside_the_holder(world: World) -> None:
    assert world.enter(run("b")) is None
    assert world.claimant == "a"


@pytest.mark.parametrize("state", [state for state in RunState if state.is_terminal])
def test_enter_results_of_a_run_that_has_ended_takes_them(world: World, state: RunState) -> None:
    world.end("a", state)

    assert world.enter(run("b", "other"))
    assert world.claimant == "b"


def test_enter_results_of_a_run_whose_execution_is_gone_closes_it_first(world: World) -> None:
    world.ends.ended["a"] = replace(run("a"), state=RunState.ABORTED, ended_at="then")

    assert world.enter(run("b", "other"))

    assert world.ledger.run("a").state is RunState.ABORTED
    assert world.claimant == "b"


def test_enter_results_of_a_run_without_a_folder_claims_none() -> None:
    assert enter_results(run_row(), NOW, FakeLedger(), FakeEnds()) is None


def test_wait_for_holder_by_the_holder_itself_registers_no_wait(world: World) -> None:
    assert world.holder("a") == ""
    assert world.ledger.waiting(FOLDER) == []


def test_wait_for_holder_that_is_running_leaves_the_token(world: World) -> None:
    world.enter(run("b"))

    assert world.holder() == "a"
    assert [one.token for one in world.ledger.waiting(FOLDER)] == [TOKEN]


def test_wait_for_holder_that_has_ended_takes_the_claim_over_once(world: World) -> None:
    world.enter(run("b"))
    world.enter(run("c"))
    world.end("a")

    assert (world.holder("b"), world.holder("c")) == ("", "b")
    assert world.claimant == "b"


def test_wait_for_holder_that_ends_while_the_token_is_written_continues(world: World) -> None:
    world.enter(run("b"))
    keep = world.ledger.keep_waiting

    def ends_first(waiting: object, expires_at: int) -> None:
        world.end("a")
        keep(waiting, expires_at)  # type: ignore[arg-type]

    world.ledger.keep_waiting = ends_first  # type: ignore[method-assign]

    assert world.holder() == ""
    assert world.claimant == "b"
    assert world.ledger.waiting(FOLDER) == []


def test_wait_for_holder_of_other_work_that_came_between_is_refused(world: World) -> None:
    world.enter(run("b"))
    world.end("a")
    world.enter(run("c", "other"))

    with pytest.raises(ResultsInUseError, match="run c writes"):
        world.holder()


def test_wait_for_holder_by_a_run_that_has_ended_takes_nothing(world: World) -> None:
    world.enter(run("b"))
    world.end("b")
    world.end("a")

    assert world.holder() == ""
    assert world.claimant == "a"


def test_wake_waiting_answers_those_of_the_step_once(world: World) -> None:
    world.enter(run("b"))
    world.holder("b", Step.ALIGN)

    wake_waiting("a", world.ledger, world.tokens, Step.ANNOTATE)
    assert world.tokens.answers == []
    for _ in range(2):
        wake_waiting("a", world.ledger, world.tokens, Step.ALIGN)

    ((token, answer),) = world.tokens.answers
    assert (token, getattr(answer, "error", "")) == (TOKEN, "HolderChangedError")


def test_wake_waiting_at_the_end_answers_all_but_the_runs_own(world: World) -> None:
    world.enter(run("b"))
    world.enter(run("c"))
    world.holder("b", Step.ALIGN)
    world.holder("c", Step.ALIGN)

    world.end("b")

    assert [token for token, _ in world.tokens.answers] == ["token-c"]


def test_catch_up_holder_remembers_a_step_that_is_done_and_no_other(world: World) -> None:
    key = JobKey("a", Step.ALIGN, 1)
    holder, remember = world.ledger.run("a"), world.memory.remember
    assert not catch_up_holder(holder, Step.ALIGN, world.ledger, remember)
    world.ledger.arm_job(key, step_plan(), "token-a")
    world.ledger.record_job(key, job_record("SUCCEEDED"), None)
    assert not catch_up_holder(holder, Step.ALIGN, world.ledger, remember)
    world.ledger.complete_step(key, written_objects(step_plan()))

    assert catch_up_holder(holder, Step.ALIGN, world.ledger, remember)

    ((job, history),) = world.memory.remembered
    assert (job.state, history.run.run_id) == (JobState.SUCCEEDED, "a")


def test_reopen_run_takes_its_folder_back_once(world: World) -> None:
    world.end("a")

    for _ in range(2):
        reopen_run("a", 1, NOW, world.ledger, world.ends)

    assert (world.ledger.run("a").state, world.ledger.run("a").redrive) == (RunState.RUNNING, 1)
    assert world.claimant == "a"


def test_reopen_run_whose_folder_another_run_has_is_refused(world: World) -> None:
    world.end("a")
    world.enter(run("b", "other"))

    with pytest.raises(ResultsInUseError, match="run b writes"):
        reopen_run("a", 1, NOW, world.ledger, world.ends)

    assert world.ledger.run("a").state is RunState.FAILED


def test_reopen_run_that_was_never_redriven_changes_nothing(world: World) -> None:
    world.end("a")

    reopen_run("a", 0, NOW, world.ledger, world.ends)

    assert world.ledger.run("a").state is RunState.FAILED
