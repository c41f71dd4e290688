"""The stack's roles against AWS's Service Authorization Reference: what it demands is allowed."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from scripts.cfn_values import resolve
from scripts.iam_policies import listed, policies, statements
from seqstack.domain.results import CRATE_FILES, REPORT
from tests.harness.permissions.needs import Known, needs
from tests.harness.permissions.policy import Statement, allowing
from tests.harness.permissions.reference import (
    dependent_actions,
    is_of_type,
    knows,
    required_types,
    resource_types,
)
from tests.harness.permissions.request import AwsCall

EVERYTHING = {
    "EncryptionKey": "create",
    "ExpireIntermediatesAfterDays": "30",
    "InputBuckets": "arn:aws:s3:::reads",
    "InputKeys": "arn:aws:kms:us-east-1:123456789012:key/1",
    "ConfineCallersBy": "project",
}
# What the reference lists besides, and the stack never meets: it has no express workflows and no
# map runs, and a deployment describes stacks by name.
NEVER_MET = {
    ("states:DescribeExecution", "express"),
    ("states:ListExecutions", "maprun"),
    ("cloudformation:DescribeStacks", "cloudformation:ListStacks"),
}
# The reference has no resources for them, so a policy would have to say "*". AWS's refusals name
# the state machine that a token is of, and the CDK's grantTaskResponse allows it:
# https://github.com/NOAA-OWP/hydrovis/issues/837, https://github.com/aws/aws-cdk/pull/8486
NAMED_ALL_THE_SAME = {"states:SendTaskFailure", "states:SendTaskSuccess"}


def allowed(resources: Mapping[str, Any]) -> dict[str, dict[str, set[str]]]:
    """What each role is allowed: its actions, and the resources of each."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for policy in policies(resources):
        role, slash, _ = policy.where.partition("/")
        for statement in statements(policy.document) if slash else ():
            if statement["Effect"] == "Allow":
                for action in listed(statement["Action"]):
                    found[role][action].update(listed(statement["Resource"]))
    return found


def lacking(resources: Mapping[str, Any]) -> Iterator[str]:
    """What AWS would refuse although the policy names the action."""
    for role, actions in allowed(resources).items():
        for action, places in actions.items():
            if not knows(action):
                yield f"{role}: AWS has no {action}"
                continue
            named = {
                kind
                for kind in resource_types(action)
                for place in places
                if place == "*" or is_of_type(action, kind, place)
            }
            yield from (
                f"{role}: {action} without a {kind}"
                for kind in required_types(action) - named
                if (action, kind) not in NEVER_MET
            )
            if resource_types(action) and not named:
                yield f"{role}: {action} on none of its resources"
            if (
                not resource_types(action)
                and "*" not in places
                and action not in NAMED_ALL_THE_SAME
            ):
                yield f"{role}: {action} on resources, and it knows none"
            yield from (
                f"{role}: {action} without {other}"
                for other in dependent_actions(action)
                if other not in actions and (action, other) not in NEVER_MET
            )


@pytest.mark.parametrize("parameters", [{}, EVERYTHING], ids=["default", "everything"])
def test_roles_of_the_stack_lack_nothing_that_the_reference_demands(deployed, parameters):
    resources = deployed(**parameters)

    assert len(allowed(resources)) > 15
    assert list(lacking(resources)) == []


def test_roles_of_a_deployment_lack_nothing_that_the_reference_demands(root):
    body = yaml_parse((root / ".github/deploy-role.yaml").read_text())
    given = {"Repository": "o/r", "GitHubEnvironment": "stage", "Environment": "stage"}

    assert list(lacking(resolve(body, given)["Resources"])) == []


@pytest.mark.parametrize("key", [REPORT, *CRATE_FILES])
def test_reports_can_be_written_in_place_of_what_they_were(deployed, key):
    given = {"Bucket": "resultsbucket", "Key": f"results/NA12878/{key}", "ifMatch": '"1"'}
    write = AwsCall("key", "us-east-1", "s3", "PutObject", given)
    known = Known(lambda _token: None, lambda _arn: {})
    role = [
        Statement.parse(statement)
        for policy in policies(deployed())
        if policy.where.startswith("AccountRunsFunctionRole/")
        for statement in statements(policy.document)
    ]

    refused = [str(need) for need in needs(write, known) if allowing(role, need) is None]

    assert refused == []


def drop_queues(statement: dict[str, Any]) -> None:
    kept = [each for each in listed(statement["Resource"]) if ":job-queue/" not in each]
    statement["Resource"] = kept


def misspell(statement: dict[str, Any]) -> None:
    statement["Action"] = ["batch:SubmitJobs"]


def name_another_service(statement: dict[str, Any]) -> None:
    statement["Resource"] = ["arn:aws:s3:::reads"]


def depend(statement: dict[str, Any]) -> None:
    statement["Action"] = ["dynamodb:RestoreTableFromBackup"]
    statement["Resource"] = "*"


def name_what_cannot_be_named(statement: dict[str, Any]) -> None:
    statement["Action"] = ["batch:DescribeJobs"]


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        (drop_queues, "batch:SubmitJob without a job-queue"),
        (misspell, "AWS has no batch:SubmitJobs"),
        (name_another_service, "batch:SubmitJob on none of its resources"),
        (name_what_cannot_be_named, "batch:DescribeJobs on resources, and it knows none"),
        (depend, "dynamodb:RestoreTableFromBackup without dynamodb:Scan"),
    ],
)
def test_policy_that_aws_would_refuse_by_is_found(
    deployed, fault: Callable[[dict[str, Any]], None], found: str
):
    resources = deployed()
    for policy in policies(resources):
        if policy.where.startswith("SubmitJobFunctionRole/"):
            for statement in statements(policy.document):
                if "batch:SubmitJob" in listed(statement.get("Action", ())):
                    fault(statement)

    assert f"SubmitJobFunctionRole: {found}" in set(lacking(resources))
