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

from emulator.engine.aws import client_environment
from emulator.engine.batch.container_engine import ContainerEngine
from scripts.image_contents import ROOT, content_tag
from tests.engine.containers.conftest import call
from tests.stand_ins.registry import Registry, registry
from tests.support.batch_world import moto_server

TOOLS = ("bwa", "samtools_stats")
STACK = "seqstack-test"
TAG, NEW_TAG = "push-test", "push-test-2"
CHANGED = f"{os.environ.get('BUILD_ARGS', '')} --label changed=yes"

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


@pytest.fixture(scope="module")
def push(
    engine: ContainerEngine,
    endpoint: str,
    ecr: Registry,
    pytestconfig: pytest.Config,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Push]:
    # podman takes no plain HTTP without being told; docker does from 127.0.0.0/8
    folder = tmp_path_factory.mktemp("push")
    (folder / "auth.json").write_text("{}")  # podman runs nothing if the file is absent
    registries = folder / "registries.conf"
    registries.write_text(f'[[registry]]\nlocation = "{ecr.address}"\ninsecure = true\n')

    def push(*tools: str, stack: str = STACK, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(pytestconfig.rootpath / "scripts/images"), "push"],
            cwd=pytestconfig.rootpath,
            env={
                **os.environ,
                **client_environment(endpoint),
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
                "CONTAINERS_REGISTRIES_CONF": str(registries),
                "REGISTRY_AUTH_FILE": str(folder / "auth.json"),
                "DOCKER_CONFIG": str(folder / "docker"),
                "ENGINE": engine.program,
                "STACK": stack,
                "TAG": TAG,
                "TOOLS": " ".join(tools),
                **variables,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    yield push
    listed = call(engine, "images", "--format", "{{.Repository}}:{{.Tag}}").split()
    ours = [
        name for name in listed if name.endswith((f":{TAG}", f":{NEW_TAG}")) or ecr.address in name
    ]
    if ours:
        call(engine, "rmi", *ours)


@pytest.fixture(scope="module")
def pushed(push: Push, stack: str) -> subprocess.CompletedProcess[str]:
    """The first push."""
    return push(*TOOLS)


def test_push_puts_each_image_into_its_repository_and_says_its_digest(
    pushed: subprocess.CompletedProcess[str], stack: str, ecr: Registry
) -> None:
    assert pushed.returncode == 0, pushed.stderr
    for tool, line in zip(TOOLS, pushed.stdout.splitlines(), strict=True):
        (image,) = details(ecr, tool)
        assert set(image["imageTags"]) == {TAG, content_tag(ROOT, tool, os.environ)}
        assert line == f"{stack}/{tool}:{TAG}@{image['imageDigest']}"
        assert re.fullmatch(r"sha256:[0-9a-f]{64}", image["imageDigest"])


def test_push_again_leaves_what_is_there_and_says_the_same(
    push: Push, pushed: subprocess.CompletedProcess[str], ecr: Registry
) -> None:
    received = ecr.received_bytes

    again = push(TOOLS[0])

    assert again.returncode == 0, again.stderr
    assert again.stdout.splitlines() == pushed.stdout.splitlines()[:1]
    assert "building" not in again.stderr.replace("building on", "")
    assert ecr.received_bytes == received


def test_push_other_image_under_the_same_tag_is_refused_before_anything_is_sent(
    push: Push, pushed: subprocess.CompletedProcess[str], ecr: Registry
) -> None:
    before = details(ecr, TOOLS[0])

    ended = push(TOOLS[0], BUILD_ARGS=CHANGED)

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert f"other images of {TOOLS[0]} with the tag {TAG}" in ended.stderr
    assert "TAG=… make push-images" in ended.stderr
    assert details(ecr, TOOLS[0]) == before


def test_push_of_an_unchanged_image_with_a_new_tag_keeps_its_digest_and_builds_and_sends_nothing(
    push: Push, pushed: subprocess.CompletedProcess[str], ecr: Registry
) -> None:
    received = ecr.received_bytes
    (before,) = details(ecr, TOOLS[0])

    ended = push(TOOLS[0], TAG=NEW_TAG)

    assert ended.returncode == 0, ended.stderr
    (after,) = details(ecr, TOOLS[0])
    assert set(after["imageTags"]) == {*before["imageTags"], NEW_TAG}
    assert after["imageDigest"] == before["imageDigest"]
    assert ended.stdout.endswith(f":{NEW_TAG}@{before['imageDigest']}\n")
    assert "building" not in ended.stderr.replace("building on", "")
    assert ecr.received_bytes == received


def test_push_of_a_changed_image_with_a_new_tag_makes_another_and_leaves_the_old(
    push: Push, pushed: subprocess.CompletedProcess[str], ecr: Registry
) -> None:
    (before,) = details(ecr, TOOLS[1])

    ended = push(TOOLS[1], TAG=NEW_TAG, BUILD_ARGS=CHANGED)

    assert ended.returncode == 0, ended.stderr
    by_tag = {
        tag: each["imageDigest"] for each in details(ecr, TOOLS[1]) for tag in each["imageTags"]
    }
    assert by_tag[TAG] == before["imageDigest"] != by_tag[NEW_TAG]


def test_push_to_a_stack_that_is_not_there_fails_before_anything_is_built(
    push: Push, stack: str
) -> None:
    ended = push(*TOOLS, stack="nowhere")

    assert ended.returncode != 0
    assert "nowhere" in ended.stderr
    assert "building" not in ended.stderr
    assert ended.stdout == ""


def details(ecr: Registry, tool: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ecr.ecr.describe_images(repositoryName=f"{STACK}/{tool}")[
        "imageDetails"
    ]
    return found
