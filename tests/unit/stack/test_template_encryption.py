"""Everything at rest is under the key that was chosen, and whoever needs the key may use it."""

from fnmatch import fnmatchcase

import pytest

from scripts.iam_policies import listed, policies, statements
from tests.harness.permissions.policy import Need, Statement, allowing

GIVEN = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
MADE = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000000"


def _one(keys):
    """The key that all have."""
    (key,) = set(keys)
    return key


# Where each type that keeps data at rest has its key.
KEY_OF = {
    "AWS::Athena::WorkGroup": lambda p: p["WorkGroupConfiguration"]["ResultConfiguration"][
        "EncryptionConfiguration"
    ].get("KmsKey"),
    "AWS::DynamoDB::Table": lambda p: p["SSESpecification"].get("KMSMasterKeyId"),
    "AWS::EC2::LaunchTemplate": lambda p: _one(
        disk["Ebs"].get("KmsKeyId") for disk in p["LaunchTemplateData"]["BlockDeviceMappings"]
    ),
    "AWS::ECR::Repository": lambda p: p.get("EncryptionConfiguration", {}).get("KmsKey"),
    "AWS::Lambda::Function": lambda p: p.get("KmsKeyArn"),
    "AWS::Logs::LogGroup": lambda p: p.get("KmsKeyId"),
    "AWS::S3::Bucket": lambda p: p["BucketEncryption"]["ServerSideEncryptionConfiguration"][0][
        "ServerSideEncryptionByDefault"
    ].get("KMSMasterKeyID"),
    "AWS::SNS::Topic": lambda p: p.get("KmsMasterKeyId"),
    "AWS::SQS::Queue": lambda p: p.get("KmsMasterKeyId"),
}
# S3 delivers access logs only where SSE-S3 is the default.
WITHOUT = {"AccessLogBucket"}
either_key = pytest.mark.parametrize(("parameter", "key"), [("create", MADE), (GIVEN, GIVEN)])


def _keys(resources):
    return {
        name: KEY_OF[resource["Type"]](resource["Properties"])
        for name, resource in resources.items()
        if resource["Type"] in KEY_OF and name not in WITHOUT
    }


@either_key
def test_everything_at_rest_is_under_the_chosen_key(deployed, parameter, key):
    keys = _keys(deployed(EncryptionKey=parameter, ScratchVolumeGiB="720"))

    assert len(keys) > 20
    assert set(keys.values()) == {key}


def test_without_a_key_aws_encrypts_with_its_own(deployed):
    resources = deployed()

    assert set(_keys(resources).values()) == {None}
    assert resources["EventDeadLetterQueue"]["Properties"]["SqsManagedSseEnabled"] is True
    assert not [r for r in resources.values() if r["Type"] == "AWS::KMS::Key"]


def _may(resources, role):
    """What a role may do with keys: the actions on each."""
    return {
        arn: set(listed(statement["Action"]))
        for policy in policies(resources)
        if policy.where.startswith(f"{role}/")
        for statement in statements(policy.document)
        if any(action.startswith("kms:") for action in listed(statement["Action"]))
        for arn in listed(statement["Resource"])
    }


@either_key
def test_functions_and_jobs_may_use_the_chosen_key(deployed, parameter, key):
    resources = deployed(EncryptionKey=parameter)
    functions = [f"{n}Role" for n, r in resources.items() if r["Type"] == "AWS::Lambda::Function"]
    jobs = [name for name in resources if name.endswith("JobRole")]

    assert functions
    assert jobs
    for role in functions:
        assert {"kms:Decrypt", "kms:GenerateDataKey"} <= _may(resources, role)[key], role
    for role in jobs:
        assert _may(resources, role) == {key: {"kms:Decrypt", "kms:GenerateDataKey"}}, role


