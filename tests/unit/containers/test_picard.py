"""Picard's files, against the SAM specification and what Picard 2.27 writes."""

import pytest

from jobkit.errors import InvalidOutputError
from picard.commands import genome_cap
from picard.depths import cap_warning, count_depths, without_cap
from picard.files import dictionary, fai_in_order, first_row, interval_list, without_date
from seqstack.domain.reference.contigs import Contig
from seqstack.domain.reference.targets import read_targets

CONTIGS = [Contig("chr2", 500), Contig("chr1", 900)]
METRICS = """## htsjdk.samtools.metrics.StringHeader
# CollectInsertSizeMetrics --INPUT S1.bam --OUTPUT insert_size_metrics.txt
## htsjdk.samtools.metrics.StringHeader
# Started on: Sun Nov 29 09:36:59 UTC 2026

## METRICS CLASS\tpicard.analysis.InsertSizeMetrics
MEDIAN_INSERT_SIZE\tPAIR_ORIENTATION\tSAMPLE
260\tFR\t

"""


# What Picard 2.27 writes of ten bases with depths of 100 and 300 to 900, the mean of which is 580:
# above 200, it counts 200.
DEEP = """## METRICS CLASS\tpicard.analysis.directed.HsMetrics
TARGET_TERRITORY\tMEAN_TARGET_COVERAGE\tMEDIAN_TARGET_COVERAGE\tFOLD_80_BASE_PENALTY\tLIBRARY
10\t580\t200\t2.9\t

"""
DEPTHS = [100, 300, 300, 500, 600, 600, 700, 900, 900, 900]


def per_base(depths: list[int]) -> list[bytes]:
    rows = [f"chr1\t{n}\tchr1:1-10\t{depth}\n" for n, depth in enumerate(depths, start=1)]
    return [b"chrom\tpos\ttarget\tcoverage\n", *(row.encode() for row in rows)]


def test_interval_list_is_one_based_in_the_order_of_the_bam() -> None:
    targets = read_targets([b"chr1\t10\t20", b"chr2\t0\t1", b"chr1\t15\t30\tname"], CONTIGS)

    assert "".join(interval_list(CONTIGS, targets)) == (
        "@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:chr2\tLN:500\n@SQ\tSN:chr1\tLN:900\n"
        "chr2\t1\t1\t+\tchr2:1-1\nchr1\t11\t30\t+\tchr1:11-30\n"
    )


def test_index_has_the_order_and_the_contigs_of_the_bam() -> None:
    fai = "chr1\t900\t6\t60\t61\nchr2\t500\t930\t60\t61\nchrUn\t5\t1500\t60\t61\n"

    assert fai_in_order(fai, CONTIGS) == "chr2\t500\t930\t60\t61\nchr1\t900\t6\t60\t61\n"
    assert list(dictionary(CONTIGS))[1:] == ["@SQ\tSN:chr2\tLN:500\n", "@SQ\tSN:chr1\tLN:900\n"]


def test_metrics_lose_the_time_and_nothing_else() -> None:
    lines = METRICS.splitlines(keepends=True)

    assert without_date(METRICS) == "".join([*lines[:2], *lines[4:]])


def test_first_row_has_empty_columns_too() -> None:
    assert first_row(METRICS) == {
        "MEDIAN_INSERT_SIZE": "260",
        "PAIR_ORIENTATION": "FR",
        "SAMPLE": "",
    }


@pytest.mark.parametrize("text", ["", METRICS.replace("260\tFR\t\n", "")])
def test_first_row_of_metrics_without_one_is_an_error(text: str) -> None:
    with pytest.raises(InvalidOutputError, match="no metrics"):
        first_row(text)


def test_median_and_fold_80_of_a_deep_sample_are_those_of_all_its_depths() -> None:
    """The median lies between 600 and 600; a fifth of the bases, two of ten, has at most 300."""
    counts = count_depths(per_base(DEPTHS))

    assert counts == {100: 1, 300: 2, 500: 1, 600: 2, 700: 1, 900: 3}
    expected = DEEP.replace("\t200\t2.9\t", "\t600.0\t1.933333\t")
    assert without_cap(DEEP, counts) == expected


def test_median_of_an_even_number_of_bases_is_between_two_depths() -> None:
    counts = count_depths(per_base([500] * 5 + [660] * 5))

    assert first_row(without_cap(DEEP, counts))["MEDIAN_TARGET_COVERAGE"] == "580.0"


def test_metrics_without_a_depth_above_the_cap_are_unchanged() -> None:
    below = DEEP.replace("\t580\t200\t", "\t100\t100\t")
    counts = count_depths(per_base([100] * 10))

    assert without_cap(below, counts) == below


@pytest.mark.parametrize("counts", [{}, {580: 9}, {579: 10}, {580: 11}])
def test_depths_of_other_bases_than_the_targets_are_an_error(counts: dict[int, int]) -> None:
    with pytest.raises(InvalidOutputError, match="10 bases"):
        without_cap(DEEP, counts)


def test_text_that_is_no_depth_of_bases_is_an_error() -> None:
    with pytest.raises(InvalidOutputError, match="no depth of each base"):
        count_depths(per_base(DEPTHS)[1:])


def test_cap_of_a_genome_is_the_users_last_one() -> None:
    assert genome_cap([]) == 250
    given = ["--COVERAGE_CAP", "300", "--SAMPLE_SIZE", "10", "--COVERAGE_CAP", "2000"]
    assert genome_cap(given) == 2000


def test_genome_is_warned_of_from_the_cap_on() -> None:
    assert cap_warning(249.5, 250) == ""
    assert "250 reads or more" in cap_warning(250, 250)
