"""The rules that a schema can't say, the defaults, and the input as values."""

from typing import Any

import pytest

from seqstack.domain.checked_input import CheckedInput
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import Step
from seqstack.tools.registry import Tool
from tests.support.builders import RESULTS_BUCKET, exome_input, original_input, run_input

R1, R2 = "s3://reads/L{}_R1.fq.gz", "s3://reads/L{}_R2.fq.gz"


def paths(document: Any) -> list[str]:
    return sorted(problem.path for problem in CheckedInput.of(document, RESULTS_BUCKET).problems)


def messages(document: Any) -> str:
    return "\n".join(map(str, CheckedInput.of(document, RESULTS_BUCKET).problems))


def lanes(count: int) -> dict[str, Any]:
    return {
        "fastq1S3Path": [R1.format(lane) for lane in range(count)],
        "fastq2S3Path": [R2.format(lane) for lane in range(count)],
    }


def test_input_original_filled_in_is_accepted_as_it_stands() -> None:
    run = run_input(original_input())

    assert run.sample_id == "NA12878_states_1"
    assert (
        str(run.layout.root) == f"s3://{RESULTS_BUCKET}/genomic-workflow/results/NA12878_states_1/"
    )
    assert run.working_dir == "/scratch"
    assert {step: settings.tool for step, settings in run.tools.items()} == {
        Step.ALIGN: Tool.ISAAC,
        Step.CALL_VARIANTS: Tool.STRELKA,
        Step.ANNOTATE: Tool.SNPEFF,
        Step.ALIGNMENT_STATS: Tool.SAMTOOLS_STATS,
        Step.TARGET_METRICS: Tool.PICARD,
        Step.AGGREGATE_QC: Tool.MULTIQC,
    }
    isaac = run.tools[Step.ALIGN]
    assert isaac.job_definition == "isaac-dev:1"
    assert isaac.job_queue == "arn:aws:batch:us-east-1:123456789012:job-queue/highPriority-dev"
    assert isaac.own_reference == S3Uri.parse("s3://aws-batch-genomics-resources/reference/isaac/")
    assert run.tools[Step.CALL_VARIANTS].cmd_args == "--exome"
    assert run.tools[Step.ANNOTATE].cmd_args == "-t hg38"


def test_input_without_blocks_takes_the_default_tools() -> None:
    run = run_input(exome_input(bwa=None, bcftools=None))

    assert {step: settings.tool for step, settings in run.tools.items()} == {
        Step.ALIGN: Tool.BWA,
        Step.CALL_VARIANTS: Tool.STRELKA,
        Step.ANNOTATE: Tool.SNPEFF,
        Step.ALIGNMENT_STATS: Tool.SAMTOOLS_STATS,
        Step.TARGET_METRICS: Tool.PICARD,
        Step.AGGREGATE_QC: Tool.MULTIQC,
    }


def test_input_without_results_path_and_working_dir_takes_the_stacks() -> None:
    run = run_input(exome_input(resultsS3Path=None))

    assert str(run.layout.root) == f"s3://{RESULTS_BUCKET}/results/NA12878/"
    assert run.working_dir == "/scratch"


@pytest.mark.parametrize("results", ["results", "results/"])
def test_input_results_path_with_or_without_last_slash_is_the_same(results: str) -> None:
    run = run_input(exome_input(resultsS3Path=f"s3://{RESULTS_BUCKET}/{results}"))

    assert str(run.layout.bam) == f"s3://{RESULTS_BUCKET}/results/NA12878/bam/sorted.bam"


def test_input_lanes_are_paired_in_order() -> None:
    run = run_input(exome_input(**lanes(3)))

    assert [(str(lane.read1), str(lane.read2)) for lane in run.lanes] == [
        (R1.format(lane), R2.format(lane)) for lane in range(3)
    ]


def test_input_isaac_reference_left_out_is_isaac_beside_the_fasta() -> None:
    run = run_input(exome_input(bwa=None, isaac={}))

    assert str(run.tools[Step.ALIGN].own_reference) == (
        "s3://amzn-s3-demo-source-bucket/reference/isaac/"
    )


def test_input_memory_written_as_a_float_is_a_whole_number_of_gib() -> None:
    memory = run_input(exome_input(bwa={"memory": 16.0})).tools[Step.ALIGN].memory_gib

    assert memory == 16
    assert isinstance(memory, int)


@pytest.mark.parametrize(
    ("first", "second", "step"),
    [("isaac", "bwa", "align"), ("strelka", "bcftools", "callVariants")],
)
def test_input_two_tools_for_one_step_is_refused(first: str, second: str, step: str) -> None:
    document = exome_input(**{"bwa": None, "bcftools": None, first: {}, second: {}})

    assert messages(document) == (
        f"$.{second}: {first} and {second} both fill {step}; keep one of them"
    )


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        ({"fastq2S3Path": [R2.format(1)], "fastq1S3Path": [R1.format(1), R1.format(2)]}, "2 in"),
        ({"fastq1S3Path": R1.format(1), "fastq2S3Path": [R2.format(1), R2.format(2)]}, "1 in"),
        # a lane that is wrong by itself still counts
        ({"fastq1S3Path": [R1.format(1), "x", "y"], "fastq2S3Path": R2.format(1)}, "3 in"),
    ],
)
def test_input_unpaired_lanes_are_refused(change: dict[str, Any], counts: str) -> None:
    found = [line for line in messages(exome_input(**change)).splitlines() if "unpaired" in line]

    (line,) = found
    assert line.startswith(f"$.fastq2S3Path: lanes are unpaired: {counts} fastq1S3Path")


