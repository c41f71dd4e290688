"""Trimming in a run's input: what the aligner's job is told, and what is refused."""

from typing import Any

import pytest

from seqstack.domain.checked_input import CheckedInput
from seqstack.domain.checked_run import RunContent
from seqstack.domain.plan import StepPlan, plan_steps
from seqstack.domain.words import Step
from tests.support.builders import RESULTS_BUCKET, exome_input, run_input, stack_defaults
from tests.unit.domain.test_checked_input import paths
from tests.unit.domain.test_plan import DEFINITIONS

REPORT = "qc/fastp.json"
BAM = "s3://amzn-s3-demo-source-bucket/reads.bam"
GIB = 1 << 30


def plans(**changes: Any) -> dict[str, StepPlan]:
    made = plan_steps(run_input(exome_input(**changes)), stack_defaults(), DEFINITIONS, {})
    return {plan.step: plan for plan in made}


def test_run_without_trimming_is_planned_as_ever() -> None:
    usual = plans()

    assert plans(trimReads=False) == usual
    assert not any("fastp" in word for plan in usual.values() for word in plan.command)
    assert not any("fastp" in str(uri) for plan in usual.values() for uri in plan.outputs)


@pytest.mark.parametrize(
    ("keys", "option"),
    [
        ({"trimReads": True}, "--fastp_args="),
        ({"fastp": {}}, "--fastp_args="),
        (
            {"fastp": {"cmdArgs": " --umi --umi_loc per_index "}},
            "--fastp_args=--umi --umi_loc per_index",
        ),
        ({"trimReads": True, "fastp": {"cmdArgs": "-W 5 -5"}}, "--fastp_args=-W 5 -5"),
        ({"trimReads": True, "bwa": None, "minimap2": {}}, "--fastp_args="),
    ],
)
def test_aligner_gets_fastps_options_and_multiqc_the_report(
    keys: dict[str, Any], option: str
) -> None:
    made = plans(**keys)

    assert option in made[Step.ALIGN].command
    (report,) = (uri for uri in made[Step.ALIGN].outputs if uri.key.endswith(REPORT))
    aggregate = made[Step.AGGREGATE_QC]
    at = aggregate.command.index("--trim_report_s3_path")
    assert aggregate.command[at + 1] == str(report)
    assert report in aggregate.inputs
    others = set(made) - {Step.ALIGN, Step.AGGREGATE_QC}
    usual = plans(**{key: each for key, each in keys.items() if key not in ("trimReads", "fastp")})
    assert all(made[step] == usual[step] for step in others)


def test_trimmed_genome_is_aligned_by_one_job() -> None:
    sizes = RunContent(sizes=dict.fromkeys(run_input(exome_input()).reads, 32 * GIB))

    def steps(**changes: Any) -> set[str]:
        checked = CheckedInput.of(exome_input(sequencing="genome", **changes), RESULTS_BUCKET)
        return {step.name for step in checked.as_run_input(sizes).steps}

    assert "alignPart16" in steps()
    assert "alignPart1" not in steps(trimReads=True)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"trimReads": True, "bwa": None, "isaac": {}}, "$.trimReads"),
        ({"fastp": {}, "bwa": None, "isaac": {}}, "$.fastp"),
        ({"trimReads": False, "fastp": {}}, "$.fastp"),
        ({"trimReads": True, "alignInParts": 4}, "$.alignInParts"),
        ({"trimReads": True, "alignInParts": True}, "$.alignInParts"),
        ({"trimReads": "yes"}, "$.trimReads"),
        ({"fastp": {"memory": 4}}, "$.fastp.memory"),
        (
            {"trimReads": True, "fastq1S3Path": None, "fastq2S3Path": None, "readsS3Path": BAM},
            "$.trimReads",
        ),
    ],
)
def test_trimming_that_is_not_possible_is_refused(changes: dict[str, Any], wrong: str) -> None:
    assert wrong in paths(exome_input(**changes))


@pytest.mark.parametrize(
    "words",
    [
        "-o /tmp/x",
        "--failed_out x",
        "-h report",
        "--split 4",
        "-w 8",
        "--merge",
        "--detect_adapter_for_pe",
        "--adapter_fasta x.fa",
        "--trim_front1 31",
        "-a ACGX",
        "--cut_mean_quality 0",
        "--cut_mean_quality 31",
        "-W 1001",
        "--umi",
        "--umi --umi_loc read1",
        "--umi --umi_loc index1 --umi_len 8",
        "--umi --umi_loc nowhere",
        "--umi_loc read1 --umi_len 8",
        "'",
    ],
)
def test_options_that_break_the_stream_or_that_fastp_refuses_are_refused(words: str) -> None:
    assert "$.fastp.cmdArgs" in paths(exome_input(fastp={"cmdArgs": words}))


@pytest.mark.parametrize(
    "words",
    [
        "",
        "--umi --umi_loc read1 --umi_len 8 --umi_skip 2",
        "-U --umi_loc per_index",
        "-f 5 -T 10 --cut_right -W 1000 -M 30 -q 20 -u 100 -n 0 -l 36 --length_limit 150",
        "--adapter_sequence=AGATCGGA --adapter_sequence_r2 AGATCGGA -g --poly_g_min_len 8",
    ],
)
def test_options_of_trimming_are_accepted(words: str) -> None:
    assert not paths(exome_input(fastp={"cmdArgs": words}))
