"""AWS in moto, in this process: the ledger as template.yaml declares it, S3, Batch and logs.

Each test has its own state; boto3's clients are shared, because they are slow to create.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto import mock_aws
from moto.batch.responses import BatchResponse
from samtranslator.yaml_helper import yaml_parse

from emulator.engine.patches import Patches
from seqstack.adapters import aws
from seqstack.adapters.ledger import Ledger
from seqstack.domain.s3uri import S3Uri
from seqstack.workflows.registry import WORKFLOWS
from tests.support.builders import FOLDERS, RESULTS_BUCKET, SOURCE_BUCKET
from tests.support.small_reads import input_body

REGION = "us-east-1"
TABLE = "ledger-dev"
JOB_LOG_GROUP = "/seqstack/dev/jobs"
RUN_ENDS_TOPIC = f"arn:aws:sns:{REGION}:123456789012:run_ends-dev"
MACHINE_ARN = f"arn:aws:states:{REGION}:123456789012:stateMachine:secondary_analysis-dev"
PREPARE_REFERENCE_ARN = MACHINE_ARN.replace("secondary_analysis", "prepare_reference")
JOINT_CALLING_ARN = MACHINE_ARN.replace("secondary_analysis", "joint_calling")
# values of the template's references and parameters in moto
KNOWN_VALUES = {
    "ENVIRONMENT": "dev",
    "LEDGER_TABLE": TABLE,
    "RESULTS_BUCKET": RESULTS_BUCKET,
    "JOB_LOG_GROUP": JOB_LOG_GROUP,
    "POWERTOOLS_LOG_LEVEL": "INFO",
    "EXPIRE_FINISHED_RUNS_AFTER_DAYS": "0",
    "SCRATCH_GIB_PER_VCPU": "45",
    "MAX_SCRATCH_GIB": "1440",
    "NETWORK": "public",
    "INSTANCE_TYPES": "",
    "DEFAULT_QC_GATES": "{}",
    "HIGH_PRIORITY_QUEUE": "arn:aws:batch:us-east-1:123456789012:job-queue/highPriority-dev",
    "LOW_PRIORITY_QUEUE": "arn:aws:batch:us-east-1:123456789012:job-queue/lowPriority-dev",
    "ON_DEMAND_QUEUE": "arn:aws:batch:us-east-1:123456789012:job-queue/onDemand-dev",
    "SECONDARY_ANALYSIS_ARN": MACHINE_ARN,
    "PREPARE_REFERENCE_ARN": PREPARE_REFERENCE_ARN,
    "JOINT_CALLING_ARN": JOINT_CALLING_ARN,
    "COHORT_ARN": MACHINE_ARN.replace("secondary_analysis", "cohort"),
    "COHORT_CONCURRENCY": "100",
    "COHORT_TOLERATED_FAILURES": "100",
    "RUN_ENDS_TOPIC": RUN_ENDS_TOPIC,
    "CONFINE_CALLERS_BY": "",
    **{f"JOB_DEFINITION_{name.upper()}": f"{name}-dev" for name in FOLDERS.values()},
}
_HEARD_ENDS = "heard-ends"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
QUEUES = {"highPriority-dev": 100, "lowPriority-dev": 10, "onDemand-dev": 200}
_TABLE_PROPERTIES = (
    "AttributeDefinitions",
    "KeySchema",
    "GlobalSecondaryIndexes",
    "BillingMode",
)


@cache
def template() -> dict[str, Any]:
    """template.yaml, parsed."""
    parsed: dict[str, Any] = yaml_parse((Path(__file__).parents[2] / "template.yaml").read_text())
    return parsed


def functions() -> dict[str, str]:
    """The functions' logical ids, by their folders below functions/."""
    return {
        resource["Properties"]["CodeUri"].removeprefix("functions/").rstrip("/"): logical_id
        for logical_id, resource in template()["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def machines() -> dict[str, str]:
    """The state machines' logical ids, by their files below statemachine/."""
    return {
        Path(resource["Properties"]["DefinitionUri"]).name.removesuffix(".asl.json"): logical_id
        for logical_id, resource in template()["Resources"].items()
        if resource["Type"] == "AWS::Serverless::StateMachine"
    }


@cache
def _client(service: str) -> Any:
    return boto3.client(service, region_name=REGION)  # type: ignore[call-overload]


@dataclass
class AwsWorld:
    """Clients of moto, and the answers to task tokens."""

    answers: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def client(self, service: str) -> Any:
        return _client(service)

    @property
    def ledger(self) -> Ledger:
        return Ledger(TABLE)

    def item(self, pk: str, sk: str) -> dict[str, Any] | None:
        """One item of the ledger as DynamoDB itself shows it, with its types."""
        answer = self.client("dynamodb").get_item(
            TableName=TABLE, Key={"pk": {"S": pk}, "sk": {"S": sk}}
        )
        item: dict[str, Any] | None = answer.get("Item")
        return item

    def index(self, name: str, **key: str) -> list[dict[str, Any]]:
        """The items of an index of the ledger for a hash key, in order."""
        ((attribute, value),) = key.items()
        answer = self.client("dynamodb").query(
            TableName=TABLE,
            IndexName=name,
            KeyConditionExpression="#key = :value",
            ExpressionAttributeNames={"#key": attribute},
            ExpressionAttributeValues={":value": {"S": value}},
        )
        return list(answer["Items"])

    def put_object(self, uri: str | S3Uri, **options: Any) -> None:
        where = S3Uri.parse(str(uri))
        body = input_body(where.key)
        self.client("s3").put_object(Bucket=where.bucket, Key=where.key, Body=body, **options)

    def delete_object(self, uri: str | S3Uri) -> None:
        where = S3Uri.parse(str(uri))
        self.client("s3").delete_object(Bucket=where.bucket, Key=where.key)

    def write_log(self, stream: str, lines: list[str]) -> None:
        logs = self.client("logs")
        logs.create_log_stream(logGroupName=JOB_LOG_GROUP, logStreamName=stream)
        now = int(time.time() * 1000)  # CloudWatch drops events of more than two weeks ago
        events = [{"timestamp": now, "message": line} for line in lines]
        logs.put_log_events(logGroupName=JOB_LOG_GROUP, logStreamName=stream, logEvents=events)


@contextmanager
def _bulk_termination() -> Iterator[None]:
    """TerminateJobs, which moto 5.2.5 lacks."""

    def terminate_jobs(request: BatchResponse) -> str:
        jobs, reason = request._get_param("jobs"), request._get_param("reason")
        for job_id in jobs:
            request.batch_backend.terminate_job(job_id, reason)
        return json.dumps({"successful": jobs, "errors": []})

    patches = Patches()
    patches.add(BatchResponse, "terminatejobs", terminate_jobs)
    try:
        yield
    finally:
        patches.restore()


@contextmanager
def aws_world() -> Iterator[AwsWorld]:
    """Start an empty AWS with the ledger; nothing leaves this process."""
    with _bulk_termination(), mock_aws(config={"batch": {"use_docker": False}}):
        world = AwsWorld()
        declared = template()["Resources"]["LedgerTable"]["Properties"]
        world.client("dynamodb").create_table(
            TableName=TABLE, **{name: declared[name] for name in _TABLE_PROPERTIES}
        )
        yield world


def forget_clients() -> None:
    """Drop the clients that are kept between tests, and those of the adapters."""
    kept: list[Any] = [_client, aws.client, aws.dynamodb, aws.messenger, aws.job_submitter]
    for factory in kept:
        factory.cache_clear()


def make_objects_and_logs(world: AwsWorld) -> None:
    """Give `world` the buckets of inputs and results, and the jobs' log group."""
    for bucket in (SOURCE_BUCKET, RESULTS_BUCKET):
        world.client("s3").create_bucket(Bucket=bucket)
    world.client("logs").create_log_group(logGroupName=JOB_LOG_GROUP)


def make_batch(world: AwsWorld) -> None:
    """Give `world` the stack's queues and job definitions; its jobs succeed at once."""
    role = world.client("iam").create_role(
        RoleName="batch", AssumeRolePolicyDocument="{}", Path="/service-role/"
    )
    batch = world.client("batch")
    environment = batch.create_compute_environment(
        computeEnvironmentName="spot",
        type="UNMANAGED",
        state="ENABLED",
        serviceRole=role["Role"]["Arn"],
    )
    order = [{"order": 1, "computeEnvironment": environment["computeEnvironmentArn"]}]
    policy = batch.create_scheduling_policy(name="fairShare-dev", fairsharePolicy={})
    for name, priority in QUEUES.items():
        batch.create_job_queue(
            jobQueueName=name,
            priority=priority,
            state="ENABLED",
            computeEnvironmentOrder=order,
            schedulingPolicyArn=policy["arn"],
        )
    for folder in FOLDERS.values():
        define_job(world, f"{folder}-dev")


def make_state_machines(world: AwsWorld) -> None:
    """Give `world` the state machine of each workflow; their executions end at once."""
    for name in WORKFLOWS:
        world.client("stepfunctions").create_state_machine(
            name=f"{name}-dev",
            definition='{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}',
            roleArn="arn:aws:iam::123456789012:role/machine",
        )


def rent_host(world: AwsWorld, instance_type: str) -> str:
    """Create a Spot instance in an ECS cluster, like Batch's hosts; return its ARN in ECS."""
    ec2, ecs = world.client("ec2"), world.client("ecs")
    reservation = ec2.run_instances(
        ImageId="ami-12c6146b",
        MinCount=1,
        MaxCount=1,
        InstanceType=instance_type,
        InstanceMarketOptions={"MarketType": "spot"},
        Placement={"AvailabilityZone": "us-east-1a"},
    )
    instance_id = reservation["Instances"][0]["InstanceId"]
    ecs.create_cluster(clusterName="AWSBatch-spot")
    answer = ecs.register_container_instance(
        cluster="AWSBatch-spot", instanceIdentityDocument=json.dumps({"instanceId": instance_id})
    )
    return str(answer["containerInstance"]["containerInstanceArn"])


def make_run_ends(world: AwsWorld) -> None:
    """Give `world` the topic of ends, with a queue that subscribes to it."""
    sqs, sns = world.client("sqs"), world.client("sns")
    sqs.create_queue(QueueName=_HEARD_ENDS)
    sns.create_topic(Name=RUN_ENDS_TOPIC.rpartition(":")[2])
    queue_arn = f"arn:aws:sqs:{REGION}:123456789012:{_HEARD_ENDS}"
    sns.subscribe(TopicArn=RUN_ENDS_TOPIC, Protocol="sqs", Endpoint=queue_arn)


def heard_ends(world: AwsWorld) -> list[dict[str, Any]]:
    """The envelopes of the messages that the topic of ends has sent since the last call."""
    sqs = world.client("sqs")
    url = sqs.get_queue_url(QueueName=_HEARD_ENDS)["QueueUrl"]
    heard = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            heard.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return heard


def push_image(world: AwsWorld, repository: str, tag: str) -> None:
    """Push an image to ECR, unless it exists."""
    ecr = world.client("ecr")
    with suppress(ecr.exceptions.RepositoryAlreadyExistsException):
        ecr.create_repository(repositoryName=repository)
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "layers": [{"digest": repository}]}
        ecr.put_image(repositoryName=repository, imageTag=tag, imageManifest=json.dumps(manifest))


def define_job(world: AwsWorld, name: str, memory_mib: int = 28672) -> str:
    """Register one more revision of a job definition, its image pushed; return its ARN."""
    push_image(world, f"seqstack-dev/{name}", "0.1.0")
    answer = world.client("batch").register_job_definition(
        jobDefinitionName=name,
        type="container",
        containerProperties={
            "image": f"123456789012.dkr.ecr.us-east-1.amazonaws.com/seqstack-dev/{name}:0.1.0",
            "resourceRequirements": [
                {"type": "VCPU", "value": "16"},
                {"type": "MEMORY", "value": str(memory_mib)},
            ],
        },
    )
    return str(answer["jobDefinitionArn"])


def function_environment(logical_id: str) -> dict[str, str]:
    """A function's variables as template.yaml names them, with values that moto knows.

    Variables that are `AWS::NoValue` are left out.
    """
    variables = {
        **template()["Globals"]["Function"]["Environment"]["Variables"],
        **template()["Resources"][logical_id]["Properties"]["Environment"]["Variables"],
    }
    return {
        name: value if isinstance(value, str) else KNOWN_VALUES[name]
        for name, value in variables.items()
        if value != {"Ref": "AWS::NoValue"}
    }


@contextmanager
def heard_answers(world: AwsWorld) -> Iterator[None]:
    """Record every answer to a task token in `world`; in moto no execution waits for one."""

    def take(params: Any, model: Any, **_: Any) -> Any:
        world.answers.append((model.name, json.loads(params["body"])))
        return AWSResponse("", 200, HTTPHeaders(), None), {}

    events: Any = aws.client("stepfunctions").meta.events
    answers = ("before-call.sfn.SendTaskSuccess", "before-call.sfn.SendTaskFailure")
    for answer in answers:
        events.register(answer, take)
    yield
    for answer in answers:
        events.unregister(answer, take)
