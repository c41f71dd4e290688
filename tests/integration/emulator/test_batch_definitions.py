"""What a template says of job definitions and queues arrives in moto, and in jobs."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.harness.scripted import ScriptedRunner
from tests.support.batch_world import BatchWorld, batch_world, moto_server

TEMPLATE: dict[str, Any] = {
    "Parameters": {"Seconds": {"Type": "Number", "Default": 7200}},
    "Resources": {
        "Definition": {
            "Type": "AWS::Batch::JobDefinition",
            "Properties": {
                "Type": "container",
                "JobDefinitionName": "bwa-dev",
                "PropagateTags": True,
                "PlatformCapabilities": ["EC2"],
                "Parameters": {"RunId": "none"},
                "Tags": {"Project": "exomes"},
                "RetryStrategy": {
                    "Attempts": 3,
                    "EvaluateOnExit": [{"OnStatusReason": "Host EC2*", "Action": "RETRY"}],
                },
                "Timeout": {"AttemptDurationSeconds": {"Ref": "Seconds"}},
                "ContainerProperties": {
                    "Image": "bwa",
                    "Command": ["Ref::RunId", ""],
                    "ResourceRequirements": [
                        {"Type": "VCPU", "Value": "2"},
                        {"Type": "MEMORY", "Value": "4096"},
                    ],
                    "Environment": [{"Name": "SEQSTACK_IMAGE", "Value": "bwa"}],
                    "Volumes": [{"Name": "scratch", "Host": {"SourcePath": "/scratch"}}],
                    "MountPoints": [{"SourceVolume": "scratch", "ContainerPath": "/scratch"}],
                    "LogConfiguration": {
                        "LogDriver": "awslogs",
                        "Options": {"awslogs-group": "/seqstack/test/jobs", "mode": ""},
                    },
                },
            },
        },
        "Plain": {
            "Type": "AWS::Batch::JobDefinition",
            "Properties": {
                "Type": "container",
                "JobDefinitionName": "plain",
                "ContainerProperties": {"Image": "bwa", "Vcpus": 1, "Memory": 512},
            },
        },
    },
}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with moto_server() as endpoint:
        yield endpoint


@pytest.fixture
def world(endpoint: str) -> Iterator[BatchWorld]:
    with batch_world(endpoint, ScriptedRunner()) as world:
        yield world


def deploy(world: BatchWorld, template: dict[str, Any]) -> None:
    world.client("cloudformation").create_stack(StackName="test", TemplateBody=json.dumps(template))


def definition(world: BatchWorld, name: str) -> dict[str, Any]:
    answer = world.client("batch").describe_job_definitions(jobDefinitionName=name)
    (found,) = answer["jobDefinitions"]
    return dict(found)


def test_definition_of_a_template_keeps_what_it_says(world: BatchWorld) -> None:
    deploy(world, TEMPLATE)

    described = definition(world, "bwa-dev")

    assert described["timeout"] == {"attemptDurationSeconds": 7200}
    assert described["propagateTags"] is True
    assert described["platformCapabilities"] == ["EC2"]
    assert described["parameters"] == {"RunId": "none"}
    assert described["tags"] == {"Project": "exomes"}
    assert described["retryStrategy"]["attempts"] == 3


def test_job_of_a_templates_definition_inherits_it(world: BatchWorld) -> None:
    deploy(world, TEMPLATE)

    job = world.finish(world.submit(jobDefinition="bwa-dev", parameters={"RunId": "r1"}))

    assert job["status"] == "SUCCEEDED"
    assert job["timeout"] == {"attemptDurationSeconds": 7200}
    assert job["propagateTags"] is True
    assert job["platformCapabilities"] == ["EC2"]
    assert job["retryStrategy"]["evaluateOnExit"] == [
        {"onStatusReason": "Host EC2*", "action": "retry"}
    ]
    container = job["container"]
    assert container["image"] == "bwa"
    assert container["command"] == ["Ref::RunId", ""]
    assert container["environment"] == [{"name": "SEQSTACK_IMAGE", "value": "bwa"}]
    assert container["volumes"] == [{"name": "scratch", "host": {"sourcePath": "/scratch"}}]
    assert container["mountPoints"] == [{"sourceVolume": "scratch", "containerPath": "/scratch"}]
    assert container["logConfiguration"]["options"]["mode"] == ""
    assert container["logStreamName"].startswith("bwa-dev/default/")


def test_definition_without_a_retry_strategy_has_one_attempt(world: BatchWorld) -> None:
    deploy(world, TEMPLATE)

    job = world.finish(world.submit(jobDefinition="plain"))

    assert job["retryStrategy"] == {"attempts": 1, "evaluateOnExit": []}


def test_queue_of_a_template_keeps_its_tags(world: BatchWorld) -> None:
    (environment,) = world.client("batch").describe_compute_environments()["computeEnvironments"]
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
    deploy(world, {"Resources": {"Queue": queue}})

    (described,) = world.client("batch").describe_job_queues(jobQueues=["tagged"])["jobQueues"]

    assert described["tags"] == {"Project": "exomes"}
    assert world.finish(world.submit("job", "tagged"))["status"] == "SUCCEEDED"


def test_definition_asked_for_by_revision_is_found(world: BatchWorld) -> None:
    deploy(world, TEMPLATE)

    answer = world.client("batch").describe_job_definitions(jobDefinitions=["bwa-dev:1"])

    (found,) = answer["jobDefinitions"]
    assert found["jobDefinitionName"] == "bwa-dev"
    assert found["revision"] == 1
