"""The images that a run looks up before it starts: what their digests stand for."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

import image_modules
from emulator.engine.batch.process_runner import ProcessJobRunner
from emulator.image_digests import ImageDigests
from emulator.job_runners import process_runner
from emulator.pushed_images import digest_of, push_images
from image_modules import Modules

ECR = "123456789012.dkr.ecr.us-east-1.amazonaws.com"


@pytest.fixture
def clients() -> Iterator[Any]:
    """Clients of a registry with a repository for bwa, and job definitions of three images."""
    with mock_aws(config={"batch": {"use_docker": False}}):

        def client(service: str) -> Any:
            return boto3.client(service, region_name="us-east-1")  # type: ignore[call-overload]

        client("ecr").create_repository(repositoryName="seqstack-dev/bwa")
        for image in (f"{ECR}/seqstack-dev/bwa:0.1.0", f"{ECR}/other/bwa:1", "debian:trixie"):
            client("batch").register_job_definition(
                jobDefinitionName=image.rpartition("/")[2].replace(":", "-").replace(".", "-"),
                type="container",
                containerProperties={"image": image, "vcpus": 1, "memory": 1024},
            )
        yield client


def pushed(client: Any) -> list[tuple[str, list[str]]]:
    found = client("ecr").describe_images(repositoryName="seqstack-dev/bwa")["imageDetails"]
    return [(image["imageDigest"], image["imageTags"]) for image in found]


def write_containers(folder: Path) -> Path:
    for path, text in {
        "containers/bwa/run_bwa.py": "from jobkit import code\nfrom seqstack.domain import words\n",
        "containers/jobkit/code.py": "first\n",
        "layers/common/seqstack/domain/words.py": "first\n",
        "layers/common/seqstack/domain/other.py": "first\n",
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def runner(folder: Path) -> ProcessJobRunner:
    return process_runner(folder, folder, {})


def test_images_of_job_definitions_are_pushed_where_the_stack_has_a_repository(
    clients: Any, tmp_path: Path
) -> None:
    made = runner(write_containers(tmp_path))

    push_images(clients, made)

    ((digest, tags),) = pushed(clients)
    assert tags == ["0.1.0"]
    assert digest == made.content_of(f"{ECR}/seqstack-dev/bwa:0.1.0")


def test_image_that_a_runner_does_not_have_is_not_pushed(clients: Any, tmp_path: Path) -> None:
    (tmp_path / "containers").mkdir()

    push_images(clients, runner(tmp_path))

    assert pushed(clients) == []


def test_image_of_a_runner_that_does_not_know_it_is_pushed_by_its_name(clients: Any) -> None:
    push_images(clients, object())

    ((digest, _),) = pushed(clients)
    assert digest.startswith("sha256:")


@pytest.mark.parametrize(
    "changed", ["containers/jobkit/code.py", "layers/common/seqstack/domain/words.py"]
)
def test_digest_of_a_process_changes_with_its_code_and_with_nothing_else(
    tmp_path: Path, changed: str
) -> None:
    before = runner(write_containers(tmp_path)).content_of("registry/bwa:1")

    (tmp_path / "containers/bwa/README.md").write_text("second\n")
    (tmp_path / "layers/common/seqstack/domain/other.py").write_text("second\n")
    assert runner(tmp_path).content_of("registry/bwa:2") == before
    (tmp_path / changed).write_text("second\n")
    assert runner(tmp_path).content_of("registry/bwa:1") != before


def test_digest_of_a_process_changes_with_a_program_that_its_tool_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a run after an upgrade would reuse what the older program has made."""
    write_containers(tmp_path)
    programs = {name: tmp_path / "bin" / name for name in ("bwa", "fastp", "bcftools")}
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))

    def digest_with(program: str, version: str) -> str | None:
        programs[program].write_text(f"#!/bin/sh\necho {version}\n")
        programs[program].chmod(0o755)
        os.utime(programs[program], (1, len(version)))
        return runner(tmp_path).content_of("registry/bwa:1")

    first = digest_with("bwa", "0.7.17")
    of_bwa = digest_with("bwa", "0.7.18-r1243")
    of_fastp = digest_with("fastp", "0.23")
    of_another = digest_with("bcftools", "1.21")

    assert len({first, of_bwa, of_fastp}) == 3
    assert of_another == of_fastp
    assert digest_with("bwa", "0.7.18-r1243") == of_fastp


def test_kept_digests_are_those_of_modules_as_they_are(tmp_path: Path) -> None:
    write_containers(tmp_path)
    kept = tmp_path / ".aws-sam/image-digests.json"

    def digest() -> str | None:
        return ImageDigests(tmp_path).of("bwa")

    without = digest()
    kept.parent.mkdir()
    first = digest()
    marked = kept.read_text().replace(str(first), "sha256:kept")
    kept.write_text(marked)
    from_file = digest()
    (tmp_path / "layers/common/seqstack/domain/words.py").write_text("second\n")
    changed = digest()
    (tmp_path / "layers/common/seqstack/domain/words.py").write_text("first\n")
    kept.write_text(marked[:50])

    assert (first, from_file) == (without, "sha256:kept")
    assert changed not in {first, "sha256:kept"}
    assert digest() == first
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]


def test_digests_of_modules_that_change_while_they_are_read_are_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = write_containers(tmp_path) / "layers/common/seqstack/domain/words.py"
    (tmp_path / ".aws-sam").mkdir()

    class ChangeMeanwhile(Modules):
        def __init__(self, root: Path) -> None:
            super().__init__(root)
            words.write_text("second\n")

    with monkeypatch.context() as patches:
        patches.setattr(image_modules, "Modules", ChangeMeanwhile)
        second = runner(tmp_path).content_of("registry/bwa:1")
    words.write_text("first\n")

    assert runner(tmp_path).content_of("registry/bwa:1") != second


def test_digest_distinguishes_names_from_contents() -> None:
    assert digest_of(["ab", b"c"]) != digest_of(["a", b"bc"])
