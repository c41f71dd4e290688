"""A sample of this machine: what is refused before anything runs, and what is uploaded."""

import gzip
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from emulator.local_sample import LocalSample, LocalSampleError, check_sample, stage
from emulator.tools import MissingProgramError, indexers_of, require_programs
from seqstack.domain.sequencing import Sequencing
from seqstack.tools.registry import Tool


@dataclass
class FakeS3:
    """What was uploaded, by key."""

    objects: dict[str, bytes] = field(default_factory=dict)

    def create_bucket(self, **_: Any) -> None:
        """Every bucket is there."""

    def upload_file(self, path: str, _bucket: str, key: str) -> None:
        self.objects[key] = Path(path).read_bytes()


@pytest.fixture
def sample(tmp_path: Path) -> LocalSample:
    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    reference = write("genome.fa", ">chr1\nACGT\n")
    for suffix in (".fai", ".amb", ".ann", ".bwt", ".pac", ".sa"):
        write(f"genome.fa{suffix}", "index")
    return LocalSample(
        sample_id="s",
        fastq1=(write("L1/R1.fq", "first of 1"), write("L2/R1.fq", "first of 2")),
        fastq2=(write("L1/R2.fq", "second of 1"), write("L2/R2.fq", "second of 2")),
        reference=reference,
        annotation=write("genome.gff3", "##gff-version 3"),
    )


def test_stage_lanes_of_the_same_file_name_are_kept_apart(
    sample: LocalSample, tmp_path: Path
) -> None:
    s3, work = FakeS3(), tmp_path / "work"
    work.mkdir()

    document = stage(sample, s3, work, lambda _what: None)

    staged = [
        gzip.decompress(s3.objects[uri.split("/", 3)[3]]).decode()
        for uri in (*document["fastq1S3Path"], *document["fastq2S3Path"])
    ]
    assert staged == ["first of 1", "first of 2", "second of 1", "second of 2"]


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


def test_tools_of_a_sample_fill_every_step(sample: LocalSample) -> None:
    assert sample.tools == (Tool.BWA, Tool.BCFTOOLS, Tool.SAMTOOLS_STATS, Tool.SNPEFF)


def isaac_sort_reference(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that writes its arguments into the XML."""
    folder.mkdir()
    program = folder / "isaac-sort-reference"
    program.write_text('#!/bin/sh\necho "$@" > "$5/sorted-reference.xml"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


@pytest.mark.parametrize("name", ["genome.fa", "my genome.fa"])
def test_stage_for_isaac_makes_its_reference_and_lays_the_fasta_beside_it(
    sample: LocalSample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    isaac_sort_reference(tmp_path / "bin", monkeypatch)
    fasta = sample.reference.rename(tmp_path / name)
    (tmp_path / "genome.fa.fai").rename(tmp_path / f"{name}.fai")
    s3, work = FakeS3(), tmp_path / "work"
    work.mkdir()

    stage(replace(sample, reference=fasta, aligner=Tool.ISAAC), s3, work, lambda _what: None)

    key = name.replace(" ", "_")
    assert s3.objects[f"reference/isaac/{key}"] == s3.objects[f"reference/{key}"]
    told = s3.objects["reference/isaac/sorted-reference.xml"].decode().split()
    assert told == ["-q", "-g", f"{work}/isaac/{key}", "-o", f"{work}/isaac"]
    assert not (tmp_path / "isaac").exists()


def test_isaac_without_the_program_that_makes_its_reference_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(MissingProgramError, match=r"isaac-sort-reference.*bioconda: isaac4"):
        require_programs(indexers_of([Tool.ISAAC]))


@pytest.mark.parametrize(
    ("sequencing", "expected"),
    [(None, {}), (Sequencing.EXOME, {"sequencing": "exome"})],
)
def test_stage_says_what_the_reads_are_of(
    sample: LocalSample,
    tmp_path: Path,
    sequencing: Sequencing | None,
    expected: dict[str, str],
) -> None:
    work = tmp_path / "work"
    work.mkdir()

    document = stage(replace(sample, sequencing=sequencing), FakeS3(), work, lambda _what: None)

    assert {key: document[key] for key in document if key == "sequencing"} == expected
