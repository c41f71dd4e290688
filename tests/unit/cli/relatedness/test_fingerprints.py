"""Reading a fingerprint."""

import pytest

from cli.errors import CliError
from cli.relatedness.fingerprints import LEAST_DEPTH, read_fingerprint
from tests.unit.cli.relatedness.families import fingerprint, vcf

FEW = [(0, 0), (0, 1), (1, 1), (1, 0)]


def test_each_site_has_its_bit_in_the_number_of_its_genotype() -> None:
    found = fingerprint(FEW)

    assert (found.reference, found.heterozygous, found.alternate) == (0b0001, 0b1010, 0b0100)
    assert found.known == 0b1111


def test_site_with_few_reads_has_no_genotype() -> None:
    depths = {0: LEAST_DEPTH, 1: LEAST_DEPTH - 1, 3: 0}

    assert read_fingerprint(vcf(FEW, depths), "made").known == 0b0101


@pytest.mark.parametrize(
    "contig",
    [
        *("X", "chrX", "chrY", "NC_000023.11", "CM000686.2", "chrM", "MT", "NC_012920.1"),
        *("NC_060947.1", "CP068255.2", "NC_000086.8"),  # T2T-CHM13, mouse
    ],
)
def test_sites_that_relatives_share_in_another_way_have_no_genotype(contig: str) -> None:
    mixed = vcf(FEW, contig_of=lambda site: contig if site == 1 else "chr2")

    found = read_fingerprint(mixed, "made")

    assert (found.known, found.deep) == (0b1101, 3)
    assert found.sites != fingerprint(FEW).sites


def test_fingerprints_of_other_sites_have_another_checksum() -> None:
    same, other = vcf(list(reversed(FEW))), vcf(FEW, first=1001)

    assert fingerprint(FEW).sites == read_fingerprint(same, "made").sites
    assert fingerprint(FEW).sites != read_fingerprint(other, "made").sites


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (vcf(FEW)[:-28], "its end is missing"),
        (b"<html>", "its end is missing"),
        (vcf(FEW)[28:], "can't be read"),
        (vcf([])[:10] + vcf([]), "can't be read"),
    ],
)
def test_damaged_fingerprint_is_refused_by_name(content: bytes, why: str) -> None:
    with pytest.raises(CliError, match=why) as error:
        read_fingerprint(content, "s3://results/x.vcf.gz")
    assert "s3://results/x.vcf.gz" in str(error.value)
