"""Each container's arguments, against the original entry points' options."""

import argparse
from typing import Any

import pytest

from seqstack.domain.commands import container_arguments
from seqstack.domain.words import Step
from seqstack.tools.registry import Tool
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS
from tests.support.builders import exome_input, original_input, run_input

RESULTS = "s3://amzn-s3-demo-destination-bucket/results/NA12878"
SOURCE = "s3://amzn-s3-demo-source-bucket"
# The original workflow's options: required, optional.
ORIGINAL_OPTIONS = {
    Tool.ISAAC: (
        {"bam_s3_folder_path", "fastq1_s3_path", "fastq2_s3_path", "reference_s3_path"},
        {"cmd_args", "memory"},
    ),
    Tool.STRELKA: (
        {"bam_s3_path", "bai_s3_path", "reference_s3_path", "reference_index_s3_path",
         "vcf_s3_path"},
        {"cmd_args", "memory"},
    ),
    Tool.SAMTOOLS_STATS: (
        {"bam_s3_path", "reference_s3_path", "bam_stats_s3_path"},
        {"cmd_args"},
    ),
    Tool.PICARD: (
        {"bam_s3_path", "bai_s3_path", "reference_s3_path", "reference_index_s3_path",
         "qc_s3_path"},
        {"cmd_args", "targets_s3_path", "sites_s3_path"},
    ),
    Tool.SNPEFF: ({"vcf_s3_path", "annotated_vcf_s3_path"}, {"cmd_args"}),
    Tool.MULTIQC: (
        {"bam_stats_s3_path", "vcf_s3_path", "annotation_statistics_s3_path", "report_s3_path"},
        {"cmd_args", "coverage_metrics_s3_path", "insert_sizes_s3_path",
         "chromosome_depth_s3_path", "said_sex"},
    ),
}  # fmt: skip
ORIGINAL_OPTIONS[Tool.BWA] = ORIGINAL_OPTIONS[Tool.ISAAC]
ORIGINAL_OPTIONS[Tool.MINIMAP2] = ORIGINAL_OPTIONS[Tool.ISAAC]
ORIGINAL_OPTIONS[Tool.BCFTOOLS] = ORIGINAL_OPTIONS[Tool.STRELKA]
ORIGINAL_OPTIONS[Tool.FREEBAYES] = ORIGINAL_OPTIONS[Tool.STRELKA]
CMD_ARGS = {
    Tool.ISAAC: "--seed-length '16'",
    Tool.BWA: "-k '25'",
    Tool.MINIMAP2: "-A '4'",
    Tool.STRELKA: "--region 'chr1'",
    Tool.BCFTOOLS: "-q '20'",
    Tool.FREEBAYES: "-m '20'",
    Tool.SAMTOOLS_STATS: "-i '900'",
    Tool.PICARD: "--COVERAGE_CAP '500'",
    Tool.SNPEFF: "-ud '5000'",
    Tool.MULTIQC: "--title 'Exomes'",
}
EVERY_TOOL = {"sample_id", "provenance_s3_path", "threads", "memory", "working_dir"}
GENES = {"reference_s3_path", "annotation_s3_path"}


def arguments(document: dict[str, Any], step: Step) -> dict[str, Any]:
    """The arguments as argparse reads them: FASTQ paths as lists, all else as text."""
    run = run_input(document)
    words = container_arguments(run, step, run.tools[step], vcpus=8, memory_gib=14)
    assert all(isinstance(word, str) for word in words)
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in {word[2:].partition("=")[0] for word in words if word.startswith("--")}:
        parser.add_argument(f"--{name}", nargs="+" if name.startswith("fastq") else None)
    return vars(parser.parse_args(words))


def document_of(tool: Tool) -> dict[str, Any]:
    return exome_input(**{"bwa": None, "bcftools": None, tool: {"cmdArgs": f" {CMD_ARGS[tool]} "}})


@pytest.mark.parametrize("tool", SECONDARY_ANALYSIS.tools)
def test_arguments_have_the_originals_options_and_ours(tool: Tool) -> None:
    required, optional = ORIGINAL_OPTIONS[tool]
    given = set(arguments(document_of(tool), tool.step))

    assert required | EVERY_TOOL <= given
    assert given <= required | optional | EVERY_TOOL | (GENES if tool is Tool.SNPEFF else set())


@pytest.mark.parametrize("tool", SECONDARY_ANALYSIS.tools)
def test_arguments_of_every_tool_say_sample_resources_and_provenance(tool: Tool) -> None:
    given = arguments(document_of(tool), tool.step)

    assert {name: given[name] for name in EVERY_TOOL} == {
        "sample_id": "NA12878",
        "provenance_s3_path": f"{RESULTS}/provenance/{tool.step}.json",
        "threads": "8",
        "memory": "14",
        "working_dir": "/scratch",
    }
    assert given["cmd_args"] == CMD_ARGS[tool]


def test_arguments_of_bwa_name_reads_reference_and_bam_folder() -> None:
    given = arguments(exome_input(), Step.ALIGN)

    assert given["bam_s3_folder_path"] == f"{RESULTS}/bam/"
    assert given["fastq1_s3_path"] == [f"{SOURCE}/fastq/NA12878_1.fastq.gz"]
    assert given["fastq2_s3_path"] == [f"{SOURCE}/fastq/NA12878_2.fastq.gz"]
    assert given["reference_s3_path"] == f"{SOURCE}/reference/genome.fa"


