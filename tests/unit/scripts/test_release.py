"""Images are pushed before a job definition names them, and only those that are lacking."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from scripts import release
from scripts.samconfig import deployed_environment

PREFIX = "123456789012.dkr.ecr.us-east-1.amazonaws.com/seqstack-stage"
TAG = "0123456789ab-ba9876543210"
STAGE = deployed_environment("stage")


class Aws:
    """An account whose stack comes to be with a deployment, and with it two repositories."""

    def __init__(self) -> None:
        self.ecr: Any = boto3.client("ecr", region_name="us-east-1")
        self.formation: Any = boto3.client("cloudformation", region_name="us-east-1")
        self.ran: list[str] = []

    def deploy(self, *tools: str) -> None:
        for tool in tools:
            self.ecr.create_repository(repositoryName=f"seqstack-stage/{tool}")
        body = f'{{"Resources": {{"T": {{"Type": "AWS::SNS::Topic"}}}}, "Outputs": {{\
            "ImageRepositoryPrefix": {{"Value": "{PREFIX}"}}}}}}'
        self.formation.create_stack(StackName="seqstack-stage", TemplateBody=body)

    def push(self, tool: str, tag: str) -> None:
        self.ecr.put_image(
            repositoryName=f"seqstack-stage/{tool}",
            imageManifest=f'{{"schemaVersion": 2, "config": {{"digest": "{tool}-{tag}"}}}}',
            imageManifestMediaType="application/vnd.docker.distribution.manifest.v2+json",
            imageTag=tag,
        )

    def run(self, command: Sequence[str], variables: Mapping[str, str]) -> None:
        """Do what the command would."""
        if command[1] == "deploy":
            self.ran.append(" ".join(command[1:]))
            if not self.formation.list_stacks()["StackSummaries"]:
                self.deploy("bwa", "snpeff")
        else:
            self.ran.append(f"push {variables['TOOLS']}")
            assert variables["STACK"] == "seqstack-stage"
            for tool in variables["TOOLS"].split():
                self.push(tool, variables["TAG"])


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield Aws()


DEPLOY = (
    "deploy --config-env stage --no-confirm-changeset "
    f"--parameter-overrides Environment=stage ImageTag={TAG}"
)


def test_first_release_makes_the_repositories_before_it_pushes(aws: Aws) -> None:
    release.release(STAGE, TAG, ["bwa", "snpeff"], "", aws.run)

    assert aws.ran == [DEPLOY, "push bwa snpeff"]


def test_release_pushes_what_is_lacking_before_it_deploys(aws: Aws) -> None:
    aws.deploy("bwa", "snpeff")
    aws.push("bwa", TAG)
    aws.push("snpeff", "older")

    release.release(STAGE, TAG, ["bwa", "snpeff"], "", aws.run)

    assert aws.ran == ["push snpeff", DEPLOY]


def test_release_of_the_same_images_pushes_none(aws: Aws) -> None:
    aws.deploy("bwa")
    aws.push("bwa", TAG)

    release.release(STAGE, TAG, ["bwa"], "arn:aws:iam::123456789012:role/formation", aws.run)

    assert aws.ran == [f"{DEPLOY} --role-arn arn:aws:iam::123456789012:role/formation"]


def test_release_of_a_new_tool_deploys_its_repository_first(aws: Aws) -> None:
    aws.deploy("bwa")
    aws.push("bwa", "older")

    def run(command: Sequence[str], variables: Mapping[str, str]) -> None:
        aws.run(command, variables)
        if command[1] == "deploy":
            aws.ecr.create_repository(repositoryName="seqstack-stage/snpeff")

    release.release(STAGE, TAG, ["bwa", "snpeff"], "", run)

    assert aws.ran == ["push bwa", DEPLOY, "push snpeff"]


def test_release_gives_the_stack_the_boundary_of_its_roles(aws: Aws) -> None:
    policy = "arn:aws:iam::123456789012:policy/seqstack-boundary"

    release.release(release.bounded(STAGE, policy), TAG, [], "", aws.run)

    given = f"Environment=stage PermissionsBoundary={policy} ImageTag"
    assert aws.ran == [DEPLOY.replace("Environment=stage ImageTag", given)]
    assert release.bounded(STAGE, "") == STAGE


def test_failed_deployment_ends_the_release(aws: Aws) -> None:
    def run(command: Sequence[str], _variables: Mapping[str, str]) -> None:
        raise subprocess.CalledProcessError(1, command)

    with pytest.raises(subprocess.CalledProcessError):
        release.release(STAGE, TAG, ["bwa"], "", run)


def test_release_says_that_the_deployed_stack_is_elsewhere_and_has_no_images(aws: Aws) -> None:
    def deploy_elsewhere(command: Sequence[str], _variables: Mapping[str, str]) -> None:
        aws.ran.append(command[1])

    with pytest.raises(release.NotFoundError, match=r"no stack seqstack-stage where"):
        release.release(STAGE, TAG, ["bwa"], "", deploy_elsewhere)

    assert aws.ran == ["deploy"]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one tool, its target, its own module, and another file."""
    for path, text in {
        "containers/Dockerfile": "FROM debian:1 AS base\nFROM base AS bwa\n",
        "containers/requirements.txt": "",
        "containers/bwa/run_bwa.py": "import bwa.commands\n",
        "containers/bwa/commands.py": "1\n",
        "layers/common/seqstack/domain/cost/prices.json": "{}",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    return tmp_path


def git(where: Path, *arguments: str) -> None:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    command = ["git", "-C", str(where), *who, *arguments]
    subprocess.run(command, check=True, capture_output=True)


def commit(where: Path) -> None:
    git(where, "add", "-A")
    git(where, "commit", "-qm", "change")


def test_tag_changes_with_what_images_hold_and_with_nothing_else(repository: Path) -> None:
    first = release.image_tag(repository)
    (repository / "layers/common/seqstack/domain/cost/prices.json").write_text("[]")
    assert release.image_tag(repository) == first

    (repository / "containers/bwa/commands.py").write_text("2\n")
    commit(repository)
    assert release.image_tag(repository) != first


@pytest.mark.parametrize("path", ["containers/bwa/commands.py", "containers/Dockerfile"])
def test_tag_of_changes_that_are_not_committed_is_refused(repository: Path, path: str) -> None:
    text = (repository / path).read_text()
    (repository / path).write_text(f"{text}\n")

    with pytest.raises(release.UncommittedError, match=path):
        release.image_tag(repository)


def test_release_on_another_base_than_the_commits_is_refused(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNPINNED_BASE", "debian:trixie-slim")

    with pytest.raises(release.UncommittedError, match="unset UNPINNED_BASE"):
        release.image_tag(repository)


def test_environment_that_samconfig_does_not_have_is_refused_naming_those_it_has() -> None:
    with pytest.raises(ValueError, match="no environment 'live', but default, stage, first, prod"):
        deployed_environment("live")
