"""What operations need, as the Service Authorization Reference has it."""

from typing import Any

import pytest

from tests.harness.permissions import needs as module
from tests.harness.permissions.needs import Known, UnknownOperationError, need_of_absent, needs
from tests.harness.permissions.policy import Need
from tests.harness.permissions.reference import (
    can_be_about,
    dependent_actions,
    knows,
    required_types,
    resource_types,
)
from tests.harness.permissions.request import AwsCall

HERE = "us-east-1:123456789012"
MACHINE = f"arn:aws:states:{HERE}:stateMachine:run"
EXECUTION = f"arn:aws:states:{HERE}:execution:run:r1"
QUEUE = f"arn:aws:batch:{HERE}:job-queue/high"
DEFINITION = f"arn:aws:batch:{HERE}:job-definition/bwa:3"
ANY_JOB = f"arn:aws:batch:{HERE}:job/*"
HOST = f"arn:aws:ecs:{HERE}:container-instance/cluster/1f"
TOPIC = f"arn:aws:sns:{HERE}:ends"
TABLE = f"arn:aws:dynamodb:{HERE}:table/ledger"

MULTIPART = ("PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload")

NOTHING = Known(lambda _token: None, lambda _arn: {})
# Step Functions decides by the token's state machine, and names it when it refuses; the reference
# knows no resource of these two.
BEYOND_THE_REFERENCE = {"states:SendTaskSuccess", "states:SendTaskFailure"}


def call(service: str, operation: str | None, **parameters: Any) -> AwsCall:
    return AwsCall("key", "us-east-1", service, operation, parameters)


def asked(service: str, operation: str, **parameters: Any) -> list[tuple[str, str]]:
    machines = {"a token": f"{MACHINE}:7"}
    found = needs(call(service, operation, **parameters), Known(machines.get, lambda _arn: {}))
    return [(need.action, need.resource) for need in found]


