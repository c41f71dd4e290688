"""A run that is stopped from outside, in each of its states, leaves nothing."""

from dataclasses import asdict

import pytest

from seqstack.domain.words import RunState, StepState
from seqstack.use_cases.sweep_runs import Swept
from tests.harness.scripted import Act
from tests.support.workflow_world import World

pytestmark = pytest.mark.long

NOTHING = asdict(Swept(0, 0, 0))


@pytest.mark.parametrize(
    "step", ["align", "callVariants", "annotate", "alignmentStats", "targetMetrics"]
)
def test_run_aborted_while_a_job_runs_leaves_no_job_and_no_open_row(
    world: World, step: str
) -> None:
    world.play({f"-{step}-1": [Act.hang()]})
    arn = world.start(world.sample())
    name = arn.rsplit(":", 1)[1]
    running = f"{name}-{step}-1"
    world.eventually(True, lambda: running in world.running_jobs())

    world.emulator.client("stepfunctions").stop_execution(executionArn=arn, cause="enough")

    ended = world.wait(arn)
    assert ended.execution["status"] == "ABORTED"
    world.eventually((), world.emulator.batch.jobs_running)
    world.eventually(RunState.ABORTED, lambda: world.row(ended).run.state)
    world.eventually(True, lambda: all(job.state.is_terminal for job in world.row(ended).jobs))
    world.eventually(True, lambda: all(row.state.is_terminal for row in world.row(ended).steps))
    assert StepState.STOPPED in {row.state for row in world.row(ended).steps}


# of 26: two of the run, and two of each of its four steps and four of its job
@pytest.mark.parametrize("events", [0, 1, 3, 6, 12, 20])
def test_run_aborted_at_any_moment_leaves_no_job_and_no_open_row(world: World, events: int) -> None:
    before = len(world.emulator.events.published)
    arn = world.start(world.sample())
    world.eventually(True, lambda: len(world.emulator.events.published) >= before + events)

    world.emulator.client("stepfunctions").stop_execution(executionArn=arn)

    ended = world.wait(arn)
    world.eventually(RunState.ABORTED, lambda: world.run_state(ended))
    world.eventually(True, lambda: all(job.state.is_terminal for job in world.row(ended).jobs))
    world.eventually(True, lambda: all(row.state.is_terminal for row in world.row(ended).steps))
    world.eventually((), world.emulator.batch.jobs_running)


def test_sweep_closes_a_run_whose_end_was_not_reported(world: World) -> None:
    world.play({"-align-1": [Act.hang()]})
    world.emulator.events.intercept = lambda _event: []
    arn = world.start(world.sample())
    name = arn.rsplit(":", 1)[1]
    world.eventually(True, lambda: f"{name}-align-1" in world.running_jobs())
    world.emulator.client("stepfunctions").stop_execution(executionArn=arn)
    ended = world.wait(arn)
    assert world.row(ended).run.state is RunState.RUNNING

    swept = world.sweep()

    assert swept["runs_closed"] == 1
    assert world.row(ended).run.state is RunState.ABORTED
    world.eventually((), world.emulator.batch.jobs_running)
    world.sweep()
    assert all(job.state.is_terminal for job in world.row(ended).jobs)
    assert all(row.state.is_terminal for row in world.row(ended).steps)
    assert world.sweep() == NOTHING


def test_sweep_finds_nothing_when_nothing_was_lost(world: World) -> None:
    world.run(world.sample())
    world.sweep()

    assert world.sweep() == NOTHING
