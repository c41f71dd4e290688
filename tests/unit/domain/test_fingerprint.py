import hashlib

import pytest

from seqstack.domain.fingerprint import cache_key, step_key
from seqstack.domain.manifest import StoredObject
from seqstack.domain.s3uri import S3Uri
from seqstack.tools.registry import Tool
from tests.support.builders import step_plan

BAM = StoredObject(S3Uri("results", "s/bam/sorted.bam"), 900, "aa11-3")
FASTA = StoredObject(S3Uri("inputs", "ref.fa"), 64, "bb22", "SHA256:q83vEjRWeJA=")
COMMAND = (
    *("--bam_s3_path", "s3://results/s/bam/sorted.bam"),
    *("--threads", "4", "--memory", "8"),
    "--cmd_args=-q 20",
    *("--working_dir", "/scratch"),
)


def key(
    tool: Tool = Tool.SAMTOOLS_STATS,
    image: str = "repository/samtools_stats:0.1.0",
    command: tuple[str, ...] = COMMAND,
    inputs: tuple[StoredObject, ...] = (BAM, FASTA),
) -> str:
    return cache_key(tool, image, command, inputs)


def test_cache_key_is_the_sha256_of_the_canonical_json() -> None:
    canonical = (
        '{"command":["--bam_s3_path","s3://results/s/bam/sorted.bam","--cmd_args=-q 20"],'
        '"image":"repository/samtools_stats:0.1.0",'
        '"inputs":[["s3://inputs/ref.fa","64:SHA256:q83vEjRWeJA="],'
        '["s3://results/s/bam/sorted.bam","900:aa11-3"]],'
        '"tool":"samtoolsStats","version":3}'
    )

    assert key() == hashlib.sha256(canonical.encode()).hexdigest()


def test_cache_key_inputs_in_another_order_is_the_same() -> None:
    assert key(inputs=(FASTA, BAM)) == key()


@pytest.mark.parametrize("option", ["--threads", "--memory", "--working_dir"])
def test_cache_key_how_and_where_a_job_works_is_of_no_account(option: str) -> None:
    value = COMMAND.index(option) + 1
    changed = (*COMMAND[:value], "another", *COMMAND[value + 1 :])

    assert key(command=changed) == key()


def test_cache_key_where_buckets_are_and_who_pays_is_of_no_account() -> None:
    access = ("--bucket_region", "bucket=eu-west-1", "--request_payer", "requester")

    assert key(command=(*COMMAND, *access)) == key()


def test_step_key_is_of_the_images_content_and_not_of_its_tag() -> None:
    def of(**changes: str) -> str | None:
        return step_key(step_plan(inputs=(), **changes), {})

    assert of(image="bwa:1", image_digest="sha256:a") == of(image="bwa:2", image_digest="sha256:a")
    assert of(image="bwa:1", image_digest="sha256:a") != of(image="bwa:1", image_digest="sha256:b")
    assert of(image="bwa:1") != of(image="bwa:2")


def test_cache_key_options_inside_cmd_args_count() -> None:
    assert key(command=("--cmd_args=--threads 8",)) != key(command=("--cmd_args=--threads 4",))


@pytest.mark.parametrize(
    "other",
    [
        key(tool=Tool.SNPEFF),
        key(image="repository/samtools_stats:0.2.0"),
        key(command=(*COMMAND, "--more")),
        key(command=tuple(word.replace("s/bam", "t/bam") for word in COMMAND)),
        key(inputs=(BAM,)),
        key(inputs=(BAM, StoredObject(FASTA.uri, 64, "bb22", "SHA256:AAAAAAAAAAA="))),
        key(inputs=(StoredObject(BAM.uri, 900, "aa11-4"), FASTA)),
        key(inputs=(StoredObject(BAM.uri, 901, "aa11-3"), FASTA)),
        key(inputs=(StoredObject(S3Uri("results", "t.bam"), 900, "aa11-3"), FASTA)),
    ],
)
def test_cache_key_whatever_a_result_depends_on_counts(other: str) -> None:
    assert other != key()


def test_step_key_of_a_plan_is_the_key_of_what_was_found_for_it() -> None:
    folder = S3Uri("inputs", "isaac/")
    inside = [
        StoredObject(folder / name, 5, name) for name in ("genome.fa", "sorted-reference.xml")
    ]
    plan = step_plan(inputs=(BAM.uri, folder))

    found = {item.uri: item for item in (BAM, *inside)}

    expected = cache_key(plan.tool, plan.image, plan.command, [BAM, *inside])
    assert step_key(plan, found) == expected


@pytest.mark.parametrize("found", [[], [BAM], [FASTA]])
def test_step_key_with_an_input_missing_is_none(found: list[StoredObject]) -> None:
    plan = step_plan(inputs=(BAM.uri, S3Uri("inputs", "isaac/"), FASTA.uri))

    assert step_key(plan, {item.uri: item for item in found}) is None


def test_step_key_with_an_empty_folder_is_none() -> None:
    plan = step_plan(inputs=(BAM.uri, S3Uri("inputs", "isaac/")))

    assert step_key(plan, {BAM.uri: BAM}) is None
