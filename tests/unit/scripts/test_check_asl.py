import copy
import json

import pytest

from scripts.asl_definitions import SubstitutionError, definitions
from scripts.asl_rules import complaints
from scripts.check_asl import OWN_ERRORS, language_complaints, main

RETRY = {
    "ErrorEquals": ["Lambda.TooManyRequestsException", "TransientServiceError"],
    "IntervalSeconds": 1,
    "BackoffRate": 2,
    "MaxAttempts": 3,
    "JitterStrategy": "FULL",
}
CATCH = {
    "Comment": "Nothing can follow",
    "ErrorEquals": ["States.ALL"],
    "ResultPath": "$.error",
    "Next": "Failed",
}
GOOD = {
    "Comment": "Work. Input: runId. Output: the same",
    "StartAt": "Work",
    "States": {
        "Work": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "${WorkFunctionArn}"},
            "TimeoutSeconds": 60,
            "ResultPath": None,
            "Retry": [RETRY],
            "Catch": [CATCH],
            "Next": "Choose",
        },
        "Choose": {
            "Type": "Choice",
            "Choices": [
                {
                    "Comment": "There is more",
                    "Variable": "$.more",
                    "BooleanEquals": True,
                    "Next": "Work",
                }
            ],
            "Default": "Done",
        },
        "Done": {"Type": "Succeed"},
        "Failed": {"Type": "Fail", "ErrorPath": "$.error.Error", "CausePath": "$.error.Cause"},
    },
}
TEMPLATE = """
Parameters:
  Seconds: {Type: Number, Default: 900}
Resources:
  Machine:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: work.asl.json
      DefinitionSubstitutions: {WorkFunctionArn: !GetAtt WorkFunction.Arn}
"""


@pytest.fixture
def definition():
    return copy.deepcopy(GOOD)


@pytest.fixture
def stack(tmp_path):
    """Writes a stack with one state machine and returns its template."""

    def write(definition, template=TEMPLATE):
        text = definition if isinstance(definition, str) else json.dumps(definition)
        (tmp_path / "work.asl.json").write_text(text)
        (tmp_path / "template.yaml").write_text(template)
        return tmp_path / "template.yaml"

    return write


def _complaints(definition):
    return list(complaints(json.dumps(definition), definition, OWN_ERRORS))


def test_check_asl_good_definition_passes(stack, capsys):
    assert main(stack(GOOD)) == 0
    assert "work.asl.json: valid" in capsys.readouterr().out


def test_check_asl_own_state_machines_pass(request):
    assert main(request.config.rootpath / "template.yaml") == 0


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("States", "Work", "Next"), "Nowhere"),
        (("StartAt",), "Nowhere"),
        (("States", "Work", "Type"), "Toil"),
        (("States", "Work", "TimeoutSeconds"), "60"),
        (("States", "Work", "ResultPath"), "error"),
        (("States", "Done"), {"Type": "Pass"}),
    ],
)
def test_check_asl_invalid_language_fails(stack, definition, capsys, path, value):
    inner = definition
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value

    assert main(stack(definition)) == 1
    assert "work.asl.json: " in capsys.readouterr().err


def test_check_asl_text_that_is_no_json_fails(stack, capsys):
    assert main(stack(json.dumps(GOOD) + "}")) == 1
    assert "is not JSON" in capsys.readouterr().err


def test_check_asl_template_without_machines_fails(stack, capsys):
    assert main(stack(GOOD, "Parameters: {}\nResources: {}\n")) == 1
    assert "declares no state machine" in capsys.readouterr().err


def test_language_complaints_missing_target_names_it():
    broken = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}'

    assert any("B" in line for line in language_complaints(broken))


def test_definitions_parameter_becomes_its_default(stack, definition):
    definition["Comment"] = "waits ${Seconds}"
    template = TEMPLATE.replace("WorkFunction.Arn", "WorkFunction.Arn, Seconds: !Ref Seconds")

    (found,) = definitions(stack(definition, template))

    assert json.loads(found.text)["Comment"] == "waits 900"


