"""A sample of this machine: what is refused before anything is deployed."""

import gzip
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from emulator.__main__ import app
from emulator.local_sample import LocalSample, LocalSampleError
from emulator.sample_checks import check_sample
from seqstack.domain.sequencing import Sequencing
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

    assert "--gate fold80: needs targets: give --targets, or leave this gate out" in str(
        refused.value
    )
    assert "--gate coverage: is not a metric; there are: reads" in str(refused.value)
    (targets := tmp_path / "targets.bed").write_text("chr1\t1\t9\n")
    check_sample(replace(sample, targets=targets, qc_gates={"fold80": {"max": 3}}))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"trims": True, "fastp_args": "--in1 x"}, "--fastp-args: --in1 "),
        ({"trims": True, "fastp_args": "'"}, "--fastp-args: can't be split into arguments"),
        ({"trims": True, "parts": 2}, "--parts: trimmed reads are not aligned in parts"),
        ({"aligner": Tool.ISAAC, "keeps_cram": True}, "--cram: isaac writes BAM only"),
        (
            {"target_padding": 50},
            "--target-padding: there are no targets to pad: give --targets, or",
        ),
        (
            {"target_padding": 20_000, "targets": Path("t.bed")},
            "--target-padding: 20000 is greater than the maximum of 10000",
        ),
        (
            {"database": "hg38 -dataDir x", "annotation": None},
            "--database: -dataDir",
        ),
        ({"genetic_codes": {"chrM": 99}}, "--genetic-code chrM: 99 is not one of"),
        ({"fastq1": (Path("r.fq"),) * 33}, "--fastq1: lists 33, and at most 32 are allowed"),
        ({"sample_id": "a b"}, "--sample: 'a b' is not allowed here"),
    ],
)
def test_check_options_that_the_run_would_refuse_are_refused_by_their_names(
    sample: LocalSample, changes: dict[str, Any], said: str
) -> None:
    """The run itself is started once the reference is prepared, which may take an hour."""
    with pytest.raises(LocalSampleError) as refused:
        check_sample(replace(sample, **changes))

    assert any(line.startswith(said) for line in str(refused.value).splitlines())
    assert "$." not in str(refused.value)
    assert "s3://" not in str(refused.value)


def test_check_sound_options_pass(sample: LocalSample, tmp_path: Path) -> None:
    (targets := tmp_path / "targets.bed").write_text("chr1\t1\t9\n")
    check_sample(
        replace(
            sample,
            aligner=Tool.MINIMAP2,
            targets=targets,
            target_padding=10_000,
            genetic_codes={"chrM": 2},
            left_out=("KI27*",),
            keeps_cram=True,
            trims=True,
            fastp_args="--umi --umi_loc read1 --umi_len 8",
            sequencing=Sequencing.EXOME,
            qc_gates={"adapterRate": {"max": 0.5}},
            fails_on_warnings=True,
            tags={"sex": "female"},
        )
    )
    check_sample(replace(sample, database="hg38", annotation=None, parts=4))


def test_check_gate_on_sex_is_refused_where_the_reference_has_none(sample: LocalSample) -> None:
    gated = replace(sample, qc_gates={"sex": "female"})
    sample.reference.with_name("genome.fa.fai").unlink()

    with pytest.raises(LocalSampleError) as refused:
        check_sample(gated)

    assert str(refused.value) == (
        "--gate sex: can't be measured, because the reference has no X, no Y or no autosomes by "
        "their names (chrX or X); leave this gate out"
    )


@pytest.mark.parametrize("is_packed", [True, False])
def test_check_gate_on_sex_is_refused_for_another_species(
    sample: LocalSample, tmp_path: Path, *, is_packed: bool
) -> None:
    mouse = b">chr1\nACGT\n>chrX\nACGT\n>chrY\nACGT\n"
    (fasta := tmp_path / "mouse.fa").write_bytes(gzip.compress(mouse) if is_packed else mouse)
    gated = replace(sample, reference=fasta, qc_gates={"sex": "female"})

    with pytest.raises(LocalSampleError, match="neither those of GRCh37 nor of GRCh38"):
        check_sample(gated)

    check_sample(replace(gated, qc_gates={"xDepthRatio": {"min": 0.8}}))


def test_check_gate_on_sex_takes_the_contigs_of_the_index(sample: LocalSample) -> None:
    lengths = {"chr1": 248_956_422, "chrX": 156_040_895, "chrY": 57_227_415}
    rows = (f"{name}\t{length}\t6\t60\t61\n" for name, length in lengths.items())
    sample.reference.with_name("genome.fa.fai").write_text("".join(rows))

    check_sample(replace(sample, qc_gates={"sex": "female"}))


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


def test_check_reads_that_are_cut_off_are_refused_without_a_word_of_uploads(
    sample: LocalSample,
) -> None:
    path = sample.fastq1[0]
    path.write_bytes(gzip.compress(path.read_bytes())[:-9])

    with pytest.raises(LocalSampleError) as refused:
        check_sample(sample)

    assert str(refused.value) == (
        f"{path} is a gzip file without its end; copy it here again: it was truncated"
    )


def test_run_names_no_place_for_results_before_its_files_are_checked(
    sample: LocalSample, tmp_path: Path
) -> None:
    files = ["--reference", str(sample.reference), "--fastq1", str(tmp_path / "absent.fq")]

    ran = CliRunner().invoke(
        app, ["run", "--sample", "s", *files, "--results", str(tmp_path / "results")]
    )

    assert isinstance(ran.exception, LocalSampleError)
    assert ran.output.startswith("Sample s: ")
    assert "Results go to" not in ran.output