def test_arguments_of_several_lanes_keep_their_order() -> None:
    reads1, reads2 = ([f"s3://reads/L{lane}_R{read}.fq" for lane in (3, 1, 2)] for read in (1, 2))
    given = arguments(exome_input(fastq1S3Path=reads1, fastq2S3Path=reads2), Step.ALIGN)

    assert (given["fastq1_s3_path"], given["fastq2_s3_path"]) == (reads1, reads2)


def test_arguments_of_isaac_name_its_own_reference_folder() -> None:
    given = arguments(original_input(), Step.ALIGN)

    assert given["reference_s3_path"] == "s3://aws-batch-genomics-resources/reference/isaac/"


@pytest.mark.parametrize("tool", [Tool.STRELKA, Tool.BCFTOOLS])
def test_arguments_of_a_caller_name_bam_reference_and_vcf_folder(tool: Tool) -> None:
    given = arguments(document_of(tool), Step.CALL_VARIANTS)

    assert given["bam_s3_path"] == f"{RESULTS}/bam/sorted.bam"
    assert given["bai_s3_path"] == f"{RESULTS}/bam/sorted.bam.bai"
    assert given["reference_s3_path"] == f"{SOURCE}/reference/genome.fa"
    assert given["reference_index_s3_path"] == f"{SOURCE}/reference/genome.fa.fai"
    assert given["vcf_s3_path"] == f"{RESULTS}/vcf/"


def test_arguments_of_strelka_pass_the_originals_exome_switch() -> None:
    assert arguments(original_input(), Step.CALL_VARIANTS)["cmd_args"] == "--exome"


@pytest.mark.parametrize("sequencing", ["exome", "genome"])
def test_arguments_of_strelka_alone_say_what_the_reads_are_of(sequencing: str) -> None:
    strelka = exome_input(bcftools=None, strelka={}, sequencing=sequencing)

    assert arguments(strelka, Step.CALL_VARIANTS)["sequencing"] == sequencing
    assert "sequencing" not in arguments(
        exome_input(sequencing=sequencing), Step.CALL_VARIANTS
    )  # bcftools takes both alike


@pytest.mark.parametrize("caller", ["bcftools", "freebayes", "strelka"])
def test_arguments_of_a_caller_name_targets_unless_a_genome_was_sequenced(caller: str) -> None:
    bed = f"{SOURCE}/capture.bed"
    document = exome_input(**{"bcftools": None, caller: {}, "targetRegionsS3Path": bed})

    given = arguments(document, Step.CALL_VARIANTS)
    wider = arguments(document | {"targetPadding": 7}, Step.CALL_VARIANTS)
    genome = arguments(document | {"sequencing": "genome"}, Step.CALL_VARIANTS)

    assert (given["targets_s3_path"], given["target_padding"]) == (bed, "100")
    assert wider["target_padding"] == "7"
    assert "targets_s3_path" not in genome


def test_arguments_of_samtools_stats_name_bam_reference_and_statistics() -> None:
    given = arguments(exome_input(), Step.ALIGNMENT_STATS)

    assert given["bam_s3_path"] == f"{RESULTS}/bam/sorted.bam"
    assert given["reference_s3_path"] == f"{SOURCE}/reference/genome.fa"
    assert given["bam_stats_s3_path"] == f"{RESULTS}/stats/bam_stats.dat"


def test_arguments_of_snpeff_with_genes_build_from_reference_and_genes() -> None:
    given = arguments(exome_input(), Step.ANNOTATE)

    assert given["vcf_s3_path"] == f"{RESULTS}/vcf/variants/variants.vcf.gz"
    assert given["annotated_vcf_s3_path"] == f"{RESULTS}/vcf/annotated/variants.ann.vcf.gz"
    assert given["reference_s3_path"] == f"{SOURCE}/reference/genome.fa"
    assert given["annotation_s3_path"] == f"{SOURCE}/reference/genes.gff3.gz"


def test_arguments_of_snpeff_with_a_database_name_no_genes() -> None:
    given = arguments(original_input(), Step.ANNOTATE)

    assert given["cmd_args"] == "-t hg38"
    assert not GENES & set(given)


def test_arguments_of_picard_name_sites_and_it_writes_a_fingerprint_at_them() -> None:
    document = exome_input(sitesS3Path=f"{SOURCE}/common.vcf.gz")
    run = run_input(document)
    step = SECONDARY_ANALYSIS.step(Step.TARGET_METRICS)
    written = [str(uri) for uri in step.outputs_in(run.layout, Tool.PICARD, run)]
    usual = [str(uri) for uri in step.outputs_in(run.layout, Tool.PICARD, run_input(exome_input()))]

    assert arguments(document, Step.TARGET_METRICS)["sites_s3_path"] == f"{SOURCE}/common.vcf.gz"
    assert {*written} - {*usual} == {
        f"{RESULTS}/qc/fingerprint.vcf.gz",
        f"{RESULTS}/qc/fingerprint.vcf.gz.tbi",
    }


@pytest.mark.parametrize(
    ("tag", "said"), [("XY", "male"), ("female", "female"), ("NA", None), ("unknown to us", None)]
)
def test_arguments_of_multiqc_say_the_sex_that_the_tag_says(tag: str, said: str | None) -> None:
    given = arguments(exome_input(tags={"sex": tag}), Step.AGGREGATE_QC)

    assert given.get("said_sex") == said


def test_arguments_without_cmd_args_leave_the_option_out() -> None:
    assert "cmd_args" not in arguments(exome_input(bwa={"cmdArgs": "  "}), Step.ALIGN)
