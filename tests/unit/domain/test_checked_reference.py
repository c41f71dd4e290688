"""The input of `prepare_reference`, checked."""

from typing import Any

import pytest

from seqstack.domain.checked_reference import CheckedReference
from seqstack.domain.checked_run import RunContent
from seqstack.domain.s3uri import S3Uri

FASTA, GENES = "s3://data/genome.fa.gz", "s3://data/genes.gff3"
IMAGES = {"checkReference": "reference_check@sha256:0"}


def document(**changes: Any) -> dict[str, Any]:
    return {"name": "GRCh38", "referenceS3Path": FASTA, **changes}


def checked(**changes: Any) -> CheckedReference:
    return CheckedReference.of(document(**changes), "results")


def version(identity: str = "1:a", images: dict[str, str] = IMAGES, **changes: Any) -> str:
    given = checked(**changes)
    content = {S3Uri.parse(str(given.sound["referenceS3Path"])): identity}
    return given.as_run_input(RunContent(content, images)).layout.version


@pytest.mark.parametrize(
    ("changes", "steps"),
    [
        ({}, ["checkReference", "indexBwa"]),
        ({"aligners": ["isaac", "minimap2"]}, ["checkReference", "indexMinimap2", "indexIsaac"]),
        ({"annotationS3Path": GENES}, ["checkReference", "indexBwa", "buildDatabase"]),
    ],
)
def test_run_has_the_steps_that_its_input_asks_for(
    changes: dict[str, Any], steps: list[str]
) -> None:
    run = checked(**changes).as_run_input(RunContent())
    assert [step.name for step in run.steps] == list(run.tools) == steps


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"name": "a/b"}, "$.name"),
        ({"aligners": ["star"]}, "$.aligners[0]"),
        ({"aligners": []}, "$.aligners"),
        ({"cache": False}, "$.cache"),
        ({"geneticCodes": {"chrM": 2}}, "$.annotationS3Path"),
        ({"annotationS3Path": FASTA}, "$.annotationS3Path"),
        ({"bwaIndex": {"cmdArgs": "-a is"}}, "$.bwaIndex.cmdArgs"),
        ({"sampleId": "x"}, "$.sampleId"),
    ],
)
def test_input_that_can_not_be_used_is_refused(changes: dict[str, Any], path: str) -> None:
    assert path in {problem.path for problem in checked(**changes).problems}


def test_version_is_of_content_choices_and_images_and_not_of_the_place() -> None:
    first = version()

    assert version(referenceS3Path="s3://elsewhere/copy.fa.gz") == first
    assert version(aligners=["bwa"], project="x", submitter="me") == first
    assert version(aligners=["minimap2", "bwa"]) == version(aligners=["bwa", "minimap2"])
    assert len({first, version("1:b"), version(aligners=["minimap2"]), version(images={})}) == 4
