"""Sheets that are refused before anything else is looked at; the rest is tested in the emulator."""

from datetime import UTC, datetime
from typing import Any

import pytest

from seqstack.domain.cohort_input import CohortDefaults
from seqstack.domain.cohort_record import CohortRow
from seqstack.domain.errors import InvalidCohortError
from seqstack.domain.s3uri import S3Uri
from seqstack.use_cases.validate_cohort import (
    MAX_LANES,
    CohortServices,
    StartedCohort,
    validate_cohort,
)

STARTED = StartedCohort(
    "first",
    "arn:aws:states:us-east-1:123456789012:execution:cohort-dev:first",
    "2026-01-01T00:00:00.000Z",
    {
        "cohortId": "trio",
        "sheetS3Path": "s3://bucket/trio.csv",
        "run": {"referenceS3Path": "s3://bucket/ref.fa"},
    },
)


class Ledger:
    """A ledger without cohorts."""

    def cohort(self, cohort_id: str, *, is_dry_run: bool = False) -> None:
        del cohort_id, is_dry_run

    def open_cohort(self, row: CohortRow, over: str = "") -> bool:
        del row, over
        return True


def refused(sheet: bytes | str) -> tuple[InvalidCohortError, dict[str, bytes]]:
    """The error for a sheet, or for what is wrong with reading it, and what was written."""
    written: dict[str, bytes] = {}

    def read(_uri: S3Uri, _most: int) -> tuple[bytes, str] | str:
        return sheet if isinstance(sheet, str) else (sheet, "etag")

    def write(uri: S3Uri, content: bytes) -> None:
        written[str(uri)] = content

    nothing: Any = None
    services = CohortServices(
        Ledger(),  # type: ignore[arg-type] # it is asked for no more
        nothing,
        nothing,
        read,
        write,
        lambda _pays: nothing,
        nothing,
        nothing,
    )
    defaults = CohortDefaults(100, 100.0)
    with pytest.raises(InvalidCohortError) as error:
        validate_cohort(STARTED, "results", defaults, datetime.now(UTC), services)
    return error.value, written


def test_sheet_of_too_many_lanes_is_refused() -> None:
    rows = "".join(f"s{n},s{n}.bam\n" for n in range(MAX_LANES + 1))

    error, _ = refused(f"sample,bam\n{rows}".encode())

    assert error.problems == (
        "the sheet has 6,001 lanes, and at most 6,000 can be checked: split it",
    )


def test_sheet_that_can_not_be_read_is_named() -> None:
    error, _ = refused("does not exist")

    assert error.problems == ("s3://bucket/trio.csv does not exist",)


def test_more_problems_than_a_message_takes_are_all_in_a_report() -> None:
    rows = "".join(f"s{n},{'x' * 100}{n}.bam,\n" for n in range(999))

    error, written = refused(f"sample,bam,cram\n{rows}".replace(",\n", ",y.cram\n").encode())

    report = "s3://results/cohorts/trio/first/problems.txt"
    assert str(error).startswith("1997 problems; nothing was started\nline 2: ")
    assert str(error).endswith(f" more: all are in {report}")
    assert len(str(error)) < 21_000
    assert len(written[report].splitlines()) == 1997
