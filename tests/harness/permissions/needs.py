"""The IAM actions and resources that each operation of functions needs.

The default is the Service Authorization Reference (reference.py). Unknown operations are refused:
add the needs of a new operation here.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from emulator.engine.aws import ACCOUNT_ID
from tests.harness.permissions.policy import Context, Need
from tests.harness.permissions.reference import (
    can_be_about,
    dependent_actions,
    knows,
    required_types,
    resource_types,
)
from tests.harness.permissions.request import AwsCall

_ALL = "*"  # of an action that supports no resources
_PARTS_OF_A_MACHINE_ARN = 7  # followed by a version or an alias
# of a call that names no stack
_FOR_ALL_STACKS = frozenset({"cloudformation:ListStacks"})
_WRITES = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}
type MachineOfToken = Callable[[str], str | None]
type TagsOfResource = Callable[[str], Mapping[str, str]]


class UnknownOperationError(LookupError):
    """The needs of an operation are unknown; the message names it."""


@dataclass(frozen=True, slots=True)
class Known:
    """AWS's further knowledge about a request.

    `machine_of` returns the ARN of a task token's state machine, None for an invalid token;
    `tags_of` returns the tags of the resource with an ARN, empty if there is none.
    """

    machine_of: MachineOfToken
    tags_of: TagsOfResource


def needs(call: AwsCall, known: Known) -> list[Need]:
    """All permissions that a role must have for an operation.

    An invalid task token needs none.

    Raises:
        UnknownOperationError: the operation is unknown, or AWS demands more than this table has.
    """
    if call.operation == "GetCallerIdentity":  # anyone may, whatever a policy says
        return []
    found = _needs(call, known)
    actions = {need.action for need in found}
    for action in actions:
        beyond = dependent_actions(action) - actions - _FOR_ALL_STACKS if knows(action) else ()
        if beyond:
            raise UnknownOperationError(f"{action}, which depends on {', '.join(sorted(beyond))}")
    return found


def _needs(call: AwsCall, known: Known) -> list[Need]:
    action = f"{call.service}:{call.operation}"
    if knows(action) and not resource_types(action):
        return [Need(action, _ALL)]
    match call.service, call.operation:
        case "batch", "SubmitJob" | "TerminateJob" | "TerminateJobs":
            return list(_batch(call, known))
        case "dynamodb", "GetItem" | "PutItem" | "UpdateItem" | "Query" | "TransactWriteItems":
            return list(_dynamodb(call))
        case "s3", _:
            return list(_s3(call))
        case "stepfunctions", _:
            return list(_states(call, known.machine_of))
    return list(_others(call))


def need_of_absent(call: AwsCall) -> Need | None:
    """The permission that S3 requires to answer 404 instead of 403 for an absent object.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
    """
    if call.service == "s3" and call.operation in {"HeadObject", "GetObject"}:
        return Need("s3:ListBucket", f"arn:aws:s3:::{call.parameters['Bucket']}")
    return None


def _batch(call: AwsCall, known: Known) -> Iterator[Need]:
    if call.operation == "SubmitJob":
        yield from _submission(call, known)
    else:
        # https://docs.aws.amazon.com/batch/latest/APIReference/API_TerminateJobs.html: no action of
        # its own
        given = call.parameters
        for job_id in given.get("jobs") or [given["jobId"]]:
            job = _arn(call, f"job/{job_id}")
            yield Need("batch:TerminateJob", job, _tags_there(job, known))


def _submission(call: AwsCall, known: Known) -> Iterator[Need]:
    """A job with tags needs TagResource on its queue and definition too, not on the job alone.

    AWS refuses a SubmitJob with "is not authorized to perform: batch:TagResource on resource:
    …:job-definition/<name>:<revision>": https://github.com/wri/gfw-data-api/pull/175
    """
    given = call.parameters
    resources = {
        "job": _arn(call, "job/*"),  # its id is unknown yet: only a policy for any job allows it
        "job-definition": _named(call, "job-definition", given["jobDefinition"]),
        "job-queue": _named(call, "job-queue", given["jobQueue"]),
    }
    tags = given.get("tags", {})
    asked: Context = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    if tags:
        asked = {**asked, "aws:TagKeys": tuple(tags)}
    if beyond := required_types("batch:SubmitJob") - resources.keys():
        raise UnknownOperationError(f"batch:SubmitJob on {', '.join(sorted(beyond))}")
    for kind in sorted(resources):
        share = {"batch:ShareIdentifier": given.get("shareIdentifier", "")}
        there = _tags_there(resources[kind], known)
        yield Need("batch:SubmitJob", resources[kind], {**asked, **share, **there})
        if tags and can_be_about("batch:TagResource", resources[kind]):
            yield Need("batch:TagResource", resources[kind], {**asked, **there})


def _tags_there(resource: str, known: Known) -> Context:
    return {f"aws:ResourceTag/{key}": value for key, value in known.tags_of(resource).items()}


def _named(call: AwsCall, kind: str, name: str) -> str:
    return name if name.startswith("arn:") else _arn(call, f"{kind}/{name}")


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
        case "HeadBucket":
            yield Need("s3:ListBucket", bucket)
        case "ListObjectsV2":
            yield Need("s3:ListBucket", bucket, {"s3:prefix": given.get("prefix", "")})
        case "ListObjectVersions":
            yield Need("s3:ListBucketVersions", bucket, {"s3:prefix": given.get("prefix", "")})
        case "GetObjectTagging" | "PutObjectTagging" | "DeleteObject" | "AbortMultipartUpload":
            yield Need(f"s3:{call.operation}", found)
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
        case "PutObject" | "CreateMultipartUpload" | "UploadPart" | "CompleteMultipartUpload":
            yield Need("s3:PutObject", found)
            # https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
            if "ifMatch" in given:
                yield Need("s3:GetObject", found)
        case "DeleteObjects":
            yield from (Need("s3:DeleteObject", f"{bucket}/{key}") for key in given["Keys"])
            yield from (
                Need("s3:DeleteObjectVersion", f"{bucket}/{key}")
                for key in given.get("KeysOfVersions", ())
            )
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
        case "cloudformation", _:
            yield Need(action, _arn(call, f"stack/{given['StackName']}/id"))
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
        case "iam", "ListRoleTags" | "ListUserTags":
            name = (
                f"role/{given['RoleName']}" if "RoleName" in given else f"user/{given['UserName']}"
            )
            yield Need(action, f"arn:aws:iam::{ACCOUNT_ID}:{name}")
        case "logs", "GetLogEvents":
            stream = f"{given['logGroupName']}:log-stream:{given['logStreamName']}"
            yield Need(action, f"{_arn(call, 'log-group')}:{stream}")
        case "logs", "FilterLogEvents":
            yield Need(action, f"{_arn(call, 'log-group')}:{given['logGroupName']}")
        case "sns", "Publish":
            yield Need(action, given["TopicArn"])
        case "sqs", "GetQueueAttributes":
            yield Need(action, _arn(call, given["QueueUrl"].rpartition("/")[2]))
        case _:
            raise UnknownOperationError(action)


def _arn(call: AwsCall, resource: str) -> str:
    return f"arn:aws:{call.service}:{call.region}:{ACCOUNT_ID}:{resource}"


def _unqualified(machine: str) -> str:
    """Step Functions checks permissions on the state machine, even for a version or alias.

    https://docs.aws.amazon.com/step-functions/latest/dg/auth-version-alias.html
    """
    return ":".join(machine.split(":")[:_PARTS_OF_A_MACHINE_ARN])