def test_input_a_string_and_a_list_of_one_are_a_pair() -> None:
    assert paths(exome_input(fastq1S3Path=R1.format(1), fastq2S3Path=[R2.format(1)])) == []


def test_input_same_object_as_both_reads_is_refused() -> None:
    assert paths(exome_input(fastq2S3Path=exome_input()["fastq1S3Path"])) == ["$.fastq2S3Path"]


@pytest.mark.parametrize("aligner", [{"bwa": {}}, {"bwa": None, "isaac": {}}])
def test_input_of_nine_lanes_is_taken_by_every_aligner(aligner: dict[str, Any]) -> None:
    assert paths(exome_input(**aligner, **lanes(9))) == []


@pytest.mark.parametrize(
    ("document", "expected"),
    [({}, None), ({"sequencing": "exome"}, "exome"), ({"sequencing": "genome"}, "genome")],
)
def test_input_sequencing_is_what_was_said(document: dict[str, Any], expected: str | None) -> None:
    assert run_input(exome_input(**document)).sequencing == expected


@pytest.mark.parametrize("sequencing", ["panel", "", "Exome", 1, None])
def test_input_sequencing_of_another_kind_is_refused(sequencing: object) -> None:
    document = exome_input() | {"sequencing": sequencing}
    assert set(paths(document)) == {"$.sequencing"}


def test_input_genome_that_strelka_calls_as_an_exome_is_refused() -> None:
    document = exome_input(bcftools=None, strelka={"cmdArgs": " --exome "}, sequencing="genome")
    assert paths(document) == ["$.strelka.cmdArgs"]
    assert paths(document | {"sequencing": "exome"}) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "no targets to pad"),
        ({"targetRegionsS3Path": "s3://reads/a.bed", "sequencing": "genome"}, "everywhere"),
    ],
)
def test_input_padding_without_targets_to_call_in_is_refused(
    changes: dict[str, Any], said: str
) -> None:
    document = exome_input(**changes) | {"targetPadding": 50}
    assert paths(document) == ["$.targetPadding"]
    assert said in messages(document)


def test_input_that_names_its_reference_may_get_genes_and_targets_with_it() -> None:
    document = exome_input(referenceS3Path=None, annotationS3Path=None, reference="GRCh38")

    assert paths(document) == []
    assert paths(document | {"targetPadding": 50}) == []
    assert paths(document | {"targetPadding": 50, "sequencing": "genome"}) == ["$.targetPadding"]
    filled = document | {"referenceS3Path": "s3://reads/ref.fa", "targetPadding": 50}
    assert paths(filled) == ["$.annotationS3Path", "$.targetPadding"]


def test_input_with_targets_is_an_exome_unless_it_says_otherwise() -> None:
    targets = {"targetRegionsS3Path": "s3://reads/a.bed"}
    assert run_input(exome_input(**targets)).sequencing == "exome"
    assert run_input(exome_input(**targets, sequencing="genome")).sequencing == "genome"


def test_input_results_in_another_bucket_is_refused() -> None:
    assert paths(exome_input(resultsS3Path="s3://elsewhere/results")) == ["$.resultsS3Path"]


def test_input_results_path_that_leaves_no_room_for_names_is_refused() -> None:
    # behind it: "/NA12878/vcf/annotated/variants.ann.vcf.gz.tbi" of 46 bytes; S3 allows 1,024
    prefix = f"s3://{RESULTS_BUCKET}/"

    assert paths(exome_input(resultsS3Path=prefix + "r" * 978)) == []
    assert paths(exome_input(resultsS3Path=prefix + "r" * 979)) == ["$.resultsS3Path"]


@pytest.mark.parametrize("tool", ["bwa", "bcftools", "samtoolsStats", "snpEff"])
def test_input_arguments_with_an_open_quote_are_refused(tool: str) -> None:
    document = exome_input(**{tool: {"cmdArgs": "-R 'unclosed"}})

    assert messages(document) == (
        f"$.{tool}.cmdArgs: can't be split into arguments: No closing quotation"
    )


@pytest.mark.parametrize(
    "block", [None, {}, {"cmdArgs": "  "}, {"cmdArgs": "-t -canon"}, {"memory": 8}]
)
def test_input_that_names_neither_genes_nor_database_is_refused(block: Any) -> None:
    assert paths(exome_input(annotationS3Path=None, snpEff=block)) == ["$.annotationS3Path"]


def test_input_that_names_a_database_needs_no_genes() -> None:
    assert paths(exome_input(annotationS3Path=None, snpEff={"cmdArgs": " -t hg38 "})) == []


def test_input_every_kind_of_problem_is_listed_at_once() -> None:
    document = exome_input(
        sampleId="bad id",
        fastq1S3Path=[R1.format(1), R1.format(2)],
        fastq2S3Path=[R2.format(1)],
        resultsS3Path="s3://elsewhere/results",
        annotationS3Path=None,
        isaac={"memory": "much"},
        bcftools={"cmdArgs": "'"},
        threads=8,
    )

    assert paths(document) == [
        "$.annotationS3Path",
        "$.bcftools.cmdArgs",
        "$.bwa",
        "$.fastq2S3Path",
        "$.isaac.memory",
        "$.resultsS3Path",
        "$.sampleId",
        "$.threads",
    ]
