import json

import pytest

from emulator.engine.deployment import all_parameters
from emulator.engine.template import ARTIFACT_BUCKET, PreparedTemplate, prepare

FUNCTION = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: {Type: String, Default: dev}
Globals:
  Function: {Runtime: python3.13, Handler: app.handler, Layers: [!Ref Common]}
Resources:
  Common:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: Common}
  Work:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: Work, FunctionName: !Sub "work-${Stage}"}
"""
MACHINE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: machine.asl.json
      Role: arn:aws:iam::123456789012:role/any
      DefinitionSubstitutions: {Number: 5}
"""


@pytest.fixture(autouse=True)
def region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


def prepared(tmp_path, text: str) -> PreparedTemplate:
    template = tmp_path / "template.yaml"
    template.write_text(text)
    return prepare(template, {}, lambda _type: True)


def test_prepare_function_points_its_code_at_the_built_folder(tmp_path) -> None:
    (tmp_path / "Work").mkdir()
    (tmp_path / "Common").mkdir()
    result = prepared(tmp_path, FUNCTION)
    code = result.body["Resources"]["Work"]["Properties"]["Code"]
    assert code == {"S3Bucket": ARTIFACT_BUCKET, "S3Key": "code/Work"}
    assert result.artifacts == {
        "code/Work": tmp_path / "Work",
        "code/Common": tmp_path / "Common",
    }


def test_prepare_layer_keeps_the_key_of_its_folder_under_its_new_logical_id(tmp_path) -> None:
    (tmp_path / "Work").mkdir()
    (tmp_path / "Common").mkdir()
    body = prepared(tmp_path, FUNCTION).body
    [layer] = [
        r["Properties"]["Content"]
        for r in body["Resources"].values()
        if r["Type"] == "AWS::Lambda::LayerVersion"
    ]
    assert layer == {"S3Bucket": ARTIFACT_BUCKET, "S3Key": "code/Common"}


def test_prepare_folder_that_was_not_built_is_named(tmp_path) -> None:
    (tmp_path / "Common").mkdir()
    with pytest.raises(FileNotFoundError, match="Work"):
        prepared(tmp_path, FUNCTION)


def test_prepare_machine_has_its_definition_as_text_and_its_substitutions(tmp_path) -> None:
    text = '{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": ${Number}, "End": true}}}'
    (tmp_path / "machine.asl.json").write_text(text)
    properties = prepared(tmp_path, MACHINE).body["Resources"]["Machine"]["Properties"]
    assert properties["DefinitionString"] == text
    assert properties["DefinitionSubstitutions"] == {"Number": 5}
    assert "DefinitionS3Location" not in properties


def test_prepare_machine_in_yaml_becomes_json(tmp_path) -> None:
    (tmp_path / "machine.asl.yaml").write_text("StartAt: S\nStates: {S: {Type: Succeed}}\n")
    text = MACHINE.replace("machine.asl.json", "machine.asl.yaml")
    properties = prepared(tmp_path, text).body["Resources"]["Machine"]["Properties"]
    assert json.loads(properties["DefinitionString"]) == {
        "StartAt": "S",
        "States": {"S": {"Type": "Succeed"}},
    }


def test_all_parameters_given_one_wins_and_defaults_become_strings() -> None:
    body = {
        "Parameters": {
            "Given": {"Type": "String", "Default": "a"},
            "Number": {"Type": "Number", "Default": 5},
            "Required": {"Type": "String"},
        }
    }
    assert all_parameters(body, {"Given": "b", "Required": "c"}) == {
        "Given": "b",
        "Number": "5",
        "Required": "c",
    }