def test_definitions_placeholder_without_substitution_is_refused(stack, definition):
    definition["Comment"] = "${Forgotten}"

    with pytest.raises(SubstitutionError, match="no substitution for Forgotten"):
        definitions(stack(definition))


def test_definitions_substitution_without_placeholder_is_refused(stack, definition):
    template = TEMPLATE.replace("WorkFunction.Arn", "WorkFunction.Arn, Seconds: 1")

    with pytest.raises(SubstitutionError, match="no placeholder for Seconds"):
        definitions(stack(definition, template))


def test_rules_good_definition_has_no_complaints(definition):
    assert _complaints(definition) == []


def test_rules_own_errors_are_the_domains_classes():
    assert {"InvalidInputError", "TransientServiceError", "ToolFailedError"} <= OWN_ERRORS


@pytest.mark.parametrize(
    ("state", "change", "complaint"),
    [
        ("Work", {"TimeoutSeconds": None}, "Work: has no timeout"),
        ("Work", {"Retry": None}, "Work: retries no transient error"),
        (
            "Work",
            {"Retry": [RETRY | {"JitterStrategy": "NONE"}]},
            "Work: retries without backoff and full jitter",
        ),
        (
            "Work",
            {"Retry": [RETRY | {"BackoffRate": 1}]},
            "Work: retries without backoff and full jitter",
        ),
        (
            "Work",
            {"Retry": [RETRY | {"ErrorEquals": ["States.ALL"]}]},
            "Work: retries every error",
        ),
        (
            "Work",
            {"Retry": [RETRY | {"ErrorEquals": ["TransientError"]}]},
            "Work: names TransientError, which is neither an error of AWS nor one of our classes",
        ),
        ("Work", {"Catch": None}, "Work: does not catch States.ALL, alone and last"),
        (
            "Work",
            {"Catch": [CATCH | {"ErrorEquals": ["States.Timeout"]}]},
            "Work: does not catch States.ALL, alone and last",
        ),
        (
            "Work",
            {"Catch": [CATCH | {"Comment": ""}]},
            "Work: does not say why it catches States.ALL",
        ),
        (
            "Work",
            {"Catch": [CATCH | {"ResultPath": "$.oops"}]},
            "Work: puts an error elsewhere than in $.error",
        ),
        ("Choose", {"Default": None}, "Choose: has no Default"),
        ("Failed", {"ErrorPath": None}, "Failed: fails without an error's name"),
        ("Failed", {"CausePath": None}, "Failed: fails without a cause"),
    ],
)
def test_rules_broken_state_is_complained_of(definition, state, change, complaint):
    changed = definition["States"][state] | change
    definition["States"][state] = {k: v for k, v in changed.items() if v is not None}

    assert complaint in _complaints(definition)


def test_rules_choice_without_reason_is_complained_of(definition):
    del definition["States"]["Choose"]["Choices"][0]["Comment"]

    assert _complaints(definition) == ["Choose: does not say why it goes to Work"]


def test_rules_state_no_way_leads_to_is_complained_of(definition):
    definition["States"]["Island"] = {"Type": "Succeed"}

    assert _complaints(definition) == ["Island: is unreachable"]


def test_rules_state_inside_a_branch_is_checked_too(definition):
    branch = {"StartAt": "snake_case", "States": {"snake_case": {"Type": "Succeed"}}}
    definition["States"]["Done"] = {
        "Type": "Parallel",
        "Branches": [branch],
        "Catch": [CATCH],
        "End": True,
    }

    assert _complaints(definition) == ["snake_case: is not PascalCase"]


def test_rules_three_hundred_lines_are_too_many(definition):
    text = json.dumps(definition) + "\n" * 300

    assert list(complaints(text, definition, OWN_ERRORS)) == [
        "has 300 lines or more: nest a state machine"
    ]
