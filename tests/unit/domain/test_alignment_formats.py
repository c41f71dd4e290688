"""BAM and CRAM in a run's input, and CRAM as its result."""

from typing import Any

import pytest

from seqstack.domain.plan import StepPlan, plan_steps
from seqstack.domain.words import Step
from tests.support.builders import exome_input, run_input, stack_defaults
from tests.unit.domain.test_checked_input import paths
from tests.unit.domain.test_plan import DEFINITIONS, option

READS = "s3://amzn-s3-demo-source-bucket/reads"


def alignment_input(**changes: Any) -> dict[str, Any]:
    return exome_input(
        **{"fastq1S3Path": None, "fastq2S3Path": None, "readsS3Path": f"{READS}.cram", **changes}
    )


def plans(document: dict[str, Any]) -> dict[str, StepPlan]:
    made = plan_steps(run_input(document), stack_defaults(), DEFINITIONS, {})
    return {plan.step: plan for plan in made}


def test_input_of_bam_files_needs_no_fastq() -> None:
    reads = [f"{READS}.bam", f"{READS}2.bam"]
    align = plans(alignment_input(readsS3Path=reads))[Step.ALIGN]

    start = align.command.index("--reads_s3_path") + 1
    assert list(align.command[start : start + 2]) == reads
    assert "--fastq1_s3_path" not in align.command
    assert {str(uri) for uri in align.inputs} >= set(reads)


def test_input_of_cram_made_with_another_fasta_gives_it_to_the_aligner() -> None:
    align = plans(alignment_input(readsReferenceS3Path=f"{READS}.fa"))[Step.ALIGN]

    assert option(align, "--reads_reference_s3_path") == f"{READS}.fa"
    assert {f"{READS}.fa", f"{READS}.fa.fai"} <= {str(uri) for uri in align.inputs}


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"fastq1S3Path": f"{READS}_1.fq"}, ["$.fastq1S3Path"]),
        ({"isaac": {}, "bwa": None}, ["$.readsS3Path"]),
        ({"readsS3Path": []}, ["$.readsS3Path"]),
        ({"readsS3Path": None}, ["$.fastq1S3Path", "$.fastq2S3Path"]),
        ({"alignmentFormat": "sam"}, ["$.alignmentFormat"]),
        (
            {"alignmentFormat": "cram", "bwa": None, "minimap2": {"cmdArgs": "--eqx"}},
            ["$.minimap2.cmdArgs"],
        ),
    ],
)
def test_input_that_contradicts_itself_is_refused(
    changes: dict[str, Any], wrong: list[str]
) -> None:
    assert set(paths(alignment_input(**changes))) >= set(wrong)


def test_input_of_cram_as_result_is_refused_with_isaac() -> None:
    assert "$.alignmentFormat" in paths(exome_input(isaac={}, alignmentFormat="cram"))


@pytest.mark.parametrize("kind", ["bam", "cram"])
def test_input_with_an_alignment_format_gets_that_beside_the_bam(kind: str) -> None:
    align = plans(exome_input(alignmentFormat=kind))[Step.ALIGN]

    names = [uri.name for uri in align.outputs]
    extra = ["sorted.cram", "sorted.cram.crai"] if kind == "cram" else []
    assert names == ["sorted.bam", "sorted.bam.bai", "sorted.bam.md5", *extra, "align.json"]
    assert ("--alignment_format" in align.command) == (kind == "cram")
