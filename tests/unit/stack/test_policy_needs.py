"""The stack's roles against AWS's Service Authorization Reference: what it demands is allowed."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from scripts.cfn_values import resolve
from scripts.iam_policies import listed, policies, statements
from tests.harness.permissions.reference import (
    dependent_actions,
    is_of_type,
    knows,
    required_types,
    resource_types,
)

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


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        (drop_queues, "batch:SubmitJob without a job-queue"),
        (misspell, "AWS has no batch:SubmitJobs"),
        (name_another_service, "batch:SubmitJob on none of its resources"),
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
