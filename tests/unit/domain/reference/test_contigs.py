"""The contigs of a reference, as a VCF names them."""

from seqstack.domain.reference.contigs import Contig, contigs_of_vcf


def test_contigs_of_a_vcf_are_read_unless_one_has_no_length() -> None:
    header = [
        "##fileformat=VCFv4.2",
        "##contig=<ID=1,length=90000>",
        "##contig=<length=10,ID=chrUn_2>",
    ]

    assert contigs_of_vcf(header) == [Contig("1", 90_000), Contig("chrUn_2", 10)]
    assert contigs_of_vcf([*header, "##contig=<ID=3>"]) == []
