"""bcftools calls an indel also where the reads are a pile that exceeds its greatest depth."""

import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pysam
import pytest

from bcftools.commands import MAX_DEPTH, build_call_chain

READ, PILE, AT, DELETED = 150, 300, 400, 4
# As of molecules that were amplified by a primer: most begin at one place, and others behind it.
STARTS = [PILE] * 1500 + [start for start in range(PILE + 1, AT - 10) for _ in range(20)]


def reads(reference: str, header: pysam.AlignmentHeader) -> Iterator[pysam.AlignedSegment]:
    """Every second read lacks the bases behind `AT`, counted from 1."""
    for number, start in enumerate(STARTS):
        read = pysam.AlignedSegment(header)
        read.query_name, read.reference_id, read.reference_start = f"r{number}", 0, start
        read.flag, read.mapping_quality = 16 if number % 4 > 1 else 0, 60
        before = AT - start
        if number % 2:
            after = AT + DELETED
            read.query_sequence = reference[start:AT] + reference[after : after + READ - before]
            read.cigarstring = f"{before}M{DELETED}D{READ - before}M"
        else:
            read.query_sequence = reference[start : start + READ]
            read.cigarstring = f"{READ}M"
        read.query_qualities = pysam.qualitystring_to_array("I" * READ)
        yield read


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A BAM with a heterozygous deletion, its FASTA, and what a window needs."""
    reference = "".join(random.Random(7).choices("ACGT", k=1000))
    (tmp_path / "ref.fa").write_text(f">chr1\n{reference}\n")
    header = pysam.AlignmentHeader.from_dict(
        {"HD": {"SO": "coordinate"}, "SQ": [{"SN": "chr1", "LN": len(reference)}]}
    )
    with pysam.AlignmentFile(str(tmp_path / "s.bam"), "wb", header=header) as bam:
        for read in reads(reference, header):
            bam.write(read)
    pysam.index(str(tmp_path / "s.bam"))
    (tmp_path / "rg.txt").write_text("*\ts.bam\tS1\n")
    (tmp_path / "w.bed").write_text(f"chr1\t0\t{len(reference)}\n")
    return tmp_path


def indels(folder: Path, *cmd_args: str) -> list[tuple[int, int, tuple[int | None, ...]]]:
    """Place, lost bases and genotype of the indels in a window's gVCF."""
    mpileup, cut, call = build_call_chain(
        bam=Path("s.bam"),
        fasta=Path("ref.fa"),
        read_groups=Path("rg.txt"),
        bed=Path("w.bed"),
        seen_bed=Path("w.bed"),
        gvcf=Path("w.g.vcf.gz"),
        cmd_args=cmd_args,
    )
    piled = subprocess.run(mpileup, cwd=folder, capture_output=True, check=True).stdout
    kept = subprocess.run(cut, cwd=folder, input=piled, capture_output=True, check=True).stdout
    subprocess.run(call, cwd=folder, input=kept, check=True)
    with pysam.VariantFile(str(folder / "w.g.vcf.gz")) as records:
        return [
            (each.pos, len(str(each.ref)) - len(each.alts[0]), each.samples[0]["GT"])
            for each in records
            if "INDEL" in each.info and each.alts
        ]


@pytest.mark.parametrize("given", [(), ("--max-depth", "8000")])
def test_indel_in_a_deep_pile_of_reads_is_called(folder: Path, given: tuple[str, ...]) -> None:
    assert len(STARTS) > int(MAX_DEPTH)

    ((position, lost, genotype),) = indels(folder, *given)

    assert abs(position - AT) <= DELETED
    assert (lost, genotype) == (DELETED, (0, 1))
