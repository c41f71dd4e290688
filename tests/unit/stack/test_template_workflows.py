"""Every workflow of the registry has its state machine, and all functions that must know of it."""

import json

import pytest

from scripts.iam_policies import listed
from seqstack.workflows.registry import WORKFLOWS
from tests.unit.stack.conftest import ROOT

ENDS = {
    "AccountRunsFunction": "RunEnded",
    "StopJobsFunction": "RunEndedBadly",
    "NotifyRunEndFunction": "RunEnded",
}
"""The functions that hear of ends of runs, and the events by which they do."""
STATES = "arn:aws:states:us-east-1:123456789012"
MAY = {
    ("ValidateInputFunction", "states:DescribeExecution"): "execution",
    ("SubmitJobFunction", "states:DescribeExecution"): "execution",
    ("FinishRunFunction", "states:DescribeExecution"): "execution",
    ("AccountRunsFunction", "states:GetExecutionHistory"): "execution",
    ("NotifyRunEndFunction", "states:DescribeExecution"): "execution",
    ("SweepRunsFunction", "states:DescribeExecution"): "execution",
    ("SweepRunsFunction", "states:ListExecutions"): "stateMachine",
    ("ApiFunction", "states:StartExecution"): "stateMachine",
    ("ApiFunction", "states:DescribeExecution"): "execution",
    ("ApiFunction", "states:StopExecution"): "execution",
    ("ApiFunction", "states:RedriveExecution"): "execution",
}
every_workflow = pytest.mark.parametrize("workflow", WORKFLOWS)


def _machine(workflow: str) -> str:
    return "".join(word.title() for word in workflow.split("_")) + "StateMachine"


@every_workflow
def test_workflow_has_its_state_machine_and_the_schema_of_its_input(resources, workflow):
    machine = resources[_machine(workflow)]["Properties"]
    packaged = ROOT / "layers/common/seqstack/domain" / WORKFLOWS[workflow].schema
    schema = json.loads((ROOT / "statemachine" / packaged.name).read_text())

    assert machine["DefinitionUri"] == f"statemachine/{workflow}.asl.json"
    assert machine["Name"] == {"Fn::Sub": f"{workflow}-${{Environment}}"}
    assert schema == json.loads(packaged.read_text())
    assert {"submitter", "project", "tags", "cache"} <= schema["properties"].keys()


@pytest.mark.parametrize(("function", "event"), ENDS.items())
def test_functions_hear_of_the_end_of_every_workflow(resources, function, event):
    pattern = resources[function]["Properties"]["Events"][event]["Properties"]["Pattern"]

    assert pattern["detail"]["stateMachineArn"] == [{"Ref": _machine(each)} for each in WORKFLOWS]


@every_workflow
@pytest.mark.parametrize("function", ["NotifyRunEndFunction", "SweepRunsFunction", "ApiFunction"])
def test_functions_that_look_for_runs_know_the_state_machine(resources, function, workflow):
    variables = resources[function]["Properties"]["Environment"]["Variables"]
    alias = "Aliaslive" if function == "ApiFunction" else ""

    assert variables[f"{workflow.upper()}_ARN"] == {"Ref": f"{_machine(workflow)}{alias}"}


@every_workflow
@pytest.mark.parametrize(("function", "action"), MAY)
def test_functions_may_do_with_every_workflow_what_they_do(deployed, function, action, workflow):
    allowed = {
        resource
        for policy in deployed()[f"{function}Role"]["Properties"]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        if action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    }
    kind = MAY[function, action]
    name = f"{STATES}:{kind}:{workflow}-dev"

    assert (f"{name}:*" if kind == "execution" else name) in allowed
