import json

import pytest

from jobkit.alignment_checks import ReadCounts, require_reads, suspicions
from jobkit.errors import InvalidOutputError


def codes(reads: int, aligned: int, proper: int) -> list[str]:
    return [each.code for each in suspicions(ReadCounts(reads, aligned, proper))]


def test_read_counts_are_of_primary_records_that_passed_or_failed_the_filter() -> None:
    passed = {"primary": 90, "primary mapped": 80, "properly paired": 70, "supplementary": 5}
    failed = {"primary": 10, "primary mapped": 8, "properly paired": 6, "supplementary": 1}
    passed["paired in sequencing"], failed["paired in sequencing"] = 85, 9
    text = json.dumps({"QC-passed reads": passed, "QC-failed reads": failed})

    assert ReadCounts.parse(text) == ReadCounts(100, 88, 76, 94, failed=10)
    assert ReadCounts.parse(text).passed == 90


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((1000, 990, 970), []),
        ((1000, 500, 450), []),
        ((1000, 499, 450), ["fewReadsAligned"]),
        ((1000, 990, 99), []),
        ((1000, 990, 98), ["fewProperPairs"]),
        ((1000, 0, 0), ["fewReadsAligned"]),
    ],
)
def test_suspicions_begin_below_half_aligned_and_a_tenth_proper(
    counts: tuple[int, int, int], expected: list[str]
) -> None:
    assert codes(*counts) == expected


def test_require_reads_refuses_a_bam_with_another_number() -> None:
    require_reads(ReadCounts(100, 0, 0), 100)
    with pytest.raises(InvalidOutputError, match="the BAM has 99 reads, and 100 were given"):
        require_reads(ReadCounts(99, 0, 0), 100)
