"""S3 answers only in the bucket's region, as AWS does: what s5cmd needs to know of buckets."""

from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from botocore.config import Config

from emulator.engine.aws import client_environment
from jobkit.errors import TransferError
from jobkit.s5cmd import S5cmd
from seqstack.domain.bucket_access import BucketAccess
from seqstack.domain.s3uri import S3Uri
from tests.support.small_stack import SmallStack

FAR = S3Uri("far-away", "reads.txt")


def s3_in(stack: SmallStack, region: str) -> Any:
    emulator = stack.emulator
    return boto3.client(
        "s3",
        region_name=region,
        endpoint_url=emulator.endpoint_url,
        aws_access_key_id=emulator.keys.access_key,
        aws_secret_access_key=emulator.keys.secret_key,
        config=Config(signature_version="s3v4"),
    )


@pytest.fixture
def far(stack: SmallStack) -> Any:
    """A client in the bucket's own region."""
    client = s3_in(stack, "eu-west-1")
    client.create_bucket(
        Bucket=FAR.bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    client.put_object(Bucket=FAR.bucket, Key=FAR.key, Body=b"ACGT")
    yield client
    client.delete_object(Bucket=FAR.bucket, Key=FAR.key)
    client.delete_bucket(Bucket=FAR.bucket)


def s5cmd_of(stack: SmallStack, folder: Path, access: BucketAccess) -> S5cmd:
    """s5cmd in the region of the stack."""
    environment = client_environment(stack.emulator.endpoint_url, stack.emulator.keys)
    return S5cmd.from_environment(folder, environment, access=access)


def test_request_signed_for_another_region_is_redirected(stack: SmallStack, far: Any) -> None:
    link = s3_in(stack, "us-east-1").generate_presigned_url(
        "get_object", Params={"Bucket": FAR.bucket, "Key": FAR.key}
    )

    answer = requests.get(link, timeout=1200, allow_redirects=False)

    assert (answer.status_code, answer.headers["x-amz-bucket-region"]) == (301, "eu-west-1")
    assert "<Code>PermanentRedirect</Code>" in answer.text


def test_boto_follows_the_redirection(stack: SmallStack, far: Any) -> None:
    s3 = stack.emulator.client("s3")

    assert s3.head_object(Bucket=FAR.bucket, Key=FAR.key)["ContentLength"] == 4
    headers = s3.head_bucket(Bucket=FAR.bucket)["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amz-bucket-region"] == "eu-west-1"


def test_s5cmd_in_another_region_than_the_bucket_fails(
    stack: SmallStack, far: Any, tmp_path: Path
) -> None:
    with pytest.raises(TransferError):
        s5cmd_of(stack, tmp_path, BucketAccess()).head([FAR])


def test_s5cmd_that_knows_the_region_reads_the_object(
    stack: SmallStack, far: Any, tmp_path: Path
) -> None:
    s5cmd = s5cmd_of(stack, tmp_path, BucketAccess({FAR.bucket: "eu-west-1"}))
    item = s5cmd.head([FAR])[FAR]

    s5cmd.download({item: tmp_path / "reads.txt"})

    assert (tmp_path / "reads.txt").read_bytes() == b"".join(s5cmd.read(item)) == b"ACGT"
