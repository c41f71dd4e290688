"""The boundary of .github/deploy-role.yaml: wide enough for the stack's roles, and no wider."""

import json
import re
from typing import Any

import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data
from samtranslator.yaml_helper import yaml_parse

from scripts.cfn_values import resolve
from scripts.iam_policies import listed, policies, statements
from tests.harness.permissions.policy import Need, Statement, allowing

IAM = "arn:aws:iam::123456789012"
ROLE = f"{IAM}:role/seqstack-stage-HostRole-1a"
IMAGES = "arn:aws:ecr:us-east-1:123456789012:repository/seqstack-stage/bwa"


@pytest.fixture(scope="module")
def boundary(root) -> list[Statement]:
    body = yaml_parse((root / ".github/deploy-role.yaml").read_text())
    given = {"Repository": "o/r", "GitHubEnvironment": "stage", "Environment": "stage"}
    policy = resolve(body, given)["Resources"]["Boundary"]["Properties"]["PolicyDocument"]
    return [Statement.parse(each) for each in policy["Statement"]]


def wanted(statement: dict[str, Any], names: dict[str, str]) -> list[Need]:
    """What a statement allows, each part of it, under the names that CloudFormation makes."""
    found = []
    for action in listed(statement["Action"]):
        for resource in listed(statement["Resource"]):
            for made, name in names.items():
                resource = re.sub(rf"(?<=[:/]){made}(?=[:/]|$)", name, resource)  # noqa: PLW2901
            context = {
                key: value if isinstance(value, str) else value[0]
                for keys in statement.get("Condition", {}).values()
                for key, value in keys.items()
            }
            found.append(Need(action, resource, context))
    return found


def test_boundary_holds_all_that_the_stacks_roles_are_allowed(deployed, boundary):
    resources = deployed(
        Environment="stage",
        EncryptionKey="create",
        InputBuckets="arn:aws:s3:::reads",
        InputKeys="arn:aws:kms:us-east-1:123456789012:key/1",
        ConfineCallersBy="project",
    )
    names = {
        "resultsbucket": "seqstack-stage-resultsbucket-1a",
        "LedgerTable": "seqstack-stage-LedgerTable-1a",
        "EventDeadLetterQueue": "seqstack-stage-EventDeadLetterQueue-1a",
    }
    beyond = [
        (policy.where, str(need))
        for policy in policies(resources)
        if "/" in policy.where  # of a role
        for statement in statements(policy.document)
        if statement["Effect"] == "Allow"
        for need in wanted(statement, names)
        if allowing(boundary, need) is None
    ]

    assert beyond == []


def test_boundary_holds_all_of_awss_own_policies_that_the_stacks_roles_have(deployed, boundary):
    documents = json.loads(aws_managed_policies_data)
    attached = {
        arn.rpartition("/")[2]
        for resource in deployed(Environment="stage").values()
        if resource["Type"] == "AWS::IAM::Role"
        for arn in resource["Properties"].get("ManagedPolicyArns", ())
    }
    beyond = [
        need
        for name in attached
        for statement in statements(documents[name]["Document"])
        for need in wanted(statement, {})
        if allowing(boundary, need) is None
    ]

    # These policies allow it on everything: the boundary, on what is the stack's.
    narrowed = {
        "ecr:BatchCheckLayerAvailability": IMAGES,
        "ecr:BatchGetImage": IMAGES,
        "ecr:GetDownloadUrlForLayer": IMAGES,
    }
    assert len(attached) == 3
    assert {need.action for need in beyond} == set(narrowed)
    for need in beyond:
        allowed = Need(need.action, narrowed[need.action], need.context)
        assert allowing(boundary, allowed), str(need)


@pytest.mark.parametrize(
    "need",
    [
        Need("iam:CreateUser", f"{IAM}:user/me"),
        Need("iam:PutRolePolicy", ROLE),
        Need("iam:PassRole", ROLE),
        Need("iam:CreateServiceLinkedRole", f"{IAM}:role/aws-service-role/ecs.amazonaws.com/x"),
        Need("ec2:RunInstances", "arn:aws:ec2:us-east-1:123456789012:instance/*"),
        Need("sts:AssumeRole", f"{IAM}:role/admin"),
        Need("s3:PutObject", "arn:aws:s3:::somebodys/object"),
        Need("s3:DeleteObjectVersion", "arn:aws:s3:::seqstack-stage-resultsbucket-1a/x"),
        Need("dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:123456789012:table/theirs"),
        Need("cloudformation:CreateStack", "*"),
    ],
    ids=str,
)
def test_boundary_holds_nothing_that_leads_further(boundary, need):
    assert allowing(boundary, need) is None


def test_every_role_has_the_boundary_when_there_is_one(deployed):
    policy = "arn:aws:iam::123456789012:policy/path/boundary"
    without, bounded = deployed(), deployed(PermissionsBoundary=policy)
    roles = [name for name, each in bounded.items() if each["Type"] == "AWS::IAM::Role"]

    assert len(roles) > 15
    for name in roles:
        assert bounded[name]["Properties"].get("PermissionsBoundary") == policy, name
        assert "PermissionsBoundary" not in without[name]["Properties"], name
