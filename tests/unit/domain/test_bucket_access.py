"""What a job is told of the buckets that it reads."""

import pytest

from seqstack.domain.bucket_access import BucketAccess
from seqstack.domain.s3uri import S3Uri

OWN, NEAR, FAR = S3Uri("own", "a.bam"), S3Uri("near", "b.fa"), S3Uri("far", "c.fastq.gz")
ACCESS = BucketAccess({"far": "eu-west-1", "unread": "eu-west-3"}, requester_pays=True)


@pytest.mark.parametrize(
    ("inputs", "arguments"),
    [
        ([OWN], []),
        ([OWN, NEAR], ["--request_payer", "requester"]),
        ([FAR], ["--bucket_region", "far=eu-west-1", "--request_payer", "requester"]),
    ],
)
def test_arguments_are_about_the_buckets_that_the_job_reads(
    inputs: list[S3Uri], arguments: list[str]
) -> None:
    assert [*ACCESS.arguments(inputs, "own")] == arguments


def test_arguments_of_the_usual_buckets_are_none() -> None:
    assert [*BucketAccess().arguments([OWN, NEAR, FAR], "own")] == []
