"""A step that an earlier run has done ends without a job, once, even if a call dies."""

from dataclasses import replace

import pytest

from seqstack.domain.errors import SuspiciousResultError, TransientServiceError
from seqstack.domain.failures import Failure
from seqstack.domain.manifest import Manifest
from seqstack.domain.records import StepRow
from seqstack.domain.step_warnings import StepWarning
from seqstack.domain.words import Step, StepState
from seqstack.tools.registry import Tool
from seqstack.use_cases.get_job_status import get_job_status
from seqstack.use_cases.reuse_step import reuse_step
from tests.support.builders import (
    ALIGN,
    JOB_ID,
    all_steps,
    job_record,
    run_row,
    step_plan,
    step_row,
    written_objects,
)
from tests.support.fakes import FakeBatch, FakeLedger, FakeLog, FakeMemory, FakeTokens

VERSIONS = {"bwa": "0.7.17-r1188"}
WRITTEN = written_objects(step_plan())
EARLIER = Manifest(
    "earlier-run", Step.ALIGN, Tool.BWA, "2025-06-01T00:00:00.000Z", WRITTEN, VERSIONS
)
TOKEN = "token-1"
REUSED = {"status": "SUCCEEDED", "reusedFrom": "earlier-run"}


class World:
    """An open run, and an earlier one that has done its first step."""

    def __init__(self) -> None:
        self.ledger, self.tokens = FakeLedger(), FakeTokens()
        self.memory = FakeMemory(manifest=EARLIER)
        self.ledger.open_run(run_row(), all_steps())

    def reuse(self, token: str = TOKEN, attempt: int = 1) -> StepRow | None:
        key = replace(ALIGN, attempt=attempt)
        return reuse_step(
            key, token, self.ledger, self.tokens, self.memory.recall, self.memory.written_by
        )

    @property
    def step(self) -> StepRow:
        return self.ledger.step(ALIGN.run_id, Step.ALIGN)


@pytest.fixture
def world() -> World:
    return World()


def test_reuse_step_done_before_ends_it_and_answers_the_token(world: World) -> None:
    reused = world.reuse()

    assert reused == world.step
    assert (world.step.state, world.step.reused_from) == (StepState.SUCCEEDED, "earlier-run")
    assert (world.step.attempt, world.step.written) == (0, WRITTEN)
    assert world.tokens.answers == [(TOKEN, REUSED)]
    assert world.ledger.jobs == {}
    assert world.memory.recalled == [step_plan()]
    assert world.ledger.run(ALIGN.run_id).tool_versions == {Step.ALIGN: VERSIONS}


def test_reuse_step_never_done_changes_nothing(world: World) -> None:
    world.memory.manifest = None

    assert world.reuse() is None
    assert world.step == step_row()
    assert world.tokens.answers == []


def test_reuse_step_of_a_run_without_cache_is_not_looked_up(world: World) -> None:
    world.ledger.steps[ALIGN.run_id, Step.ALIGN] = step_row(plan=step_plan(use_cache=False))

    assert world.reuse() is None
    assert world.memory.recalled == []


def test_reuse_step_whose_job_was_begun_is_not_looked_up(world: World) -> None:
    world.ledger.arm_job(ALIGN, step_plan(), "token-0")

    assert world.reuse() is None
    assert (world.memory.recalled, world.tokens.answers) == ([], [])


def test_reuse_step_after_a_crash_before_the_answer_answers(world: World) -> None:
    world.tokens.is_throttled = True
    with pytest.raises(TransientServiceError):
        world.reuse()
    world.tokens.is_throttled = False
    world.memory.manifest = None  # its objects are gone: what was decided stays

    assert world.reuse("token-2")

    assert world.tokens.answers == [("token-2", REUSED)]
    assert len(world.memory.recalled) == 1


def test_reuse_step_whose_answer_was_lost_is_answered_again(world: World) -> None:
    world.reuse()
    state = get_job_status(
        ALIGN,
        world.ledger,
        FakeBatch(),
        FakeLog(),
        world.memory.written_by,
        world.memory.remember,
        lambda _: None,
        world.tokens,
    ).state
    assert state == "SUBMITTING"  # the state machine then awaits the job with a new token

    world.reuse("token-2")

    assert world.tokens.answers == [(TOKEN, REUSED), ("token-2", REUSED)]


def test_reuse_step_that_another_call_began_meanwhile_is_left_to_it(world: World) -> None:
    world.ledger.start_step(ALIGN.run_id, Step.ALIGN, 1)

    assert world.reuse() is None
    assert world.step.state is StepState.RUNNING


def test_reuse_step_next_attempt_may_be_spared(world: World) -> None:
    """Another run may have done the step since the first try failed."""
    world.ledger.arm_job(ALIGN, step_plan(), "token-0")
    world.ledger.start_step(ALIGN.run_id, Step.ALIGN, 1)

    assert world.reuse(attempt=2)
    assert world.step.reused_from == "earlier-run"


def test_reuse_step_of_a_stopped_step_is_none(world: World) -> None:
    world.ledger.stop_step(ALIGN.run_id, Step.ALIGN)

    assert world.reuse() is None
    assert world.tokens.answers == []


def test_reuse_step_done_before_a_redrive_needs_no_job(world: World) -> None:
    world.memory.manifest = None
    world.ledger.arm_job(ALIGN, step_plan(), "token-0")
    world.ledger.record_job(ALIGN, job_record("SUCCEEDED", jobId=JOB_ID), None)
    world.ledger.complete_step(ALIGN, WRITTEN)

    assert world.reuse(TOKEN, attempt=101)

    assert world.tokens.answers == [(TOKEN, {"status": "SUCCEEDED"})]


def test_reuse_step_failed_before_a_redrive_is_reopened_and_looked_up(world: World) -> None:
    world.ledger.finish_step(ALIGN.run_id, Step.ALIGN, Failure("ToolFailedError", "why"))

    assert world.reuse(attempt=101)
    assert (world.step.state, world.step.failure) == (StepState.SUCCEEDED, None)


def test_reuse_step_that_cannot_be_looked_up_now_changes_nothing(world: World) -> None:
    world.memory.error = TransientServiceError("HeadObject: slow down")

    with pytest.raises(TransientServiceError):
        world.reuse()

    assert world.step == step_row()


FEW = StepWarning("fewReadsAligned", "1 of 100 reads are aligned")


def test_reuse_step_of_a_suspicious_result_reports_it_again(world: World) -> None:
    world.memory.manifest = replace(EARLIER, warnings=(FEW,))

    assert world.reuse()

    assert world.step.warnings == (FEW,)
    assert world.ledger.run(ALIGN.run_id).warnings == {Step.ALIGN: (FEW,)}


def test_reuse_step_of_a_suspicious_result_fails_a_run_that_asked_for_it(world: World) -> None:
    world.memory.manifest = replace(EARLIER, warnings=(FEW,))
    row = world.step
    world.ledger.steps[ALIGN.run_id, Step.ALIGN] = replace(
        row, plan=replace(row.plan, fails_on_warnings=True)
    )

    with pytest.raises(SuspiciousResultError, match="fewReadsAligned: 1 of 100"):
        world.reuse()

    assert world.step.state is StepState.FAILED
    assert world.tokens.answers == []
