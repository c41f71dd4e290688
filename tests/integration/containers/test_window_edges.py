"""Variants at the edges of windows and targets are called as within them."""

import random
import subprocess
from pathlib import Path
from typing import Any

import pysam
import pytest

from tests.integration.containers import arguments, people
from tests.integration.containers.conftest import BUCKET, Entry, declare_whole
from tests.integration.containers.simulated import Variant, make_genome

EDGE = 200_000
"""Of the two windows of each contig."""
REACH = 1_500
"""Reads are this near to it only."""
REPEAT = 8
CLUSTERS = {
    "chr1": (-9, "GAAAAAAAAC", "GAAAAAAAT", True),
    "chr2": (10, "CCAGAGACTTTTTCTG", "CCTT", True),
    "chr3": (5, "CCGGACCGAGGGGCG", "CCT", False),
    "chr4": (-2, "ATCAGACTATCTCG", "AC", True),
}
"""Of each contig: bases from the edge to an indel with an SNV behind it, REF, ALT, homozygous."""

type Call = tuple[str, int, str, tuple[str, ...], tuple[int | None, ...]]


def make_contigs() -> tuple[dict[str, str], list[Variant]]:
    """Contigs with variants at the edge."""
    genome = make_genome(random.Random(11), dict.fromkeys(CLUSTERS, 2 * EDGE))
    planted = []
    for contig, (shift, ref, alt, is_hom) in CLUSTERS.items():
        start = EDGE + shift
        genome[contig] = genome[contig][:start] + ref + genome[contig][start + len(ref) :]
        planted.append(Variant(contig, start + 1, ref, alt, is_hom))
    return genome, planted


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The genome, and a BAM of the reads near the edges."""
    folder = tmp_path_factory.mktemp("edges")
    genome, planted = make_contigs()
    fasta = folder / "genome.fa"
    fasta.write_text("".join(f">{name}\n{text}\n" for name, text in genome.items()))
    for command in (["samtools", "faidx"], ["bwa", "index"]):
        subprocess.run([*command, str(fasta)], check=True, capture_output=True)
    start = EDGE - REACH
    near = {name: text[start : EDGE + REACH] for name, text in genome.items()}
    own = [Variant(v.contig, v.position - start, v.ref, v.alt, v.is_hom) for v in planted]
    people.make_bam(folder, "S1", people.make_reads(folder, near, "S1", own))
    return folder


def calls(vcf: Path) -> list[Call]:
    with pysam.VariantFile(str(vcf)) as records:
        return [
            (each.chrom, each.pos, str(each.ref), each.alts or (), each.samples[0]["GT"])
            for each in records
        ]


def gaps_and_overlaps(gvcf: Path) -> list[tuple[str, int]]:
    """Records of the gVCF near the edge that do not begin where those before them end."""
    wrong, reach, last = [], 0, ""
    with pysam.VariantFile(str(gvcf)) as records:
        for each in records:
            if each.chrom == last and abs(each.start - EDGE) < REACH // 2 and each.start != reach:
                wrong.append((each.chrom, each.pos))
            reach, last = (max(reach, each.stop) if each.chrom == last else each.stop), each.chrom
    return wrong


@pytest.mark.parametrize("tool", ["bcftools", "freebayes"])
def test_calls_at_edges_are_those_of_whole_contigs(
    entry: Entry, s3: Any, folder: Path, tmp_path: Path, tool: str
) -> None:
    root = f"edges/{tool}"
    staged = out = f"s3://{BUCKET}/{root}"
    for name in ("genome.fa", "genome.fa.fai"):
        s3.upload_file(str(folder / name), BUCKET, f"{root}/{name}")
    for suffix in ("", ".bai"):
        s3.upload_file(str(folder / f"S1.bam{suffix}"), BUCKET, f"{root}/bam/sorted.bam{suffix}")
    declare_whole(s3, out, "align", "bam/sorted.bam", "bam/sorted.bam.bai")
    targets = "".join(f"{contig}\t{EDGE}\t{EDGE + 500}\n" for contig in CLUSTERS)
    s3.put_object(Bucket=BUCKET, Key=f"{root}/targets.bed", Body=targets.encode())
    genome, _ = make_contigs()
    whole = calls(people.call(folder, "S1", folder / "S1.bam", tool, genome).variants)

    def called(*options: str) -> list[Call]:
        ended = entry.run(tool, *arguments.caller(staged, out, *options))
        assert ended.code == 0, ended.log
        for name in ("variants.vcf.gz", "genome.vcf.gz"):
            s3.download_file(BUCKET, f"{root}/vcf/variants/{name}", str(tmp_path / name))
        return calls(tmp_path / "variants.vcf.gz")

    assert called() == whole
    wrong = gaps_and_overlaps(tmp_path / "genome.vcf.gz")
    targeted = called(f"--targets_s3_path={staged}/targets.bed", "--target_padding=0")

    snvs = {("chr1", EDGE + 1, "C", ("T",)), ("chr4", EDGE + 12, "G", ("C",))}
    if tool == "bcftools":
        assert {each[:4] for each in whole} >= snvs
        assert targeted == [each for each in whole if each[1] > EDGE]
    else:
        assert not wrong
        # the haplotype begins where the region does
        assert ("chr1", EDGE + 1, "C", ("T",)) in {each[:4] for each in targeted}
