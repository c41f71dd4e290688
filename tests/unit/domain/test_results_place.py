"""A result overwrites nothing that its run reads, and lies in no folder that runs read."""

from typing import Any

import pytest

from seqstack.domain.checked_input import CheckedInput
from tests.support.builders import RESULTS_BUCKET, exome_input

OWN = f"s3://{RESULTS_BUCKET}"


def problems(**changes: Any) -> list[str]:
    found = CheckedInput.of(exome_input(**changes), RESULTS_BUCKET).problems
    assert {problem.path for problem in found} <= {"$.resultsS3Path"}
    return [str(problem) for problem in found]


@pytest.mark.parametrize(
    "folder",
    [
        "inputs",
        "inputs/",
        "inputs//",
        "/inputs",
        "//inputs/smoke",
        "inputs/results/deep/",
    ],
)
def test_results_below_the_stacks_inputs_are_refused(folder: str) -> None:
    (problem,) = problems(resultsS3Path=f"{OWN}/{folder}")

    assert "inputs/ of the results bucket is for inputs" in problem
    assert f"choose another folder, such as {OWN}/results" in problem


def test_sample_whose_folder_would_be_inputs_is_refused() -> None:
    # "s3://bucket//" is the bucket itself but for an empty part
    (problem,) = problems(resultsS3Path=f"{OWN}//", sampleId="inputs")

    assert "inputs/ of the results bucket" in problem


@pytest.mark.parametrize(
    "folder", ["Inputs", "INPUTS/x", "inputs-2", "inputs.old/", "results/inputs", "my/inputs/"]
)
def test_results_in_a_folder_that_only_looks_like_inputs_are_taken(folder: str) -> None:
    assert problems(resultsS3Path=f"{OWN}/{folder}") == []


@pytest.mark.parametrize("folder", ["results/../inputs", "./inputs", "inputs/."])
def test_results_path_with_dots_is_refused_as_a_path(folder: str) -> None:
    (problem,) = problems(resultsS3Path=f"{OWN}/{folder}")

    assert "has '.' or '..' as a part of its key" in problem


# What a run reads, from within its own folder, s3://…/results/NA12878/
WITHIN = {
    "fastq1S3Path": f"{OWN}/results/NA12878/reads_1.fq.gz",
    "fastq2S3Path": f"{OWN}/results//NA12878/fastq/reads_2.fq.gz",
    "referenceS3Path": f"{OWN}/results/NA12878/genome.fa",
    "annotationS3Path": f"{OWN}/results/NA12878/vcf/annotated/genes.gff3",
}


@pytest.mark.parametrize("results", [f"{OWN}/results", f"{OWN}//results//", None])
@pytest.mark.parametrize("path", WITHIN)
def test_input_in_the_runs_own_folder_is_refused(path: str, results: str | None) -> None:
    (problem,) = problems(resultsS3Path=results, **{path: WITHIN[path]})

    assert f"the run reads {WITHIN[path]} ($.{path})" in problem
    assert "choose another folder, or move the input out of this one" in problem


def test_input_that_a_result_would_overwrite_is_refused() -> None:
    lanes = [f"s3://reads/{n}.fq.gz" for n in "ab"]
    overwritten = f"{OWN}/results/NA12878/stats/bam_stats.dat"

    (problem,) = problems(
        fastq1S3Path=[lanes[0], overwritten], fastq2S3Path=[lanes[1], "s3://reads/c.fq.gz"]
    )

    assert f"the run reads {overwritten} ($.fastq1S3Path)" in problem


@pytest.mark.parametrize(
    ("reference", "results", "taken"),
    [
        ("ref/isaac/", "ref/isaac", False),  # results among what the run reads
        ("ref/isaac", "ref/isaac/deep", False),
        ("results/NA12878/isaac", "results", False),  # and it among them
        ("results/NA12878", "results", False),
        ("ref/isaac", "ref", True),
        ("ref/isaac", "ref/isaac2", True),
    ],
)
def test_folder_that_is_read_whole_and_results_lie_apart(
    reference: str, results: str, taken: bool
) -> None:
    found = problems(
        bwa=None, isaac={"referenceS3Path": f"{OWN}/{reference}"}, resultsS3Path=f"{OWN}/{results}"
    )

    assert (found == []) is taken


def test_results_among_isaacs_reference_beside_the_fasta_are_refused() -> None:
    # the original keeps it in isaac/ beside the FASTA when the input does not say where
    reference = f"{OWN}/ref/genome.fa"

    (problem,) = problems(
        bwa=None, isaac={}, referenceS3Path=reference, resultsS3Path=f"{OWN}/ref/isaac/out"
    )

    assert f"the run reads {OWN}/ref/isaac/ ($.isaac.referenceS3Path)" in problem


@pytest.mark.parametrize(
    ("fastq", "results"),
    [
        ("results/NA12878-2/r_1.fq.gz", "results"),  # another sample's
        ("results/na12878/r_1.fq.gz", "results"),  # S3's keys are case-sensitive
        ("fastq/r_1.fq.gz", "fastq"),  # results lie in fastq/NA12878/
        ("fastq/r_1.fq.gz", "fastq/r_1.fq.gz"),  # a folder of an object's name
    ],
)
def test_input_beside_the_runs_own_folder_is_taken(fastq: str, results: str) -> None:
    assert problems(fastq1S3Path=f"{OWN}/{fastq}", resultsS3Path=f"{OWN}/{results}") == []


def test_every_input_in_the_runs_folder_is_named_once() -> None:
    more = f"{OWN}/results/NA12878/more.fq.gz"
    lanes = {
        "fastq1S3Path": [WITHIN["fastq1S3Path"], more],
        "fastq2S3Path": [WITHIN["fastq2S3Path"], "s3://reads/2.fq.gz"],
    }

    found = problems(**{**WITHIN, **lanes})

    assert [path for path in WITHIN for each in found if f"($.{path})" in each] == list(WITHIN)
    assert len(found) == len(WITHIN)
