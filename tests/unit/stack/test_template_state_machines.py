import json
import re

import pytest

MACHINES = {
    "RunBatchJobStateMachine": "run_batch_job",
    "SecondaryAnalysisStateMachine": "secondary_analysis",
}
every_machine = pytest.mark.parametrize(("logical_id", "name"), MACHINES.items())


@pytest.fixture
def properties(resources, logical_id):
    return resources[logical_id]["Properties"]


@pytest.fixture
def definition_text(root, properties):
    return (root / properties["DefinitionUri"]).read_text()


@every_machine
def test_machine_has_its_file_its_name_and_its_trace_and_writes_no_log(
    properties, logical_id, name
):
    assert properties["DefinitionUri"] == f"statemachine/{name}.asl.json"
    assert properties["Name"] == {"Fn::Sub": f"{name}-${{Environment}}"}
    assert properties["Tracing"] == {"Enabled": True}
    assert "Logging" not in properties


@every_machine
def test_definition_names_no_resource_but_by_substitution(
    properties, definition_text, logical_id, name
):
    placeholders = set(re.findall(r"\$\{(\w+)\}", definition_text))
    arns = set(re.findall(r'"(arn:[^"]+)"', definition_text))

    assert placeholders == set(properties["DefinitionSubstitutions"])
    assert all(arn.startswith("arn:${Partition}:states:::") for arn in arns)
    assert properties["DefinitionSubstitutions"]["Partition"] == {"Ref": "AWS::Partition"}


def _statement(properties, sid):
    (policy,) = properties["Policies"]
    return next(statement for statement in policy["Statement"] if statement["Sid"] == sid)


@every_machine
def test_machine_may_invoke_the_functions_of_its_definition_and_no_other(
    properties, logical_id, name
):
    called = {
        value["Fn::GetAtt"][0]
        for placeholder, value in properties["DefinitionSubstitutions"].items()
        if placeholder.endswith("FunctionArn")
    }
    invoke = _statement(properties, "CallFunctions")

    assert invoke["Action"] == "lambda:InvokeFunction"
    assert called == {arn["Fn::GetAtt"][0] for arn in invoke["Resource"]}


@every_machine
def test_function_ends_before_the_task_that_waits_for_it(
    template, resources, properties, definition_text, logical_id, name
):
    default = template["Globals"]["Function"]["Timeout"]
    limits = {
        placeholder: resources[value["Fn::GetAtt"][0]]["Properties"].get("Timeout", default)
        for placeholder, value in properties["DefinitionSubstitutions"].items()
        if placeholder.endswith("FunctionArn")
    }
    tasks = [
        state
        for state in json.loads(definition_text)["States"].values()
        if state.get("Resource") == "arn:${Partition}:states:::lambda:invoke"
    ]

    assert tasks
    for task in tasks:
        function = task["Parameters"]["FunctionName"].strip("${}")
        assert task["TimeoutSeconds"] > limits[function]


def test_secondary_analysis_may_start_and_follow_run_batch_job_only(resources):
    properties = resources["SecondaryAnalysisStateMachine"]["Properties"]
    start, follow = _statement(properties, "StartJob"), _statement(properties, "FollowJob")

    assert start["Action"] == "states:StartExecution"
    assert start["Resource"] == {"Ref": "RunBatchJobStateMachine"}
    assert follow["Resource"]["Fn::Sub"].endswith("execution:${RunBatchJobStateMachine.Name}:*")
