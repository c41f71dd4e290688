"""A fingerprint follows from the bases that samtools mpileup writes for each site."""

import pytest

from picard.fingerprint import Counts, count_sites, fingerprint_lines, genotype
from seqstack.domain.reference.contigs import Contig
from seqstack.domain.reference.sites import Site

CONTIGS = [Contig("chr1", 1000)]
SITE = Site(0, 99, "A", "G", "rs1")


@pytest.mark.parametrize(
    ("bases", "counts"),
    [
        ("..,,", Counts(4, 0, 0)),
        (".gG,", Counts(2, 2, 0)),
        ("^].^G.$,$", Counts(3, 0, 0)),  # `^` and a quality, which may be a base's letter
        (".+2GGg-3nnn,", Counts(2, 1, 0)),  # bases of indels are none of the site
        (".+12GGGGGGGGGGGG", Counts(1, 0, 0)),
        ("*#.<>", Counts(1, 0, 0)),  # deleted, or in an intron
        ("cT.N", Counts(1, 0, 2)),
    ],
)
def test_bases_of_a_pileup_are_counted(bases: str, counts: Counts) -> None:
    lines = [f"chr1\t100\tA\t4\t{bases}\tIIII\n", "chr1\t101\tA\t1\tG\tI\n"]

    assert count_sites(lines, [SITE], CONTIGS) == {SITE: counts}


def test_site_without_reads_has_no_counts() -> None:
    assert count_sites([], [SITE], CONTIGS) == {SITE: Counts(0, 0, 0)}


@pytest.mark.parametrize(
    ("counts", "called"),
    [
        (Counts(30, 0), "0/0"),
        (Counts(7, 0), "0/0"),  # 10 log10 (0.99^7 / 0.5^7) is 20.8
        (Counts(6, 0), "./."),
        (Counts(0, 30), "1/1"),
        (Counts(15, 15), "0/1"),
        (Counts(20, 8), "0/1"),
        (Counts(30, 2), "0/0"),
        (Counts(0, 0), "./."),
        (Counts(0, 0, 30), "./."),  # a third base
        (Counts(20, 0, 3), "./."),
        (Counts(30, 0, 1), "0/0"),
    ],
)
def test_genotype_is_the_likely_one_or_none(counts: Counts, called: str) -> None:
    assert genotype(counts)[0] == called


def test_vcf_has_every_site_with_counts() -> None:
    other = Site(0, 199, "C", "T", ".")
    lines = list(fingerprint_lines({SITE: Counts(15, 15), other: Counts()}, CONTIGS, "S 1"))

    assert lines[-3].endswith("\tFORMAT\tS 1\n")
    assert lines[-2].startswith("chr1\t100\trs1\tA\tG\t.\t.\t.\tGT:GQ:DP:AD\t0/1:")
    assert lines[-2].endswith(":30:15,15\n")
    assert lines[-1] == "chr1\t200\t.\tC\tT\t.\t.\t.\tGT:GQ:DP:AD\t./.:0:0:0,0\n"
