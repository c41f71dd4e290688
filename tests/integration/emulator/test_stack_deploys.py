"""Deploying: parameters, what is left out, what is refused."""

import logging

import pytest

from emulator.engine.deployment import DeploymentError
from emulator.engine.template import TemplateError
from tests.harness.emulator import Emulator
from tests.support.small_stack import TEMPLATE


def test_parameters_given_to_the_emulator_reach_the_resources() -> None:
    with Emulator(TEMPLATE, {"Environment": "other", "Patience": "7"}) as emulator:
        assert emulator.resources["EchoFunction"] == "echo-other"
        machine = emulator.client("stepfunctions").describe_state_machine(
            stateMachineArn=emulator.resources["ChildStateMachine"]
        )
    assert machine["name"] == "child-other"
    assert '"TimeoutSeconds": 7' in machine["definition"]


def test_resource_moto_cannot_create_is_left_out_with_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING), Emulator(TEMPLATE) as emulator:
        assert "Budget" not in emulator.resources
        assert "BudgetName" not in emulator.outputs
    assert "Budget (AWS::Budgets::Budget)" in caplog.text
    assert "Outputs.BudgetName" in caplog.text


def test_template_that_was_not_built_is_refused_before_anything_starts(tmp_path) -> None:
    with pytest.raises(FileNotFoundError), Emulator(tmp_path / "template.yaml"):
        pass


def test_function_whose_code_is_not_local_is_refused_by_name(tmp_path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text(
        "Transform: AWS::Serverless-2016-10-31\n"
        "Resources:\n  Remote: {Type: AWS::Serverless::Function, Properties: {CodeUri: {Bucket: b,"
        " Key: k}, Handler: a.b, Runtime: python3.13}}\n"
    )
    with pytest.raises(TemplateError, match="Remote: CodeUri"), Emulator(template):
        pass


def test_stack_that_cannot_be_created_fails_with_cloudformations_reason(tmp_path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text(
        "Transform: AWS::Serverless-2016-10-31\n"
        "Resources:\n  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: !GetAtt No.Such}}\n"
    )
    with pytest.raises(DeploymentError, match="No"), Emulator(template):
        pass


def test_refused_stack_leaves_room_for_the_next(tmp_path) -> None:
    test_stack_that_cannot_be_created_fails_with_cloudformations_reason(tmp_path)
    with Emulator(TEMPLATE) as emulator:
        assert emulator.resources["EchoFunction"] == "echo-test"