def test_whoever_reads_inputs_may_decrypt_with_their_keys_and_with_no_other(deployed):
    theirs = "arn:aws:kms:us-east-1:123456789012:key/reads"
    resources = deployed(InputKeys=theirs)
    readers = {
        policy.where.partition("/")[0]
        for policy in policies(deployed(InputBuckets="arn:aws:s3:::reads"))
        for statement in statements(policy.document)
        if statement.get("Sid") == "ReadInputs"
    }

    assert "AlignJobRole" in readers
    assert "ValidateInputFunctionRole" in readers
    for name in [n for n, r in resources.items() if r["Type"] == "AWS::IAM::Role"]:
        expected = {theirs: {"kms:Decrypt"}} if name in readers else {}
        assert _may(resources, name) == expected, name


def test_key_that_is_made_rotates_and_outlives_the_stack(deployed):
    key = deployed(EncryptionKey="create")["DataKey"]

    assert key["Properties"]["EnableKeyRotation"] is True
    assert key["DeletionPolicy"] == "RetainExceptOnCreate"
    assert key["UpdateReplacePolicy"] == "Retain"


# What AWS knows of a call that a service makes with the key. EventBridge names no account:
# https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
HERE = "123456789012"
CALLS = {
    "events.amazonaws.com": {},
    "cloudwatch.amazonaws.com": {"aws:SourceAccount": HERE},
    "logs.us-east-1.amazonaws.com": {
        "kms:EncryptionContext:aws:logs:arn": (
            f"arn:aws:logs:us-east-1:{HERE}:log-group:/seqstack/dev/jobs"
        )
    },
}


def _locked_out(policy):
    """The services that cannot encrypt and decrypt with the key."""
    return {
        service
        for service, context in CALLS.items()
        for action in ("kms:Decrypt", "kms:GenerateDataKey")
        if not allowing(
            [
                Statement.parse(each)
                for each in statements(policy)
                if service in listed(each["Principal"].get("Service", ()))
            ],
            Need(action, MADE, context),
        )
    }


def test_key_that_is_made_lets_every_service_in_that_needs_it(deployed):
    policy = deployed(EncryptionKey="create")["DataKey"]["Properties"]["KeyPolicy"]
    named = {
        service
        for each in statements(policy)
        for service in listed(each["Principal"].get("Service", ()))
    }

    assert named == set(CALLS)
    assert _locked_out(policy) == set()


def test_key_that_asks_eventbridge_for_an_account_locks_dead_letters_out(deployed):
    policy = deployed(EncryptionKey="create")["DataKey"]["Properties"]["KeyPolicy"]
    for each in policy["Statement"]:
        each.setdefault("Condition", {"StringEquals": {"aws:SourceAccount": HERE}})

    assert _locked_out(policy) == {"events.amazonaws.com"}


def test_key_that_is_made_lets_services_in_for_this_account_alone(deployed):
    policy = deployed(EncryptionKey="create")["DataKey"]["Properties"]["KeyPolicy"]
    found = {statement["Sid"]: statement for statement in statements(policy)}

    assert found.pop("IamDecides")["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    letters = found.pop("EncryptDeadLetters")
    assert letters["Principal"] == {"Service": "events.amazonaws.com"}
    assert listed(letters["Action"]) == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert found.keys() == {"EncryptLogs", "EncryptAlarms", "EncryptVolumes"}
    for statement in found.values():
        assert "123456789012" in str(statement["Condition"])
        assert "kms:*" not in listed(statement["Action"])
    volumes = found["EncryptVolumes"]["Condition"]["StringEquals"]
    assert volumes["kms:ViaService"] == "ec2.us-east-1.amazonaws.com"


def test_key_that_is_made_covers_every_log_group(deployed):
    resources = deployed(EncryptionKey="create")
    policy = resources["DataKey"]["Properties"]["KeyPolicy"]
    (logs,) = [s for s in statements(policy) if s["Sid"] == "EncryptLogs"]
    patterns = logs["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]
    prefix = "arn:aws:logs:us-east-1:123456789012:log-group:"

    for name, resource in resources.items():
        if resource["Type"] == "AWS::Logs::LogGroup":
            arn = prefix + resource["Properties"]["LogGroupName"]
            assert any(fnmatchcase(arn, pattern) for pattern in patterns), name
