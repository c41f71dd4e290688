"""The workflows and the role that they deploy by; actionlint and zizmor see to their syntax."""

import re
from typing import Any

import pytest
import yaml
from samtranslator.yaml_helper import yaml_parse

from scripts.cfn_values import resolve
from scripts.iam_policies import listed
from tests.harness.permissions.policy import Need, Statement, allowing
from tests.harness.permissions.reference import actions_with_key

PINNED = re.compile(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


@pytest.fixture(scope="module")
def workflows(root) -> dict[str, Any]:
    paths = sorted((root / ".github/workflows").glob("*.yml"))
    return {path.stem: yaml.safe_load(path.read_text()) for path in paths}


@pytest.fixture(scope="module")
def role(root) -> dict[str, Any]:
    return yaml_parse((root / ".github/deploy-role.yaml").read_text())["Resources"]


def steps(workflow):
    return [step for job in workflow["jobs"].values() for step in job.get("steps", [])]


def commands(workflow):
    return [step["run"] for step in steps(workflow) if "run" in step]


def test_actions_of_others_are_pinned_by_commit_with_their_version(root):
    for path in (root / ".github/workflows").glob("*.yml"):
        for line in path.read_text().splitlines():
            if "uses: " in line and "uses: ./" not in line:
                assert PINNED.search(line), f"{path.name}: {line.strip()}"


def test_same_action_has_the_same_commit_everywhere(root):
    uses = re.findall(
        r"uses: ([\w/-]+)@(\w+ # \S+)",
        "".join(path.read_text() for path in (root / ".github/workflows").glob("*.yml")),
    )

    assert len(dict(uses)) == len(set(uses))


def test_steps_run_make_targets_that_exist_and_nothing_longer(root, workflows):
    targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(), re.MULTILINE))
    for workflow in workflows.values():
        for command in commands(workflow):
            program, _, rest = command.partition(" ")
            assert "\n" not in command
            assert program == ".ci/run" or rest.split()[0] in targets, command


def test_ci_runs_on_pull_requests_and_does_everything(workflows):
    ci = workflows["ci"]

    assert "pull_request" in ci[True]  # YAML 1.1 reads `on` as a truth value
    assert {"make check", ".ci/run", "make demo", "make images", "make test-engine"} <= set(
        commands(ci)
    )
    assert ci["permissions"] == {}


def test_only_a_release_may_ask_for_a_token_and_only_it_meets_aws(workflows):
    for name, workflow in workflows.items():
        for job in workflow["jobs"].values():
            asks = "id-token" in job["permissions"]
            assert asks == (job.get("uses", "").endswith("release.yml") or name == "release")
    assert set(workflows["release"]["jobs"]["release"]["permissions"]) == {"contents", "id-token"}


def test_production_waits_for_the_stage_and_has_an_environment_of_its_own(workflows):
    jobs = workflows["deploy"]["jobs"]

    assert jobs["stage"]["needs"] == "ci"
    assert jobs["production"]["needs"] == "stage"
    assert jobs["stage"]["with"]["environment"] != jobs["production"]["with"]["environment"]
    assert jobs["stage"]["with"]["smoke-run"] is True
    assert workflows["release"]["jobs"]["release"]["environment"] == "${{ inputs.environment }}"
    assert workflows["deploy"]["concurrency"]["cancel-in-progress"] is False


def test_release_builds_before_it_holds_credentials_and_tries_the_stack_last(workflows):
    order = [step.get("run") or step["uses"].split("@")[0] for step in steps(workflows["release"])]

    assert order[2:] == [
        "make build",
        "aws-actions/configure-aws-credentials",
        "make release",
        "make smoke-run",
    ]


def test_deploy_role_is_for_one_environment_of_one_repository(role):
    (trust,) = role["DeployRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]

    assert trust["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert trust["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": {
                "Fn::Sub": "repo:${Repository}:environment:${GitHubEnvironment}"
            },
        }
    }


def test_deploy_role_names_its_resources_and_no_action_by_a_star(role):
    everywhere = set()
    for policy in role["DeployRole"]["Properties"]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            actions = statement["Action"]
            assert "*" not in str(actions)
            if statement["Resource"] == "*":
                everywhere.update(listed(actions))

    assert everywhere == {
        *("batch:DescribeComputeEnvironments", "batch:DescribeJobDefinitions"),
        *("batch:DescribeJobQueues", "cloudformation:GetTemplateSummary"),
        "ecr:GetAuthorizationToken",
    }


def test_deploy_role_may_list_runs_as_the_checks_before_a_smoke_run_do(root):
    # what else it calls: tests/e2e/test_smoke_run.py
    body = yaml_parse((root / ".github/deploy-role.yaml").read_text())
    given = {"Repository": "o/r", "GitHubEnvironment": "stage", "Environment": "stage"}
    policies = resolve(body, given)["Resources"]["DeployRole"]["Properties"]["Policies"]
    allowed = [
        Statement.parse(each)
        for policy in policies
        for each in policy["PolicyDocument"]["Statement"]
    ]
    api = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/$default"

    assert allowing(allowed, Need("execute-api:Invoke", f"{api}/GET/runs"))
    assert not allowing(allowed, Need("execute-api:Invoke", f"{api}/POST/runs"))


def iam_statements(role):
    policy = role["FormationRole"]["Properties"]["Policies"][0]["PolicyDocument"]
    return {statement["Sid"]: statement for statement in policy["Statement"]}


def test_formation_role_reaches_no_role_but_the_stacks(role):
    said = iam_statements(role)
    own = "role/seqstack-${Environment}-*"
    profiles = "instance-profile/seqstack-${Environment}-*"

    assert set(said) == {"MakeBoundedRoles", "ManageRoles", "MakeServiceLinkedRoles"}
    assert said["MakeBoundedRoles"]["Resource"]["Fn::Sub"].rpartition(":")[2] == own
    managed = [each["Fn::Sub"].rpartition(":")[2] for each in said["ManageRoles"]["Resource"]]
    assert managed == [own, profiles]


def test_formation_role_gives_roles_nothing_without_the_boundary_and_takes_none_away(role):
    # What makes a role mightier, of the actions of which the reference says that they know the key
    harmless = {
        *("iam:DeleteRole", "iam:GetRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole"),
        "iam:UpdateRoleDescription",
    }
    mighty = {
        *("iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy"),
        *("iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"),
    }
    said = iam_statements(role)
    knows_boundary = {
        action for action in actions_with_key("iam", "iam:PermissionsBoundary") if "Role" in action
    } - harmless

    assert mighty | {"iam:DeleteRolePermissionsBoundary"} == knows_boundary
    assert set(said["MakeBoundedRoles"]["Action"]) == mighty
    assert said["MakeBoundedRoles"]["Condition"] == {
        "ArnEquals": {"iam:PermissionsBoundary": {"Ref": "Boundary"}}
    }
    assert not knows_boundary & set(said["ManageRoles"]["Action"])


def test_roles_of_the_stack_have_the_names_that_the_formation_role_may_make(root, resources):
    # CloudFormation names what has no name <stack>-<logical id>-<random>
    for logical_id, resource in resources.items():
        if resource["Type"] in {"AWS::IAM::Role", "AWS::IAM::InstanceProfile"}:
            assert "RoleName" not in resource["Properties"], logical_id
    assert 'stack_name = "seqstack-stage"' in (root / "samconfig.toml").read_text()
