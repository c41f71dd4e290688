"""What Step Functions does when it redrives a run: the step is started again, as redrive 1.

The emulator can't redrive an execution; here the step's execution is started as a redriven run
would start it.
"""

import uuid

from seqstack.domain.job_record import JobKey
from seqstack.domain.words import JobState, RunState, Step, StepState
from tests.harness.scripted import Act
from tests.support.workflow_world import World


def test_redriven_step_of_an_aborted_run_continues_with_a_try_of_its_own(world: World) -> None:
    world.play({"-align-1": [Act.hang()]})
    arn = world.start(world.sample())
    run_id = arn.rsplit(":", 1)[1]
    world.eventually(True, lambda: f"{run_id}-align-1" in world.running_jobs())
    world.emulator.client("stepfunctions").stop_execution(executionArn=arn)
    aborted = world.wait(arn)
    world.eventually(RunState.ABORTED, lambda: world.run_state(aborted))
    world.eventually({StepState.STOPPED}, lambda: {step.state for step in world.row(aborted).steps})

    redriven = world.wait(
        world.start(
            {"runId": run_id, "step": "align", "redrive": 1},
            "RunBatchJob",
            name=f"{run_id}-align-0-1-{uuid.uuid4().hex[:4]}",
        )
    )

    assert redriven.states == ["NumberAttempt", "SubmitJob", "JobSucceeded"]
    job = world.ledger.job(JobKey(run_id, Step.ALIGN, 101))
    assert job is not None
    assert job.state is JobState.SUCCEEDED
    history = world.ledger.history(run_id)
    assert (history.run.state, history.run.redrive) == (RunState.RUNNING, 1)
    assert history.steps[0].state is StepState.SUCCEEDED
