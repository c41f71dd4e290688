"""Picard's files, against the SAM specification and what Picard 2.27 writes."""

import pytest

from jobkit.errors import InvalidOutputError
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
