import re

import pytest

from scripts import check_security
from scripts.iam_policies import Policy, policies
from scripts.security_exceptions import POLICY_EXCEPTIONS

WEAK = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Bare:
    Type: AWS::S3::Bucket
  Excused:
    Type: AWS::SQS::Queue
    Metadata: {checkov: {skip: [{id: CKV_AWS_27, comment: x}]}}
  Caller:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code/
      Handler: app.lambda_handler
      Runtime: python3.13
      Policies:
        - Version: "2012-10-17"
          Statement: [{Effect: Allow, Action: s3:GetOject, Resource: !Sub "${Bare.Arn}/*"}]
"""


def test_weak_template_is_refused_with_each_weakness(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(check_security, "_RESOLVED", tmp_path / "checked")
    template = tmp_path / "template.yaml"
    template.write_text(WEAK)

    status = check_security.main(template)

    said = capsys.readouterr().err
    assert status == 1
    # CKV_AWS_53: no block of public ACLs
    assert re.search(r"default: AWS::S3::Bucket\.Bare: CKV_AWS_53 ", said)
    assert re.search(r"Caller: CKV_AWS_116 ", said)
    assert "Excused: CKV_AWS_27 is suppressed without a reason" in said
    assert "CallerRole/CallerRolePolicy0: UNKNOWN_ACTION" in said
    assert "CKV_AWS_173" not in said  # a customer's key is a choice
    assert "CKV_AWS_115" not in said  # .checkov.yaml excuses it


def _policy(action, resource):
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return Policy("Role/It", {"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize(
    ("policy", "complaint"),
    [
        (_policy("s3:GetObject", "arn:aws:s3:::bucket"), "RESOURCE_MISMATCH"),
        (_policy("dynamodb:PutItem", "arn:aws:s3:::bucket/*"), "RESOURCE_MISMATCH"),
        (_policy("batch:TerminateJob", "arn:aws:batch:*:*:job-queue/a"), "RESOURCE_MISMATCH"),
        (_policy("iam:PassRole", "*"), "RESOURCE_STAR"),
        (_policy("kms:Decryptt", "*"), "UNKNOWN_ACTION"),
    ],
)
def test_policy_that_cannot_work_or_gives_too_much_is_refused(policy, complaint):
    assert any(complaint in line for line in check_security.policy_complaints([policy]))


def test_policy_that_an_exception_covers_passes():
    machine = "arn:aws:states:us-east-1:123456789012:stateMachine:m"

    assert check_security.policy_complaints([_policy("states:SendTaskSuccess", machine)]) == []


def test_exceptions_say_why():
    for known in POLICY_EXCEPTIONS:
        assert len(known.reason.split()) > 3


def test_checkov_config_gives_a_reason_before_each_check_it_skips(request):
    lines = (
        (request.config.rootpath / ".checkov.yaml")
        .read_text()
        .partition("skip-check:\n")[2]
        .splitlines()
    )

    assert any("CKV" in line for line in lines)
    for before, line in zip(["", *lines], lines, strict=False):
        if "CKV" in line:
            assert re.match(r"  # \w+", before), line


def test_policies_are_found_in_roles_and_on_resources():
    document = {"Statement": {"Effect": "Allow"}}
    resources = {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": document,
                "Policies": [{"PolicyName": "P", "PolicyDocument": document}],
            },
        },
        "Shared": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}},
        "Topic": {"Type": "AWS::SNS::TopicPolicy", "Properties": {"PolicyDocument": document}},
        "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": document}},
        "Bucket": {"Type": "AWS::S3::Bucket"},
    }

    assert [policy.where for policy in policies(resources)] == [
        "Role (trust)",
        "Role/P",
        "Shared",
        "Topic",
        "Key",
    ]
