"""The project's own template with a KMS key, made by the stack or given to it."""

from pathlib import Path

import pytest

from tests.harness.emulator import Emulator

BUILT = Path(__file__).resolve().parents[3] / ".aws-sam/build/template.yaml"


@pytest.mark.long
@pytest.mark.parametrize(
    "parameters",
    [
        {"EncryptionKey": "create", "ExpireIntermediatesAfterDays": "30"},
        {
            "EncryptionKey": "arn:aws:kms:us-east-1:123456789012:key/1234abcd",
            "InputBuckets": "arn:aws:s3:::reads,arn:aws:s3:::references",
            "InputKeys": "arn:aws:kms:us-east-1:123456789012:key/5678efab",
        },
    ],
)
def test_stack_with_a_key_is_created_and_its_bucket_uses_it(parameters: dict[str, str]) -> None:
    with Emulator(BUILT, parameters) as emulator:
        bucket = emulator.outputs["ResultsBucketName"]
        answer = emulator.client("s3").get_bucket_encryption(Bucket=bucket)
        (rule,) = answer["ServerSideEncryptionConfiguration"]["Rules"]
        made = emulator.resources.get("DataKey")

    key = rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"]
    assert key.rpartition("/")[2] == (made or "1234abcd")
