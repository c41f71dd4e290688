"""The line of a log with its job's usage."""

import pytest

from seqstack.domain.cost.usage import MeasuredBy, Usage, without_usage

LINE = (
    '2026-01-31T12:00:00Z USAGE {"peakMemoryBytes": 12345678, "cpuSeconds": 61.5, '
    '"measuredBy": "cgroup", "s3Reads": 12, "s3Writes": 34}'
)
USAGE = Usage(12_345_678, 61.5, MeasuredBy.CGROUP, 12, 34)


def test_usage_is_written_as_it_is_read() -> None:
    assert f"2026-01-31T12:00:00Z {USAGE.as_message()}" == LINE
    assert Usage.from_log(["first", LINE, "2026-01-31T12:00:01Z FAILED align/bwa"]) == USAGE


def test_usage_of_a_log_is_the_last_one() -> None:
    assert Usage.from_log([LINE.replace("61.5", "1.0"), LINE]) == USAGE


@pytest.mark.parametrize(
    "line",
    [
        "2026-01-31T12:00:00Z [bwa] USAGE {}",  # a tool's own line
        "2026-01-31T12:00:00Z USAGE {}",
        LINE[:-3],  # cut short
        LINE.replace('"cgroup"', '"guess"'),
        LINE.replace("12345678", '"much"'),
    ],
)
def test_usage_of_other_lines_is_not_known(line: str) -> None:
    assert Usage.from_log([line]) is None


def test_usage_of_no_log_is_not_known() -> None:
    assert Usage.from_log([]) is None


def test_lines_for_people_leave_the_usage_out() -> None:
    assert without_usage(["one", LINE, "two"]) == ["one", "two"]
