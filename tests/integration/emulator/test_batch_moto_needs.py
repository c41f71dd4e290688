"""moto alone: each test fails when moto no longer needs what `moto_adapters/batch*.py` adds.

Seen with moto 5.2.5. When one fails, the adaptation it names can go.
"""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.cloudformation.parsing import get_model_map

from tests.integration.emulator.test_batch_definitions import TEMPLATE

pytestmark = pytest.mark.long


@pytest.fixture
def batch() -> Iterator[Any]:
    """A Batch client of moto without Docker, with a queue and a job definition."""
    with mock_aws(config={"batch": {"use_docker": False}}):
        role = client("iam").create_role(RoleName="batch", AssumeRolePolicyDocument="{}")
        batch = client("batch")
        environment = batch.create_compute_environment(
            computeEnvironmentName="spot",
            type="UNMANAGED",
            state="ENABLED",
            serviceRole=role["Role"]["Arn"],
        )
        batch.create_job_queue(
            jobQueueName="low",
            priority=1,
            state="ENABLED",
            computeEnvironmentOrder=[
                {"order": 1, "computeEnvironment": environment["computeEnvironmentArn"]}
            ],
        )
        batch.register_job_definition(
            jobDefinitionName="tool",
            type="container",
            containerProperties={"image": "tool", "vcpus": 1, "memory": 64},
            timeout={"attemptDurationSeconds": 60},
        )
        yield batch


def client(service: str) -> Any:
    connect: Any = boto3.client  # its type knows each service only by a literal name
    return connect(
        service,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


def submitted(batch: Any, **more: Any) -> dict[str, Any]:
    job_id = batch.submit_job(jobName="job", jobQueue="low", jobDefinition="tool", **more)["jobId"]
    (job,) = batch.describe_jobs(jobs=[job_id])["jobs"]
    return dict(job)


@pytest.mark.parametrize(
    ("given", "value", "described"),
    [
        ("retryStrategy", {"attempts": 3}, "retryStrategy"),
        ("propagateTags", True, "propagateTags"),
        ("shareIdentifier", "lab", "shareIdentifier"),
        ("schedulingPriorityOverride", 7, "schedulingPriority"),
    ],
)
def test_moto_submit_job_drops_parameters(
    batch: Any, given: str, value: object, described: str
) -> None:
    assert described not in submitted(batch, **{given: value})


def test_moto_describe_jobs_leaves_out_image_and_requirements_of_overrides(batch: Any) -> None:
    overrides = {"resourceRequirements": [{"type": "MEMORY", "value": "128"}]}

    container = submitted(batch, containerOverrides=overrides)["container"]

    assert "image" not in container
    assert "resourceRequirements" not in container
    assert container["memory"] == 64


def test_moto_describe_jobs_leaves_out_the_definitions_timeout(batch: Any) -> None:
    assert "timeout" not in submitted(batch)


def test_moto_does_not_run_jobs(batch: Any) -> None:
    overrides = {"command": ["no-such-command"]}

    assert submitted(batch, containerOverrides=overrides)["status"] == "SUCCEEDED"


def test_moto_list_jobs_does_not_page(batch: Any) -> None:
    for _ in range(3):
        submitted(batch)

    answer = batch.list_jobs(jobQueue="low", jobStatus="SUCCEEDED", maxResults=1)

    assert len(answer["jobSummaryList"]) == 3
    assert "nextToken" not in answer


def test_moto_cloudformation_reads_definitions_in_part(batch: Any) -> None:
    whole = {"Definition": TEMPLATE["Resources"]["Definition"]}
    client("cloudformation").create_stack(
        StackName="test", TemplateBody=json.dumps({**TEMPLATE, "Resources": whole})
    )

    (described,) = batch.describe_job_definitions(jobDefinitionName="bwa-dev")["jobDefinitions"]

    assert "timeout" not in described
    assert described.get("propagateTags") is None
    assert described.get("platformCapabilities") is None
    assert described["parameters"] == {"runId": "none"}
    assert described["tags"] == {"project": "exomes"}


def test_moto_cloudformation_needs_a_retry_strategy(batch: Any) -> None:
    plain = {"Plain": TEMPLATE["Resources"]["Plain"]}

    with pytest.raises(KeyError, match="RetryStrategy"):
        client("cloudformation").create_stack(
            StackName="test", TemplateBody=json.dumps({"Resources": plain})
        )


def test_moto_cloudformation_creates_no_scheduling_policies() -> None:
    assert "AWS::Batch::SchedulingPolicy" not in get_model_map()


def test_moto_cloudformation_drops_a_queues_scheduling_policy(batch: Any) -> None:
    policy = batch.create_scheduling_policy(name="fair", fairsharePolicy={})
    queue = {
        "Type": "AWS::Batch::JobQueue",
        "Properties": {
            "JobQueueName": "shared",
            "Priority": 1,
            "SchedulingPolicyArn": policy["arn"],
            "ComputeEnvironmentOrder": [{"Order": 1, "ComputeEnvironment": "spot"}],
        },
    }
    template = {"Resources": {"Queue": queue}}
    client("cloudformation").create_stack(StackName="test", TemplateBody=json.dumps(template))

    (made,) = batch.describe_job_queues(jobQueues=["shared"])["jobQueues"]
    assert not made.get("schedulingPolicyArn")


def test_moto_takes_a_scheduling_policy_whatever_it_says(batch: Any) -> None:
    batch.create_scheduling_policy(name="fair", fairsharePolicy={"shareDecaySeconds": -1})


def test_moto_cloudformation_drops_a_queues_tags(batch: Any) -> None:
    (environment,) = batch.describe_compute_environments()["computeEnvironments"]
    queue = {
        "Type": "AWS::Batch::JobQueue",
        "Properties": {
            "JobQueueName": "tagged",
            "Priority": 1,
            "Tags": {"Project": "exomes"},
            "ComputeEnvironmentOrder": [
                {"Order": 1, "ComputeEnvironment": environment["computeEnvironmentArn"]}
            ],
        },
    }
    client("cloudformation").create_stack(
        StackName="test", TemplateBody=json.dumps({"Resources": {"Queue": queue}})
    )

    (described,) = batch.describe_job_queues(jobQueues=["tagged"])["jobQueues"]

    assert described["tags"] == {}


def test_moto_queue_has_no_time_limits(batch: Any) -> None:
    limit = {
        "reason": "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY",
        "state": "RUNNABLE",
        "maxTimeSeconds": 600,
        "action": "CANCEL",
    }
    batch.update_job_queue(jobQueue="low", jobStateTimeLimitActions=[limit])

    (described,) = batch.describe_job_queues(jobQueues=["low"])["jobQueues"]

    assert "jobStateTimeLimitActions" not in described


def test_moto_definition_asked_for_by_revision_is_not_found(batch: Any) -> None:
    answer = batch.describe_job_definitions(jobDefinitions=["tool:1"])
    assert answer["jobDefinitions"] == []


def test_moto_rents_no_host_for_a_job(batch: Any) -> None:
    assert submitted(batch)["status"]
    assert client("ec2").describe_instances()["Reservations"] == []
