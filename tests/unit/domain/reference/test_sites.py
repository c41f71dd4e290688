"""Sites of common variants fit the FASTA, or are refused by their line."""

import pytest

from seqstack.domain.reference.contigs import Contig
from seqstack.domain.reference.sites import Site, read_sites, sites_as_bed, sites_as_vcf

CONTIGS = [Contig("chr2", 6), Contig("chr1", 4)]
BASES = ["ACGTAC", "TTTN"]


def read(*rows: str) -> tuple[tuple[Site, ...], list[str]]:
    lines = [f"{row}\n".replace(" ", "\t").encode() for row in rows]
    found = read_sites(lines, CONTIGS, lambda contig, place: BASES[contig][place])
    return found.sites, found.problems


def test_sites_are_sorted_as_the_fasta_and_keep_their_ids() -> None:
    sites, problems = read(
        "##fileformat=VCFv4.2", "#CHROM POS", "chr1 2 rs7 T A 9 PASS AF=0.5",
        "chr2 6 a;b C T", "chr2 1 . a g",
    )  # fmt: skip

    assert problems == []
    assert sites == (
        Site(0, 0, "A", "G", "."),
        Site(0, 5, "C", "T", "."),
        Site(1, 1, "T", "A", "rs7"),
    )
    assert list(sites_as_bed(sites, CONTIGS)) == ["chr2\t0\t1\n", "chr2\t5\t6\n", "chr1\t1\t2\n"]
    assert list(sites_as_vcf(sites, CONTIGS))[1:] == [
        "##contig=<ID=chr2,length=6>\n",
        "##contig=<ID=chr1,length=4>\n",
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n",
        "chr2\t1\t.\tA\tG\t.\t.\t.\n",
        "chr2\t6\t.\tC\tT\t.\t.\t.\n",
        "chr1\t2\trs7\tT\tA\t.\t.\t.\n",
    ]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("chr1 1 . T", "line 1: it has fewer than five columns: give a VCF"),
        ("1 1 . T A", "line 1: the FASTA has no contig '1': give the sites of this assembly"),
        ("chr1 5 . T A", "line 1: '5' is no place on chr1, which has 4 bases"),
        ("chr1 0 . T A", "line 1: '0' is no place on chr1"),
        ("chr1 x . T A", "line 1: 'x' is no place on chr1"),
        (
            "chr1 1 . G A",
            "line 1: REF is G, and the FASTA has T there: the sites belong to",
        ),
        ("chr1 4 . A C", "line 1: REF is A, and the FASTA has N there"),
        ("chr1 1 . T A,C", "line 1: T to 'A,C' is not a biallelic SNV: select them by `bcftools"),
        ("chr1 1 . TT T", "line 1: TT to 'T' is not a biallelic SNV"),
        ("chr1 1 . T .", "line 1: T to '.' is not a biallelic SNV"),
        ("chr1 1 . T T", "line 1: T to 'T' is not a biallelic SNV"),
        ("#only a header", "it has no variants: give a VCF of common biallelic SNVs"),
    ],
)
def test_site_that_does_not_fit_is_refused(row: str, said: str) -> None:
    _, (problem,) = read(row)

    assert problem.startswith(said)


def test_place_that_is_given_twice_is_refused() -> None:
    _, problems = read("chr1 1 . T A", "chr1 1 . T C")

    assert [each.partition(":")[0] for each in problems] == ["line 2"]
