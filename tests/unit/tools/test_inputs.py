from typing import Any

import pytest

from seqstack.domain.words import Step
from tests.support.builders import RESULTS_BUCKET, SOURCE_BUCKET, exome_input, run_input

READS = [f"s3://{SOURCE_BUCKET}/fastq/NA12878_{side}.fastq.gz" for side in (1, 2)]
FASTA = f"s3://{SOURCE_BUCKET}/reference/genome.fa"
GENES = f"s3://{SOURCE_BUCKET}/reference/genes.gff3.gz"
BAM = f"s3://{RESULTS_BUCKET}/results/NA12878/bam/sorted.bam"
VCF = f"s3://{RESULTS_BUCKET}/results/NA12878/vcf/variants/variants.vcf.gz"


def inputs_of(step: Step, **changes: Any) -> list[str]:
    run = run_input(exome_input(**changes))
    settings = run.tools[step]
    return [str(uri) for uri in settings.tool.definition.inputs(run, settings.reference_of(run))]


def test_step_inputs_of_bwa_are_reads_reference_and_index() -> None:
    index = [FASTA + suffix for suffix in (".fai", ".amb", ".ann", ".bwt", ".pac", ".sa")]

    assert inputs_of(Step.ALIGN) == [*READS, FASTA, *index]


def test_step_inputs_of_lanes_are_all_their_reads() -> None:
    second = [uri.replace("NA12878", "L2") for uri in READS]

    found = inputs_of(
        Step.ALIGN, fastq1S3Path=[READS[0], second[0]], fastq2S3Path=[READS[1], second[1]]
    )

    assert found[:4] == [*READS, *second]


def test_step_inputs_of_isaac_are_reads_and_the_whole_reference_folder() -> None:
    folder = f"s3://{SOURCE_BUCKET}/reference/isaac/"

    assert inputs_of(Step.ALIGN, bwa=None, isaac={}) == [*READS, folder]


@pytest.mark.parametrize("tools", [{}, {"bcftools": None, "strelka": {}}])
def test_step_inputs_of_a_caller_are_alignments_and_reference(tools: dict[str, Any]) -> None:
    expected = [BAM, f"{BAM}.bai", FASTA, f"{FASTA}.fai"]

    assert inputs_of(Step.CALL_VARIANTS, **tools) == expected


def test_step_inputs_of_a_caller_are_targets_too() -> None:
    bed = "s3://reads/capture.bed"

    assert inputs_of(Step.CALL_VARIANTS, targetRegionsS3Path=bed)[-1] == bed


def test_step_inputs_of_statistics_are_alignments_and_reference() -> None:
    assert inputs_of(Step.ALIGNMENT_STATS) == [BAM, FASTA]


def test_step_inputs_of_metrics_are_alignments_reference_and_targets() -> None:
    bed = "s3://reads/capture.bed"
    given = [BAM, f"{BAM}.bai", FASTA, f"{FASTA}.fai"]

    assert inputs_of(Step.TARGET_METRICS) == given
    assert inputs_of(Step.TARGET_METRICS, targetRegionsS3Path=bed) == [*given, bed]


def test_step_inputs_of_annotation_are_variants_reference_and_genes() -> None:
    assert inputs_of(Step.ANNOTATE) == [VCF, FASTA, GENES]


def test_step_inputs_of_annotation_by_a_named_database_are_the_variants() -> None:
    found = inputs_of(Step.ANNOTATE, annotationS3Path=None, snpEff={"cmdArgs": " -t hg38 "})

    assert found == [VCF]
