"""Executions of several workflows: one may have the name of another workflow's."""

import json

import pytest

from seqstack.adapters.executions import Executions
from seqstack.domain.failures import Failure
from seqstack.domain.request_errors import RunNameTakenError
from seqstack.domain.words import RunState
from tests.support.aws_world import MACHINE_ARN, AwsWorld, make_state_machines
from tests.support.builders import EXECUTION_ARN, RUN_ID, run_row

TALLY_ARN = MACHINE_ARN.replace("secondary_analysis", "tally")
TALLY_EXECUTION = EXECUTION_ARN.replace("secondary_analysis", "tally")


@pytest.fixture
def executions(world: AwsWorld) -> Executions:
    make_state_machines(world)
    world.client("stepfunctions").create_state_machine(
        name="tally-dev",
        definition='{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}',
        roleArn="arn:aws:iam::123456789012:role/tally",
    )
    machines = {"secondary_analysis": MACHINE_ARN, "tally": TALLY_ARN}
    return Executions(world.ledger, machines)


def start(world: AwsWorld, machine_arn: str) -> None:
    world.client("stepfunctions").start_execution(
        stateMachineArn=machine_arn, name=RUN_ID, input=json.dumps({"of": machine_arn})
    )


def status(world: AwsWorld, execution_arn: str) -> str:
    described = world.client("stepfunctions").describe_execution(executionArn=execution_arn)
    return str(described["status"])


def test_run_that_the_ledger_does_not_know_yet_is_found_in_any_workflow(
    world: AwsWorld, executions: Executions
) -> None:
    assert executions.find(RUN_ID) is None

    start(world, TALLY_ARN)

    found = executions.find(RUN_ID)
    assert found is not None
    assert (found.arn, found.workflow, found.as_run().workflow) == (
        TALLY_EXECUTION,
        "tally",
        "tally",
    )
    executions.stop(RUN_ID, Failure("StoppedByUser", "no more"))
    assert status(world, TALLY_EXECUTION) == "ABORTED"


def test_run_of_the_ledger_is_the_execution_that_its_row_names(
    world: AwsWorld, executions: Executions
) -> None:
    start(world, MACHINE_ARN)
    start(world, TALLY_ARN)
    world.ledger.open_run(run_row(workflow="tally", execution_arn=TALLY_EXECUTION), [])

    found = executions.find(RUN_ID)
    executions.stop(RUN_ID, Failure("StoppedByUser", "no more"))

    assert found is not None
    assert found.document == {"of": TALLY_ARN}
    assert (status(world, TALLY_EXECUTION), status(world, EXECUTION_ARN)) == ("ABORTED", "RUNNING")


def test_executions_of_every_workflow_go_on(world: AwsWorld, executions: Executions) -> None:
    start(world, MACHINE_ARN)
    start(world, TALLY_ARN)

    going_on = executions.going_on()

    assert going_on == {EXECUTION_ARN, TALLY_EXECUTION}


def test_run_is_started_in_its_workflow(world: AwsWorld, executions: Executions) -> None:
    started = executions.start(RUN_ID, {"x": 1}, "tally")

    assert (started.workflow, started.state) == ("tally", RunState.RUNNING)
    with pytest.raises(RunNameTakenError):
        executions.start(RUN_ID, {"x": 2}, "tally")
