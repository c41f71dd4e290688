"""The input of `cohort`."""

from typing import Any

import pytest

from seqstack.domain.cohort_input import CheckedCohort, CohortDefaults
from seqstack.domain.s3uri import S3Uri

DEFAULTS = CohortDefaults(100, 100.0)
SOUND: dict[str, Any] = {"cohortId": "trio", "sheetS3Path": "s3://bucket/trio.csv", "run": {}}


def test_defaults_are_the_stacks() -> None:
    given = CheckedCohort.of(SOUND).values(DEFAULTS)

    assert (given.max_concurrency, given.tolerated_failure_percentage) == (100, 100.0)
    assert given.sheet == S3Uri("bucket", "trio.csv")
    assert not given.is_dry_run


def test_values_of_the_input_go_before_the_defaults() -> None:
    document = SOUND | {"maxConcurrency": 7.0, "toleratedFailurePercentage": 2.5, "dryRun": True}

    given = CheckedCohort.of(document).values(DEFAULTS)

    assert (given.max_concurrency, given.tolerated_failure_percentage) == (7, 2.5)
    assert given.is_dry_run


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"cohortId": "a b"}, "$.cohortId"),
        ({"sheetS3Path": "trio.csv"}, "$.sheetS3Path"),
        ({"maxConcurrency": 0}, "$.maxConcurrency"),
        ({"maxConcurrency": 10_001}, "$.maxConcurrency"),
        ({"toleratedFailurePercentage": 100.5}, "$.toleratedFailurePercentage"),
        ({"dryRun": "yes"}, "$.dryRun"),
        ({"threads": 4}, "$.threads"),
        ({"run": []}, "$.run"),
        ({"run": {"sampleId": "a"}}, "$.run.sampleId"),
        ({"run": {"fastq1S3Path": []}}, "$.run.fastq1S3Path"),
        ({"run": {"cohortSize": 3}}, "$.run.cohortSize"),
    ],
)
def test_problem_is_named_by_its_path(changes: dict[str, Any], path: str) -> None:
    assert [each.path for each in CheckedCohort.of(SOUND | changes).problems] == [path]


def test_what_is_missing_is_named() -> None:
    paths = {each.path for each in CheckedCohort.of({}).problems}

    assert paths == {"$.cohortId", "$.sheetS3Path", "$.run"}


def test_input_that_is_no_object_is_refused() -> None:
    assert CheckedCohort.of([1]).problems