OPERATIONS: list[tuple[str, str, dict[str, Any], list[tuple[str, str]]]] = [
    ("batch", "DescribeJobs", {"jobs": ["1f"]}, [("batch:DescribeJobs", "*")]),
    (
        "batch",
        "TerminateJob",
        {"jobId": "1f"},
        [("batch:TerminateJob", f"arn:aws:batch:{HERE}:job/1f")],
    ),
    (
        "batch",
        "TerminateJobs",
        {"jobs": ["1f", "2e"], "reason": "enough"},
        [("batch:TerminateJob", f"arn:aws:batch:{HERE}:job/{job}") for job in ("1f", "2e")],
    ),
    (
        "batch",
        "SubmitJob",
        {"jobQueue": QUEUE, "jobDefinition": DEFINITION},
        [
            ("batch:SubmitJob", ANY_JOB),
            ("batch:SubmitJob", DEFINITION),
            ("batch:SubmitJob", QUEUE),
        ],
    ),
    (
        "batch",
        "SubmitJob",
        {"jobQueue": "high", "jobDefinition": "bwa:3", "tags": {"a": "b"}},
        # the role of https://github.com/wri/gfw-data-api/pull/175 lacked it on the definition
        [
            ("batch:SubmitJob", ANY_JOB),
            ("batch:TagResource", ANY_JOB),
            ("batch:SubmitJob", DEFINITION),
            ("batch:TagResource", DEFINITION),
            ("batch:SubmitJob", QUEUE),
            ("batch:TagResource", QUEUE),
        ],
    ),
    ("dynamodb", "GetItem", {"TableName": "ledger"}, [("dynamodb:GetItem", TABLE)]),
    ("dynamodb", "Query", {"TableName": "ledger"}, [("dynamodb:Query", TABLE)]),
    (
        "dynamodb",
        "Query",
        {"TableName": "ledger", "IndexName": "ByState"},
        [("dynamodb:Query", f"{TABLE}/index/ByState")],
    ),
    (
        "dynamodb",
        "TransactWriteItems",
        {
            "TransactItems": [
                {"Put": {"TableName": "ledger"}},
                {"Update": {"TableName": "ledger"}},
                {"ConditionCheck": {"TableName": "ledger"}},
            ]
        },
        [
            ("dynamodb:PutItem", TABLE),
            ("dynamodb:UpdateItem", TABLE),
            ("dynamodb:ConditionCheckItem", TABLE),
        ],
    ),
    ("ec2", "DescribeInstances", {}, [("ec2:DescribeInstances", "*")]),
    (
        "ecr",
        "DescribeImages",
        {"repositoryName": "seqstack-dev/bwa"},
        [("ecr:DescribeImages", f"arn:aws:ecr:{HERE}:repository/seqstack-dev/bwa")],
    ),
    (
        "ecs",
        "DescribeContainerInstances",
        {"cluster": "cluster", "containerInstances": [HOST]},
        [("ecs:DescribeContainerInstances", HOST)],
    ),
    (
        "events",
        "PutEvents",
        {"Entries": [{"Source": "seqstack", "DetailType": "Run Ended"}]},
        [("events:PutEvents", f"arn:aws:events:{HERE}:event-bus/default")],
    ),
    (
        "logs",
        "GetLogEvents",
        {"logGroupName": "/jobs", "logStreamName": "bwa/1"},
        [("logs:GetLogEvents", f"arn:aws:logs:{HERE}:log-group:/jobs:log-stream:bwa/1")],
    ),
    (
        "logs",
        "FilterLogEvents",
        {"logGroupName": "/jobs", "logStreamNames": ["bwa/1"]},
        [("logs:FilterLogEvents", f"arn:aws:logs:{HERE}:log-group:/jobs")],
    ),
    ("pricing", "GetProducts", {}, [("pricing:GetProducts", "*")]),
    (
        "s3",
        "HeadObject",
        {"Bucket": "b", "Key": "a/c"},
        [("s3:GetObject", "arn:aws:s3:::b/a/c")],
    ),
    (
        "s3",
        "GetObject",
        {"Bucket": "b", "Key": "c", "versionId": "1"},
        [("s3:GetObjectVersion", "arn:aws:s3:::b/c")],
    ),
    ("s3", "ListObjectsV2", {"Bucket": "b", "Key": ""}, [("s3:ListBucket", "arn:aws:s3:::b")]),
    (
        "s3",
        "PutObjectTagging",
        {"Bucket": "b", "Key": "c"},
        [("s3:PutObjectTagging", "arn:aws:s3:::b/c")],
    ),
    *(
        ("s3", operation, {"Bucket": "b", "Key": "c"}, [("s3:PutObject", "arn:aws:s3:::b/c")])
        for operation in MULTIPART
    ),
    (
        "s3",
        "PutObject",
        {"Bucket": "b", "Key": "c", "ifMatch": '"1"'},
        [("s3:PutObject", "arn:aws:s3:::b/c"), ("s3:GetObject", "arn:aws:s3:::b/c")],
    ),
    (
        "s3",
        "DeleteObjects",
        {"Bucket": "b", "Key": "", "Keys": ["c", "d"]},
        [("s3:DeleteObject", "arn:aws:s3:::b/c"), ("s3:DeleteObject", "arn:aws:s3:::b/d")],
    ),
    (
        "s3",
        "DeleteObjects",
        {"Bucket": "b", "Key": "", "Keys": [], "KeysOfVersions": ["c"]},
        [("s3:DeleteObjectVersion", "arn:aws:s3:::b/c")],
    ),
    (
        "s3",
        "ListObjectVersions",
        {"Bucket": "b", "Key": "", "prefix": "c/"},
        [("s3:ListBucketVersions", "arn:aws:s3:::b")],
    ),
    (
        "cloudformation",
        "DescribeStacks",
        {"StackName": "s"},
        [("cloudformation:DescribeStacks", f"arn:aws:cloudformation:{HERE}:stack/s/id")],
    ),
    (
        "sqs",
        "GetQueueAttributes",
        {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/q"},
        [("sqs:GetQueueAttributes", f"arn:aws:sqs:{HERE}:q")],
    ),
    ("sts", "GetCallerIdentity", {}, []),
    ("sns", "Publish", {"TopicArn": TOPIC}, [("sns:Publish", TOPIC)]),
    # of a version or an alias, Step Functions asks about the state machine
    (
        "stepfunctions",
        "StartExecution",
        {"stateMachineArn": f"{MACHINE}:live"},
        [("states:StartExecution", MACHINE)],
    ),
    (
        "stepfunctions",
        "SendTaskSuccess",
        {"taskToken": "a token"},
        [("states:SendTaskSuccess", MACHINE)],
    ),
    ("stepfunctions", "SendTaskFailure", {"taskToken": "none"}, []),
    (
        "stepfunctions",
        "RedriveExecution",
        {"executionArn": EXECUTION},
        [("states:RedriveExecution", EXECUTION)],
    ),
]


@pytest.mark.parametrize(("service", "operation", "parameters", "expected"), OPERATIONS)
def test_operation_needs_its_actions_on_its_resources(
    service: str, operation: str, parameters: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert asked(service, operation, **parameters) == expected


@pytest.mark.parametrize(("service", "operation", "parameters", "expected"), OPERATIONS)
def test_needs_are_of_the_resource_types_that_the_reference_has(
    service: str, operation: str, parameters: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    for action, resource in asked(service, operation, **parameters):
        if action not in BEYOND_THE_REFERENCE:
            assert can_be_about(action, resource) or (
                resource == "*" and knows(action) and not resource_types(action)
            )


def test_reference_has_resources_and_dependent_actions_of_actions_and_no_other() -> None:
    # by hand, from AWS's pages of Batch and EC2
    assert required_types("batch:SubmitJob") == {"job", "job-queue"}
    assert dependent_actions("ec2:CreateFlowLogs") >= {"iam:PassRole"}
    assert resource_types("batch:DescribeJobs") == set()
    assert not knows("batch:SubmitJobs")
    assert not knows("bach:SubmitJob")


def test_submission_on_more_than_the_table_has_is_refused(monkeypatch) -> None:
    monkeypatch.setattr(module, "required_types", lambda _action: {"job", "quota-share"})

    with pytest.raises(UnknownOperationError, match="batch:SubmitJob on quota-share"):
        asked("batch", "SubmitJob", jobQueue=QUEUE, jobDefinition=DEFINITION)


def test_action_that_depends_on_others_is_refused_until_the_table_has_them(monkeypatch) -> None:
    monkeypatch.setattr(module, "dependent_actions", lambda _action: {"iam:PassRole"})

    with pytest.raises(UnknownOperationError, match="sns:Publish, which depends on iam:PassRole"):
        asked("sns", "Publish", TopicArn=TOPIC)


def test_job_and_submission_report_their_tags_to_conditions() -> None:
    tags = {f"arn:aws:batch:{HERE}:job/1f": {"a": "b"}, QUEUE: {"c": "d"}}
    known = Known(lambda _token: None, lambda arn: tags.get(arn, {}))
    submission = call(
        "batch", "SubmitJob", jobQueue=QUEUE, jobDefinition=DEFINITION, tags={"e": "f"}
    )

    (end,) = needs(call("batch", "TerminateJob", jobId="1f"), known)
    by_resource = {
        need.resource: need.context
        for need in needs(submission, known)
        if need.action == "batch:TagResource"
    }

    asked_for = {"aws:RequestTag/e": "f", "aws:TagKeys": ("e",)}
    assert end.context == {"aws:ResourceTag/a": "b"}
    assert by_resource == {
        ANY_JOB: asked_for,
        DEFINITION: asked_for,
        QUEUE: {**asked_for, "aws:ResourceTag/c": "d"},
    }


def test_event_reports_its_source_to_conditions() -> None:
    entry = {"Source": "seqstack", "DetailType": "Run Ended"}

    (need,) = needs(call("events", "PutEvents", Entries=[entry]), NOTHING)

    assert need.context == {"events:source": "seqstack", "events:detail-type": "Run Ended"}


@pytest.mark.parametrize(
    ("service", "operation"),
    [("s3", "GetObjectAcl"), ("stepfunctions", "CreateStateMachine"), ("iam", None)],
)
def test_operation_that_is_not_in_the_table_is_not_guessed(
    service: str, operation: str | None
) -> None:
    with pytest.raises(UnknownOperationError):
        needs(call(service, operation, Bucket="b", Key="c"), NOTHING)


def test_absent_object_is_reported_only_to_who_may_list_its_bucket() -> None:
    looks_at = call("s3", "HeadObject", Bucket="b", Key="c")
    lists = call("s3", "ListObjectsV2", Bucket="b", Key="")

    assert need_of_absent(looks_at) == Need("s3:ListBucket", "arn:aws:s3:::b")
    assert need_of_absent(lists) is None
