"""A sample of this machine: what is refused before anything is deployed."""

from dataclasses import replace
from pathlib import Path

import pytest

from emulator.local_sample import LocalSample, LocalSampleError, check_sample
from seqstack.tools.registry import Tool
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS


def test_check_a_sound_sample_passes(sample: LocalSample) -> None:
    check_sample(sample)


def test_check_the_same_file_twice_is_refused(sample: LocalSample) -> None:
    twice = replace(sample, fastq1=sample.fastq1[:1], fastq2=sample.fastq1[:1])

    with pytest.raises(LocalSampleError, match=r"R1\.fq: given more than once"):
        check_sample(twice)


def test_check_unpaired_lanes_are_refused(sample: LocalSample) -> None:
    with pytest.raises(LocalSampleError, match="2 --fastq1 and 1 --fastq2"):
        check_sample(replace(sample, fastq2=sample.fastq2[:1]))


def test_check_annotation_and_database_together_are_refused(sample: LocalSample) -> None:
    with pytest.raises(LocalSampleError, match="both --annotation and --database"):
        check_sample(replace(sample, database="hg38"))


def test_check_a_folder_for_a_file_is_reported(sample: LocalSample, tmp_path: Path) -> None:
    with pytest.raises(LocalSampleError, match="is a folder"):
        check_sample(replace(sample, reference=tmp_path))


def test_check_gate_that_can_not_be_measured_or_met_is_refused(
    sample: LocalSample, tmp_path: Path
) -> None:
    gated = replace(sample, qc_gates={"fold80": {"max": 3}, "coverage": {"min": 30}})

    with pytest.raises(LocalSampleError) as refused:
        check_sample(gated)

    assert "--gate.fold80: needs targets: give targetRegionsS3Path" in str(refused.value)
    assert "--gate.coverage: is not a metric; there are: reads" in str(refused.value)
    (targets := tmp_path / "targets.bed").write_text("chr1\t1\t9\n")
    check_sample(replace(sample, targets=targets, qc_gates={"fold80": {"max": 3}}))


def test_tools_of_a_sample_fill_every_step(sample: LocalSample) -> None:
    assert [tool.step for tool in sample.tools] == list(SECONDARY_ANALYSIS.step_names)
    assert sample.tools[:2] == (Tool.BWA, Tool.BCFTOOLS)


def test_check_reads_that_do_not_pair_are_refused_by_their_own_names(sample: LocalSample) -> None:
    crossed = replace(sample, fastq2=sample.fastq2[::-1])

    with pytest.raises(LocalSampleError) as refused:
        check_sample(crossed)

    assert str(sample.fastq2[0]) in str(refused.value)
    assert "s3://" not in str(refused.value)


def test_check_a_text_for_a_bam_file_is_refused(sample: LocalSample, tmp_path: Path) -> None:
    text = tmp_path / "reads.bam"
    text.write_text("no BAM at all\n")

    with pytest.raises(LocalSampleError, match=f"^{text} is no BAM or CRAM"):
        check_sample(replace(sample, fastq1=(), fastq2=(), reads=(text,)))
