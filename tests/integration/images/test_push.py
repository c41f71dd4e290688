"""Releases of a changing tree: what `scripts/images push` builds, and what digests images have.

An engine stands in that builds a manifest of the build context and the commit; ECR is moto's.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from emulator.engine.aws import client_environment
from image_modules import MODULE_ROOTS
from tests.support.batch_world import moto_server

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[3]
STACK = "seqstack-test"
TOOLS = ("bcftools", "bwa")
ENGINE = """#!{python}
import hashlib, json, os, sys
from pathlib import Path
import boto3

images = Path(os.environ["IMAGES"])
known = json.loads(images.read_text())
command, *arguments = sys.argv[1:]
last = arguments[-1] if arguments else ""
if command == "build":
    content = hashlib.sha256(arguments[arguments.index("--label") + 3].encode())
    for path in sorted(Path(last).rglob("*.py")):
        content.update(path.read_bytes())
    names = [value for option, value in zip(arguments, arguments[1:]) if option == "--tag"]
    known |= dict.fromkeys(names, content.hexdigest())
    known["built"] += [arguments[arguments.index("--target") + 1]]
elif command == "run":  # asked for the architecture of an image's Debian
    print(arguments[arguments.index("--platform") + 1].rpartition("/")[2])
elif command == "login":
    sys.stdin.read()
elif command == "tag":
    known[last] = known[arguments[0]]
elif command == "push":
    name, _, tag = last.partition("/")[2].rpartition(":")
    digest = "sha256:" + known[last]
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    # a line break at its end: the manifest must stay as it is to the byte
    manifest = json.dumps({{"mediaType": kind, "config": {{"digest": digest}}}}, indent=1) + "\\n"
    boto3.client("ecr").put_image(
        repositoryName=name, imageTag=tag, imageManifest=manifest, imageManifestMediaType=kind,
        imageDigest="sha256:" + hashlib.sha256(manifest.encode()).hexdigest(),
    )
elif command == "image" and last not in known:
    sys.exit(1)
images.write_text(json.dumps(known))
"""


class Releases:
    """A copy of this repository, and a stack with a repository for each tool."""

    def __init__(self, root: Path, endpoint: str) -> None:
        self.root = root
        self.environment = client_environment(endpoint)
        self.images = root / "images.json"
        self.ecr = self._client("ecr")
        skipped = shutil.ignore_patterns("__pycache__")
        for folder in ("scripts", *MODULE_ROOTS):
            shutil.copytree(ROOT / folder, root / folder, ignore=skipped)
        shutil.copy(ROOT / "template.yaml", root)
        (root / "bin").mkdir()
        self._program("docker", ENGINE.format(python=sys.executable))
        self.commit("1f")
        self.images.write_text('{"built": []}')
        for tool in TOOLS:
            self.ecr.create_repository(
                repositoryName=f"{STACK}/{tool}", imageTagMutability="IMMUTABLE"
            )
        prefix = {"ImageRepositoryPrefix": {"Value": f"registry/{STACK}"}}
        body = {"Resources": {"T": {"Type": "AWS::SNS::Topic"}}, "Outputs": prefix}
        formation = self._client("cloudformation")
        formation.create_stack(StackName=STACK, TemplateBody=json.dumps(body))
        formation.close()

    def commit(self, name: str) -> None:
        self._program("git", f"#!/bin/sh\necho {name}\n")

    def append(self, path: str, text: str = "\n# changed\n") -> None:
        with (self.root / path).open("a") as file:
            file.write(text)

    def push(self, tag: str) -> subprocess.CompletedProcess[str]:
        places = (str(self.root / "bin"), str(Path(sys.executable).parent), os.environ["PATH"])
        return subprocess.run(
            [str(self.root / "scripts/images"), "push"],
            env={
                **self.environment,
                "PATH": os.pathsep.join(places),
                "ENGINE": "docker",
                "IMAGES": str(self.images),
                "STACK": STACK,
                "TAG": tag,
                "TOOLS": " ".join(TOOLS),
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def released(self, tag: str) -> dict[str, str]:
        """Push; the digest of each tool's image that has the tag."""
        ended = self.push(tag)
        assert ended.returncode == 0, ended.stderr
        said = dict(line.partition(f":{tag}@")[::2] for line in ended.stdout.splitlines())
        digests = {}
        for tool in TOOLS:
            (image,) = self.ecr.describe_images(
                repositoryName=f"{STACK}/{tool}", imageIds=[{"imageTag": tag}]
            )["imageDetails"]
            digests[tool] = image["imageDigest"]
            assert said[f"registry/{STACK}/{tool}"] == image["imageDigest"]
        return digests

    @property
    def built(self) -> list[str]:
        """The tools that were built since this was asked last."""
        known = json.loads(self.images.read_text())
        built: list[str] = known["built"]
        self.images.write_text(json.dumps({**known, "built": []}))
        return built

    def _program(self, name: str, text: str) -> None:
        (self.root / "bin" / name).write_text(text)
        (self.root / "bin" / name).chmod(0o755)

    def _client(self, service: str) -> Any:
        return boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=self.environment["AWS_ENDPOINT_URL"],
            region_name=self.environment["AWS_REGION"],
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
        )


@pytest.fixture
def releases(tmp_path: Path) -> Iterator[Releases]:
    with moto_server() as endpoint:
        made = Releases(tmp_path, endpoint)
        yield made
        made.ecr.close()


def test_release_builds_changed_tools_alone_and_the_others_keep_their_digests(
    releases: Releases,
) -> None:
    first = releases.released("1")
    assert releases.built == list(TOOLS)

    releases.commit("2f")
    releases.append("layers/common/seqstack/domain/cost/prices.json", "\n")
    releases.append("layers/common/seqstack/tools/strelka.py")
    assert releases.released("2") == first
    assert releases.built == []

    releases.append("containers/bwa/commands.py")
    third = releases.released("3")
    assert releases.built == ["bwa"]
    assert third["bwa"] != first["bwa"]
    assert third["bcftools"] == first["bcftools"]

    releases.append("containers/jobkit/job.py")
    fourth = releases.released("4")
    assert releases.built == list(TOOLS)
    assert not set(fourth.values()) & set(third.values())
    assert releases.released("3-again") == fourth
    assert releases.built == []


def test_tag_that_names_another_content_is_refused_before_anything_is_built(
    releases: Releases,
) -> None:
    first = releases.released("1")
    assert releases.built == list(TOOLS)
    releases.append("containers/bwa/commands.py")

    ended = releases.push("1")

    assert ended.returncode == 1
    assert "other images of bwa with the tag 1, which cannot be overwritten" in ended.stderr
    assert ended.stdout == ""
    assert releases.built == []
    assert releases.released("2")["bcftools"] == first["bcftools"]


def test_push_that_ended_between_image_and_tag_is_taken_up_again(releases: Releases) -> None:
    first = releases.released("1")
    for tool in TOOLS:
        releases.ecr.batch_delete_image(
            repositoryName=f"{STACK}/{tool}", imageIds=[{"imageTag": "1"}]
        )
    assert releases.built == list(TOOLS)

    assert releases.released("1") == first
    assert releases.built == []
