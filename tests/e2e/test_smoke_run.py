"""The smoke run of a deployment, against the stack in the emulator."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from moto.sts.models import sts_backends
from rich.console import Console
from samtranslator.yaml_helper import yaml_parse

from demo.exome.generate import DemoExome
from emulator.engine.aws import ACCOUNT_ID
from scripts import smoke_run
from scripts.cfn_values import resolve
from scripts.deployed_stack import DeployedStack
from tests.harness.emulator import Emulator
from tests.harness.permissions.guard import Caller
from tests.harness.scripted import Act, ScriptedRunner

pytestmark = pytest.mark.long

BUILT = Path(".aws-sam/build/template.yaml")
ROLE = "deployment"


def left_behind(emulator: Emulator) -> list[str]:
    """The keys of the results bucket, removed ones that can come back among them."""
    listed = emulator.client("s3").list_object_versions(
        Bucket=emulator.outputs["ResultsBucketName"]
    )
    return [each["Key"] for kind in ("Versions", "DeleteMarkers") for each in listed.get(kind, [])]


def executions(emulator: Emulator) -> list[tuple[str, str]]:
    listed = emulator.client("stepfunctions").list_executions(
        stateMachineArn=emulator.outputs["SecondaryAnalysisStateMachineArn"]
    )
    return [(each["name"].split("-")[0], each["status"]) for each in listed["executions"]]


class GuardedByDeployRole(Emulator):
    """Sessions of a role may do what its policies say, and nothing else. All others pass."""

    def _find_caller(self, access_key: str) -> Caller | None:
        sessions = sts_backends[ACCOUNT_ID]["aws"]
        found = sessions.get_assumed_role_from_access_key(access_key)
        return Caller("a deployment", ROLE) if found else None

    def deploy_as(self, policies: list[dict[str, Any]]) -> dict[str, str]:
        """Create the role; return the variables of a session."""
        iam = self.client("iam")
        iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument="{}")
        for each in policies:
            document = json.dumps(each["PolicyDocument"])
            iam.put_role_policy(
                RoleName=ROLE, PolicyName=each["PolicyName"], PolicyDocument=document
            )
        keys = self.client("sts").assume_role(
            RoleArn=f"arn:aws:iam::{ACCOUNT_ID}:role/{ROLE}", RoleSessionName="session"
        )["Credentials"]
        return self.environment | {
            "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
            "AWS_SESSION_TOKEN": keys["SessionToken"],
        }


@pytest.fixture
def deploy_policies(pytestconfig: pytest.Config) -> list[dict[str, Any]]:
    """The policies of the role that .github/deploy-role.yaml gives to GitHub Actions."""
    body = yaml_parse((pytestconfig.rootpath / ".github/deploy-role.yaml").read_text())
    given = {"Repository": "o/r", "GitHubEnvironment": "development", "Environment": "dev"}
    policies = resolve(body, given)["Resources"]["DeployRole"]["Properties"]["Policies"]
    return list(policies)


def test_smoke_run_of_a_working_stack_measures_its_results_and_leaves_none(
    pytestconfig: pytest.Config, deploy_policies: list[dict[str, Any]]
) -> None:
    deployed = GuardedByDeployRole(pytestconfig.rootpath / BUILT, check_permissions=True)
    deployed.stack_name = "seqstack-dev"  # as samconfig.toml calls it, and the role's policies
    with deployed as emulator:
        session = emulator.deploy_as(deploy_policies)
        ended = subprocess.run(
            [
                *(sys.executable, "scripts/smoke_run.py", "--look-seconds", "0.2"),
                *("--stack", emulator.stack_name),
            ],
            cwd=pytestconfig.rootpath,
            env={**os.environ, **session},
            capture_output=True,
            text=True,
            timeout=1200,
            check=False,
        )

        assert {str(refusal) for refusal in emulator.permissions.refused} == set()
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert "✓ api" in ended.stdout
        assert ended.stdout.index("✓ images") < ended.stdout.index("has started")
        assert "annotate SUCCEEDED" in ended.stdout
        assert "Every bound was met." in ended.stdout
        assert executions(emulator) == [("smoke", "SUCCEEDED")]
        assert left_behind(emulator) == []


@pytest.fixture(scope="module")
def runner() -> ScriptedRunner:
    return ScriptedRunner()


@pytest.fixture(scope="module")
def scripted(pytestconfig: pytest.Config, runner: ScriptedRunner) -> Iterator[Emulator]:
    with Emulator(pytestconfig.rootpath / BUILT, job_runner=runner) as emulator:
        yield emulator


@pytest.fixture
def console() -> Console:
    return Console(file=StringIO(), width=120)


@pytest.fixture
def try_stack(
    scripted: Emulator,
    indexed_exome: DemoExome,
    tmp_path: Path,
    console: Console,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[[float], bool]]:
    for name, value in scripted.environment.items():
        monkeypatch.setenv(name, value)
    stack = DeployedStack(scripted.stack_name)
    with closing(stack):
        yield lambda minutes: smoke_run.smoke_run(
            stack, indexed_exome, tmp_path, console, smoke_run.Limits(minutes, look_seconds=0.1)
        )


def test_smoke_run_whose_job_fails_reports_why(
    try_stack: Callable[[float], bool], scripted: Emulator, runner: ScriptedRunner, console: Console
) -> None:
    runner.acts = {"*-align-*": [Act.fail(3, lines=["no such instruction"])]}

    assert try_stack(1) is False

    told = console.file.getvalue()
    assert "ToolFailedError" in told
    assert "no such instruction" in told
    assert left_behind(scripted) == []


def test_smoke_run_that_takes_too_long_is_stopped(
    try_stack: Callable[[float], bool], scripted: Emulator, runner: ScriptedRunner
) -> None:
    runner.acts = {"*": [Act.hang()]}

    with pytest.raises(smoke_run.TooSlowError, match=r"took more than 0\.01 minutes"):
        try_stack(0.01)

    assert ("smoke", "RUNNING") not in executions(scripted)
    assert left_behind(scripted) == []


def test_smoke_run_of_a_stack_that_is_not_ready_starts_nothing(
    scripted: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in scripted.environment.items():
        monkeypatch.setenv(name, value)
    batch, before = scripted.client("batch"), executions(scripted)
    batch.update_job_queue(jobQueue="lowPriority-dev", state="DISABLED")
    try:
        status = smoke_run.main(["--stack", scripted.stack_name])
    finally:
        batch.update_job_queue(jobQueue="lowPriority-dev", state="ENABLED")

    assert status == 2
    assert "lowPriority-dev: DISABLED" in capsys.readouterr().out
    assert executions(scripted) == before


def test_smoke_run_without_a_stack_exits_2(
    scripted: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in scripted.environment.items():
        monkeypatch.setenv(name, value)

    assert smoke_run.main(["--stack", "seqstack-nowhere"]) == 2

    assert "There is no stack seqstack-nowhere: deploy it first" in capsys.readouterr().out
