"""Which IAM actions, on which resources, each operation needs that functions call.

Where nothing else is said, the Service Authorization Reference says it:
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
An operation that is not here is refused: whoever calls a new one writes down what it needs.
"""

from collections.abc import Callable, Iterator

from emulator.aws import ACCOUNT_ID
from emulator.permissions.policy import Need
from emulator.permissions.request import AwsCall

_ALL = "*"  # of an action that supports no resources
_PARTS_OF_A_MACHINE_ARN = 7  # a version or an alias stands behind them
_WRITES = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}
_WITHOUT_RESOURCES = {
    ("batch", "DescribeJobDefinitions"),
    ("batch", "DescribeJobQueues"),
    ("batch", "DescribeJobs"),
    ("batch", "ListJobs"),
    ("ec2", "DescribeInstances"),
    ("ec2", "DescribeInstanceTypes"),
    ("ec2", "DescribeSpotPriceHistory"),
    ("pricing", "GetProducts"),
}

type MachineOfToken = Callable[[str], str | None]


class UnknownOperationError(LookupError):
    """Nobody has written down what an operation needs; the message names it."""


def needs(call: AwsCall, machine_of: MachineOfToken) -> list[Need]:
    """What a role must allow, all of it, so that AWS does what is asked.

    `machine_of` gives the ARN of the state machine that a task token is of. Nothing is needed for
    a token that is none.

    Raises:
        UnknownOperationError: the operation is not known here.
    """
    if (call.service, call.operation) in _WITHOUT_RESOURCES:
        return [Need(f"{call.service}:{call.operation}", _ALL)]
    match call.service, call.operation:
        case "batch", "SubmitJob" | "TerminateJob":
            return list(_batch(call))
        case "dynamodb", "GetItem" | "PutItem" | "UpdateItem" | "Query" | "TransactWriteItems":
            return list(_dynamodb(call))
        case "s3", _:
            return list(_s3(call))
        case "stepfunctions", _:
            return list(_states(call, machine_of))
    return list(_others(call))


def need_of_absent(call: AwsCall) -> Need | None:
    """What S3 wants to be allowed before it says that an object is not there, instead of 403.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
    """
    if call.service == "s3" and call.operation in {"HeadObject", "GetObject"}:
        return Need("s3:ListBucket", f"arn:aws:s3:::{call.parameters['Bucket']}")
    return None


def _batch(call: AwsCall) -> Iterator[Need]:
    given = call.parameters
    if call.operation == "TerminateJob":
        yield Need("batch:TerminateJob", _arn(call, f"job/{given['jobId']}"))
        return
    share = {"batch:ShareIdentifier": given.get("shareIdentifier", "")}
    for kind, name in (("job-queue", "jobQueue"), ("job-definition", "jobDefinition")):
        value = given[name]
        resource = value if value.startswith("arn:") else _arn(call, f"{kind}/{value}")
        yield Need("batch:SubmitJob", resource, share)
    if given.get("tags"):
        # https://docs.aws.amazon.com/batch/latest/userguide/supported-iam-actions-tagging.html
        yield Need("batch:TagResource", _arn(call, "job/of-an-id-to-come"))


def _dynamodb(call: AwsCall) -> Iterator[Need]:
    def table(name: str) -> str:
        return _arn(call, f"table/{name}")

    given = call.parameters
    if call.operation == "TransactWriteItems":
        # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
        for ((kind, item),) in (write.items() for write in given["TransactItems"]):
            yield Need(
                f"dynamodb:{_WRITES.get(kind, 'ConditionCheckItem')}", table(item["TableName"])
            )
        return
    index = f"/index/{given['IndexName']}" if "IndexName" in given else ""
    yield Need(f"dynamodb:{call.operation}", table(given["TableName"]) + index)


def _s3(call: AwsCall) -> Iterator[Need]:
    given = call.parameters
    bucket = f"arn:aws:s3:::{given['Bucket']}"
    found = f"{bucket}/{given['Key']}"
    match call.operation:
        case "HeadObject" | "GetObject":
            # of a version it would be another action
            yield Need("s3:GetObjectVersion" if "versionId" in given else "s3:GetObject", found)
        case "ListObjectsV2":
            yield Need("s3:ListBucket", bucket, {"s3:prefix": given.get("prefix", "")})
        case "PutObjectTagging" | "DeleteObject" | "AbortMultipartUpload":
            yield Need(f"s3:{call.operation}", found)
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
        case "PutObject" | "CreateMultipartUpload" | "UploadPart" | "CompleteMultipartUpload":
            yield Need("s3:PutObject", found)
        case "DeleteObjects":
            yield from (Need("s3:DeleteObject", f"{bucket}/{key}") for key in given["Keys"])
        case _:
            raise UnknownOperationError(f"s3:{call.operation}")


def _states(call: AwsCall, machine_of: MachineOfToken) -> Iterator[Need]:
    given, action = call.parameters, f"states:{call.operation}"
    match call.operation:
        case "SendTaskSuccess" | "SendTaskFailure":
            machine = machine_of(given["taskToken"])
            if machine is not None:
                yield Need(action, _unqualified(machine))
        case "StartExecution" | "ListExecutions":
            yield Need(action, _unqualified(given["stateMachineArn"]))
        case "DescribeExecution" | "GetExecutionHistory" | "StopExecution" | "RedriveExecution":
            yield Need(action, given["executionArn"])
        case _:
            raise UnknownOperationError(action)


def _others(call: AwsCall) -> Iterator[Need]:
    given, action = call.parameters, f"{call.service}:{call.operation}"
    match call.service, call.operation:
        case "ecr", "DescribeImages":
            yield Need(action, _arn(call, f"repository/{given['repositoryName']}"))
        case "ecs", "DescribeContainerInstances":
            for name in given["containerInstances"]:
                cluster = {"ecs:cluster": given["cluster"]}
                yield Need(action, name, cluster)
        case "events", "PutEvents":
            for entry in given["Entries"]:
                bus = f"event-bus/{entry.get('EventBusName', 'default')}"
                facts = {
                    "events:source": entry["Source"],
                    "events:detail-type": entry["DetailType"],
                }
                yield Need(action, _arn(call, bus), facts)
        case "iam", "ListRoleTags":
            yield Need(action, f"arn:aws:iam::{ACCOUNT_ID}:role/{given['RoleName']}")
        case "iam", "ListUserTags":
            yield Need(action, f"arn:aws:iam::{ACCOUNT_ID}:user/{given['UserName']}")
        case "logs", "GetLogEvents":
            stream = f"{given['logGroupName']}:log-stream:{given['logStreamName']}"
            yield Need(action, f"{_arn(call, 'log-group')}:{stream}")
        case "sns", "Publish":
            yield Need(action, given["TopicArn"])
        case _:
            raise UnknownOperationError(action)


def _arn(call: AwsCall, resource: str) -> str:
    return f"arn:aws:{call.service}:{call.region}:{ACCOUNT_ID}:{resource}"


def _unqualified(machine: str) -> str:
    """Step Functions asks about the state machine, whichever version or alias is named.

    https://docs.aws.amazon.com/step-functions/latest/dg/auth-version-alias.html
    """
    return ":".join(machine.split(":")[:_PARTS_OF_A_MACHINE_ARN])
