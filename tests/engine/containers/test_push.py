"""`make push-images` to a registry with ECR's rules, of a stack that was deployed."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from emulator.aws import client_environment
from emulator.batch.container_engine import ContainerEngine
from tests.engine.containers.conftest import call
from tests.integration.emulator.batch_world import moto_server
from tests.stand_ins.registry import Registry, registry

TOOLS = ("bwa", "samtools_stats")
STACK = "seqstack-test"
TAG, NEW_TAG = "push-test", "push-test-2"

type Push = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with moto_server() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def ecr(endpoint: str) -> Iterator[Registry]:
    with registry(endpoint) as server:
        yield server


@pytest.fixture(scope="module")
def stack(endpoint: str, ecr: Registry) -> str:
    """A stack with repositories as the template has them, in a registry at another address."""
    resources = {
        tool.replace("_", ""): {
            "Type": "AWS::ECR::Repository",
            "Properties": {
                "RepositoryName": f"{STACK}/{tool}",
                "ImageTagMutability": "IMMUTABLE",
            },
        }
        for tool in TOOLS
    }
    prefix = f"{ecr.address}/{STACK}"
    body = {"Resources": resources, "Outputs": {"ImageRepositoryPrefix": {"Value": prefix}}}
    environment = client_environment(endpoint)
    client = boto3.client(
        "cloudformation",
        endpoint_url=endpoint,
        region_name=environment["AWS_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )
    client.create_stack(StackName=STACK, TemplateBody=json.dumps(body))
    client.close()
    return prefix


@pytest.fixture
def push(
    engine: ContainerEngine,
    endpoint: str,
    ecr: Registry,
    pytestconfig: pytest.Config,
    tmp_path: Path,
) -> Iterator[Push]:
    # podman takes no plain HTTP without being told; docker does from 127.0.0.0/8
    registries = tmp_path / "registries.conf"
    registries.write_text(f'[[registry]]\nlocation = "{ecr.address}"\ninsecure = true\n')

    def push(stack: str = STACK, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(pytestconfig.rootpath / "scripts/images"), "push"],
            cwd=pytestconfig.rootpath,
            env={
                **os.environ,
                **client_environment(endpoint),
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
                "CONTAINERS_REGISTRIES_CONF": str(registries),
                "REGISTRY_AUTH_FILE": str(tmp_path / "auth.json"),
                "DOCKER_CONFIG": str(tmp_path / "docker"),
                "ENGINE": engine.program,
                "STACK": stack,
                "TAG": TAG,
                "TOOLS": " ".join(TOOLS),
                **variables,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    yield push
    listed = call(engine, "images", "--format", "{{.Repository}}:{{.Tag}}").split()
    if ours := [image for image in listed if image.endswith((f":{TAG}", f":{NEW_TAG}"))]:
        call(engine, "rmi", *ours)


def test_push_puts_each_image_into_its_repository_and_says_its_digest(
    push: Push, stack: str, ecr: Registry
) -> None:
    ended = push()

    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    for tool, line in zip(TOOLS, lines, strict=True):
        (image,) = details(ecr, tool)
        assert image["imageTags"] == [TAG]
        assert line == f"{stack}/{tool}:{TAG}@{image['imageDigest']}"


def test_push_again_leaves_what_is_there_and_says_the_same(
    push: Push, stack: str, ecr: Registry
) -> None:
    first, received = push(), ecr.received_bytes

    again = push()

    assert (again.returncode, again.stdout) == (0, first.stdout), again.stderr
    assert re.search(r"@sha256:[0-9a-f]{64}\n", again.stdout)
    assert ecr.received_bytes == received


def test_push_other_image_under_the_same_tag_is_refused_before_anything_is_sent(
    push: Push, stack: str, ecr: Registry
) -> None:
    assert push().returncode == 0
    before = {tool: details(ecr, tool) for tool in TOOLS}

    ended = push(BUILD_ARGS=f"{os.environ.get('BUILD_ARGS', '')} --label changed=yes")

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert f"other images of {' '.join(TOOLS)} with the tag {TAG}" in ended.stderr
    assert "TAG=… make push-images" in ended.stderr
    assert {tool: details(ecr, tool) for tool in TOOLS} == before


def test_push_with_a_new_tag_stands_beside_the_old_one(
    push: Push, stack: str, ecr: Registry
) -> None:
    assert push().returncode == 0
    received = ecr.received_bytes

    ended = push(TAG=NEW_TAG)

    assert ended.returncode == 0, ended.stderr
    assert {tag for image in details(ecr, "bwa") for tag in image["imageTags"]} >= {NEW_TAG}
    assert ecr.received_bytes == received, "every layer was there"


def test_push_to_a_stack_that_is_not_there_fails(push: Push, stack: str) -> None:
    ended = push(stack="nowhere")

    assert ended.returncode != 0
    assert "nowhere" in ended.stderr
    assert ended.stdout == ""


def details(ecr: Registry, tool: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ecr.ecr.describe_images(repositoryName=f"{STACK}/{tool}")[
        "imageDetails"
    ]
    return found
