"""Reading VCFs into comparable alleles; every expectation is worked out by hand."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from cli.accuracy.regions import Regions
from cli.errors import CliError
from demo.evaluation.calls import read_calls
from demo.exome.variant import Variant

#            1         2         3
#   123456789012345678901234567890
SEQ = "ACGTACGATTTTTTGCACACACAGGATCCA"
HEADER = """##fileformat=VCFv4.2
##contig=<ID=c,length=30>
##FILTER=<ID=LowQual,Description="x">
##INFO=<ID=ANN,Number=.,Type=String,Description="Functional annotations: 'Allele | ...'">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ts
"""


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    path = tmp_path / "ref.fa"
    path.write_text(f">c\n{SEQ}\n")
    return path


@pytest.fixture
def targets(tmp_path: Path) -> Regions:
    path = tmp_path / "targets.bed"
    path.write_text("c\t0\t10\nc\t13\t30\n")
    return Regions.of_bed(path)


def _vcf(tmp_path: Path, *records: str) -> Path:
    path = tmp_path / "calls.vcf"
    lines = ("\t".join(["c", *record.split()]) for record in records)
    path.write_text(HEADER + "".join(f"{line}\n" for line in lines))
    return path


def _alleles(calls: Mapping[Variant, object]) -> set[tuple[int, str, str]]:
    return {(v.pos, v.ref, v.alt) for v in calls}


def test_calls_right_shifted_deletion_is_left_aligned(
    tmp_path: Path, reference: Path, targets: Regions
) -> None:
    # CACACACA begins at 16 behind G at 15; written at its end it deletes the last CA.
    vcf = _vcf(tmp_path, "21 . ACA A . PASS . GT 0/1")
    assert _alleles(read_calls(vcf, reference, targets)) == {(15, "GCA", "G")}


def test_calls_multiallelic_record_is_split(
    tmp_path: Path, reference: Path, targets: Regions
) -> None:
    vcf = _vcf(tmp_path, "5 . A C,G . PASS . GT 1/2")
    calls = read_calls(vcf, reference, targets)
    assert _alleles(calls) == {(5, "A", "C"), (5, "A", "G")}


def test_calls_filtered_absent_and_symbolic_alleles_do_not_count(
    tmp_path: Path, reference: Path, targets: Regions
) -> None:
    vcf = _vcf(
        tmp_path,
        "2 . C T . LowQual . GT 1/1",
        "3 . G A . PASS . GT 0/0",
        "4 . T <*> . PASS . GT 0/1",
        "5 . A C . . . GT 1|1",
        "6 . C T . PASS . GT ./.",
    )
    calls = read_calls(vcf, reference, targets)
    assert _alleles(calls) == {(5, "A", "C")}


def test_calls_outside_the_targets_do_not_count(
    tmp_path: Path, reference: Path, targets: Regions
) -> None:
    # The first target ends with base 10, the second begins with base 14.
    rows = (f"{pos} . T G . PASS . GT 0/1" for pos in (10, 11, 13, 14))
    calls = read_calls(_vcf(tmp_path, *rows), reference, targets)
    assert _alleles(calls) == {(10, "T", "G"), (14, "T", "G")}


def test_calls_annotations_of_a_split_and_trimmed_allele_are_its_own(
    tmp_path: Path, reference: Path, targets: Regions
) -> None:
    # GCACA>GCA loses one CA, GCACA>G two; ANN names alleles as the record wrote them.
    ann = "ANN=GCA|one|LOW|g|g|transcript|t,G|two|LOW|g|g|transcript|t"
    vcf = _vcf(tmp_path, f"15 . GCACA GCA,G . PASS {ann} GT 1/2")
    calls = read_calls(vcf, reference, targets)
    effects = {v.ref: [entry[1] for entry in call.annotations] for v, call in calls.items()}
    assert effects == {"GCA": ["one"], "GCACA": ["two"]}


def test_calls_annotations_of_a_moved_allele_are_its_own(
    tmp_path: Path, reference: Path, targets: Regions
) -> None:
    vcf = _vcf(tmp_path, "21 . ACA A . PASS ANN=A|gone|LOW|g|g|transcript|t GT 0/1")
    (call,) = read_calls(vcf, reference, targets).values()
    assert call.variant.pos == 15
    assert [entry[1] for entry in call.annotations] == ["gone"]


def test_calls_of_a_wrong_reference_are_refused(
    tmp_path: Path, reference: Path, targets: Regions
) -> None:
    with pytest.raises(CliError, match=r"bcftools norm .* ended with status 255"):
        read_calls(_vcf(tmp_path, "1 . T G . PASS . GT 0/1"), reference, targets)


def test_calls_of_two_samples_are_refused(
    tmp_path: Path, reference: Path, targets: Regions
) -> None:
    path = tmp_path / "two.vcf"
    path.write_text(HEADER.rstrip("\n") + "\ts2\nc\t5\t.\tA\tC\t.\tPASS\t.\tGT\t0/1\t0/1\n")
    with pytest.raises(ValueError, match="2 samples, not one"):
        read_calls(path, reference, targets)
