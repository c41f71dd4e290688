"""The samples of a sheet are checked as `validate_run` checks each, also where they differ."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from seqstack.domain.objects_found import ObjectsFound
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.sample_sheet import read_sheet
from seqstack.use_cases.check_samples import SamplesCheck, SampleServices, check_samples
from tests.support.builders import RESULTS_BUCKET, SOURCE_BUCKET, exome_input, stack_defaults
from tests.support.fakes import FakeBatch, FakeObjects
from tests.unit.domain.reads.kinds_of_alignments import written

FOLDER = S3Uri(SOURCE_BUCKET, "plate/")
BAM, CRAM = (f"{FOLDER}b.{kind}" for kind in ("bam", "cram"))
MIXED = "sample,fastq_1,fastq_2,bam,cram\na,a_1.fastq.gz,a_2.fastq.gz,,\n"
DIGEST = f"sha256:{'0' * 64}"


@pytest.fixture
def objects() -> FakeObjects:
    return FakeObjects(bodies={BAM: written(), CRAM: written("cram")})


def check(sheet: str, objects: FakeObjects, **shared: Any) -> SamplesCheck:
    def find(uris: Iterable[S3Uri]) -> ObjectsFound:
        """Every object has content of its own."""
        found = objects(uris)
        return replace(found, etags={uri: str(uri) for uri in found.sizes})

    services = SampleServices(
        stack_defaults(),
        FakeBatch(),
        find,
        objects.read_start,
        objects.read_blocks,
        lambda _image: DIGEST,
    )
    own = {"sampleId": None, "fastq1S3Path": None, "fastq2S3Path": None}
    samples = read_sheet(sheet.encode())
    return check_samples(
        samples, FOLDER, exome_input(**own, **shared), ("c", 2), RESULTS_BUCKET, services
    )


def test_sheet_with_fastq_and_bam_is_sound(objects: FakeObjects) -> None:
    found = check(f"{MIXED}b,,,b.bam,\n", objects)

    assert (found.shared_problems, found.line_problems) == ((), ())
    assert [each.sample.sample_id for each in found.samples] == ["a", "b"]


@pytest.mark.parametrize(
    ("shared", "said"),
    [
        ({"trimReads": True}, "run.trimReads: only FASTQ files are trimmed"),
        ({"alignInParts": 4}, "run.alignInParts: only FASTQ files are aligned in parts"),
    ],
)
def test_what_only_a_later_sample_can_not_have_is_found(
    objects: FakeObjects, shared: dict[str, Any], said: str
) -> None:
    found = check(f"{MIXED}b,,,b.bam,\n", objects, **shared)

    assert found.shared_problems == ()
    [problem] = found.line_problems
    assert (problem.line, problem.message.partition(": leave")[0]) == (3, said)


def test_what_all_samples_can_not_have_is_said_once(objects: FakeObjects) -> None:
    objects.bodies[f"{FOLDER}c.bam"] = written(name="other{}")

    found = check("sample,bam\nb,b.bam\nc,c.bam\n", objects, trimReads=True)

    assert [each.path for each in found.shared_problems] == ["$.run.trimReads"]
    assert found.line_problems == ()


def test_fasta_that_only_a_later_sample_reads_must_be_there(objects: FakeObjects) -> None:
    fasta = f"s3://{SOURCE_BUCKET}/reference/made_with.fa"
    objects.wrong = {fasta: "does not exist"}

    found = check(f"{MIXED}b,,,,b.cram\n", objects, readsReferenceS3Path=fasta)

    [problem] = found.shared_problems
    assert problem.path == "$.run.readsReferenceS3Path"
    assert problem.message.startswith(f"{fasta} does not exist")


def test_sample_whose_job_can_not_have_all_its_lanes_is_named_by_its_line(
    objects: FakeObjects,
) -> None:
    place = "x" * 100
    lanes = "".join(f"b,{place}/{n}_1.fastq.gz,{place}/{n}_2.fastq.gz\n" for n in range(32))
    sheet = f"sample,fastq_1,fastq_2\na,a_1.fastq.gz,a_2.fastq.gz\n{lanes}"

    found = check(sheet, objects)

    assert found.shared_problems == ()
    [problem] = found.line_problems
    assert problem.line == 3
    assert problem.message.startswith("run.bwa: the job's arguments have ")


def test_sample_whose_reads_are_too_large_for_any_host_is_named_by_its_line(
    objects: FakeObjects,
) -> None:
    objects.sizes = {f"{FOLDER}b_1.fastq.gz": 1 << 41}
    sheet = "sample,fastq_1,fastq_2\na,a_1.fastq.gz,a_2.fastq.gz\nb,b_1.fastq.gz,b_2.fastq.gz\n"

    found = check(sheet, objects, alignInParts=False)

    assert found.shared_problems == ()
    assert {each.line for each in found.line_problems} == {3}
    assert any("GiB of scratch" in each.message for each in found.line_problems)
