"""Job queues through the API and templates: time limits, and whose hosts their jobs run on."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator.engine.batch.blocking import BlockReason
from tests.harness.scripted import Act, ScriptedRunner
from tests.support.batch_world import (
    BatchWorld,
    batch_world,
    make_queue,
    make_shared_queue,
    moto_server,
)

REASON = "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"
LIMIT = {"reason": REASON, "state": "RUNNABLE", "maxTimeSeconds": 600, "action": "CANCEL"}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with moto_server() as endpoint:
        yield endpoint


@pytest.fixture
def runner() -> ScriptedRunner:
    return ScriptedRunner()


@pytest.fixture
def world(endpoint: str, runner: ScriptedRunner) -> Iterator[BatchWorld]:
    with batch_world(endpoint, runner) as world:
        yield world


def make_environment(world: BatchWorld, name: str) -> str:
    answer = world.client("batch").create_compute_environment(
        computeEnvironmentName=name,
        type="UNMANAGED",
        state="ENABLED",
        serviceRole="arn:aws:iam::123456789012:role/batch",
    )
    return str(answer["computeEnvironmentArn"])


def limits_of(world: BatchWorld, name: str) -> list[dict[str, Any]]:
    (queue,) = world.client("batch").describe_job_queues(jobQueues=[name])["jobQueues"]
    return list(queue["jobStateTimeLimitActions"])


def test_queue_keeps_the_time_limits_it_was_made_with(world: BatchWorld) -> None:
    make_queue(world, "limited", jobStateTimeLimitActions=[LIMIT])
    make_queue(world, "free")
    assert limits_of(world, "limited") == [LIMIT]
    assert limits_of(world, "free") == []


def test_update_changes_time_limits_only_where_it_names_them(world: BatchWorld) -> None:
    make_queue(world, "limited", jobStateTimeLimitActions=[LIMIT])
    batch = world.client("batch")
    batch.update_job_queue(jobQueue="limited", priority=7)
    assert limits_of(world, "limited") == [LIMIT]
    longer = {**LIMIT, "maxTimeSeconds": 86400}
    batch.update_job_queue(jobQueue="limited", jobStateTimeLimitActions=[longer])
    assert limits_of(world, "limited") == [longer]


@pytest.mark.parametrize(
    "wrong", [{"maxTimeSeconds": 599}, {"maxTimeSeconds": 86401}, {"state": "RUNNING"}]
)
def test_time_limit_that_batch_refuses_makes_no_queue(
    world: BatchWorld, wrong: dict[str, Any]
) -> None:
    with pytest.raises(ClientError, match="ClientException"):
        make_queue(world, "limited", jobStateTimeLimitActions=[{**LIMIT, **wrong}])
    assert world.client("batch").describe_job_queues(jobQueues=["limited"])["jobQueues"] == []


def test_queue_of_a_template_keeps_its_time_limits_and_tags(world: BatchWorld) -> None:
    queue = {
        "Type": "AWS::Batch::JobQueue",
        "Properties": {
            "JobQueueName": "templated",
            "Priority": 1,
            "Tags": {"Project": "exomes"},
            "ComputeEnvironmentOrder": [{"Order": 1, "ComputeEnvironment": "spot-test"}],
            "JobStateTimeLimitActions": [
                {
                    "Reason": REASON,
                    "State": "RUNNABLE",
                    "MaxTimeSeconds": {"Ref": "Patience"},
                    "Action": "CANCEL",
                }
            ],
        },
    }
    template = {
        "Parameters": {"Patience": {"Type": "Number", "Default": 600}},
        "Resources": {"Queue": queue},
    }
    world.client("cloudformation").create_stack(StackName="test", TemplateBody=json.dumps(template))
    assert limits_of(world, "templated") == [LIMIT]
    (described,) = world.client("batch").describe_job_queues(jobQueues=["templated"])["jobQueues"]
    assert described["tags"] == {"Project": "exomes"}


def template_of(queue: dict[str, Any]) -> str:
    policy = {
        "Type": "AWS::Batch::SchedulingPolicy",
        "Properties": {
            "FairsharePolicy": {
                "ShareDecaySeconds": 3600,
                "ShareDistribution": [{"ShareIdentifier": "lab*", "WeightFactor": 0.5}],
            }
        },
    }
    properties = {
        "JobQueueName": "shared",
        "Priority": 1,
        "ComputeEnvironmentOrder": [{"Order": 1, "ComputeEnvironment": "spot-test"}],
        **queue,
    }
    resources = {
        "Policy": policy,
        "Queue": {"Type": "AWS::Batch::JobQueue", "Properties": properties},
    }
    output = {"Value": {"Fn::GetAtt": ["Policy", "Arn"]}}
    return json.dumps({"Resources": resources, "Outputs": {"PolicyArn": output}})


def test_template_creates_a_scheduling_policy_and_gives_it_to_a_queue(world: BatchWorld) -> None:
    formation = world.client("cloudformation")
    formation.create_stack(
        StackName="test", TemplateBody=template_of({"SchedulingPolicyArn": {"Ref": "Policy"}})
    )

    (stack,) = formation.describe_stacks(StackName="test")["Stacks"]
    (queue,) = world.client("batch").describe_job_queues(jobQueues=["shared"])["jobQueues"]
    arn = stack["Outputs"][0]["OutputValue"]
    assert queue["schedulingPolicyArn"] == arn
    (policy,) = world.client("batch").describe_scheduling_policies(arns=[arn])["schedulingPolicies"]
    assert policy["fairsharePolicy"] == {
        "computeReservation": 0,
        "shareDecaySeconds": 3600,
        "shareDistribution": [{"shareIdentifier": "lab*", "weightFactor": 0.5}],
    }

    formation.delete_stack(StackName="test")
    assert world.client("batch").list_scheduling_policies()["schedulingPolicies"] == []


def test_queue_with_a_policy_refuses_a_job_without_a_share(world: BatchWorld) -> None:
    make_shared_queue(world)

    with pytest.raises(ClientError, match="shareIdentifier must be specified"):
        world.submit(queue="shared")
    with pytest.raises(ClientError, match="schedulingPriorityOverride should be specified"):
        world.submit(queue="shared", shareIdentifier="lab")
    job = world.finish(
        world.submit(queue="shared", shareIdentifier="lab", schedulingPriorityOverride=3)
    )
    assert (job["shareIdentifier"], job["schedulingPriority"]) == ("lab", 3)


def test_queue_without_a_policy_refuses_a_job_with_a_share(world: BatchWorld) -> None:
    with pytest.raises(ClientError, match="only be submitted to job queue with fair share"):
        world.submit(queue="low", shareIdentifier="lab", schedulingPriorityOverride=3)


def test_policy_that_batch_refuses_is_not_made(world: BatchWorld) -> None:
    with pytest.raises(ClientError, match="shareDecaySeconds"):
        world.client("batch").create_scheduling_policy(
            name="fair", fairsharePolicy={"shareDecaySeconds": 604_801}
        )


def test_job_of_a_higher_scheduling_priority_starts_before_earlier_ones_of_its_share(
    world: BatchWorld, runner: ScriptedRunner
) -> None:
    make_shared_queue(world)
    runner.acts = {"blocker*": [Act.hang()], "*": [Act.succeed(after_seconds=60)]}
    blockers = [world.submit(name=f"blocker{n}", queue="high") for n in range(2)]
    for job_id in blockers:
        world.wait_for(job_id, "RUNNING")
    for name, priority in {"align1": 0, "align2": 0, "call": 1}.items():
        world.submit(
            name=name,
            queue="shared",
            shareIdentifier="lab",
            schedulingPriorityOverride=priority,
        )
    for job_id in blockers:
        world.client("batch").terminate_job(jobId=job_id, reason="make room")

    world.finish_all()
    started = [e["detail"]["jobName"] for e in world.events if e["detail"]["status"] == "STARTING"]
    assert started[2] == "call"


def test_job_stuck_for_longer_than_its_queues_limit_is_cancelled(world: BatchWorld) -> None:
    make_queue(world, "limited", jobStateTimeLimitActions=[LIMIT])
    world.engine.block_queue("limited", BlockReason.INSUFFICIENT_INSTANCE_CAPACITY)

    job_id = world.submit(queue="limited")
    world.wait_for(job_id, "RUNNABLE")
    job = world.finish(job_id)

    assert job["status"] == "FAILED"
    assert job["statusReason"] == f"Canceled by JobStateTimeLimit action due to reason: {REASON}"
    assert world.clock.monotonic() == 600
    assert [(e["detail-type"], e["detail"]["status"]) for e in world.events] == [
        ("Batch Job State Change", "RUNNABLE"),
        ("Batch Job Queue Blocked", "RUNNABLE"),
        ("Batch Job State Change", "FAILED"),
    ]


def test_job_runs_in_the_first_compute_environment_of_its_queue(
    world: BatchWorld, runner: ScriptedRunner
) -> None:
    for name in ("onDemand-test", "spare-test"):
        make_environment(world, name)
    make_queue(world, "onDemand", "onDemand-test", "spare-test")
    make_queue(world, "spot", "spot-test", "onDemand-test")

    for queue in ("onDemand", "spot"):
        world.finish(world.submit(queue=queue))

    seen = [
        (each.environment["AWS_BATCH_JQ_NAME"], each.environment["AWS_BATCH_CE_NAME"])
        for each in runner.started
    ]
    assert seen == [("onDemand", "onDemand-test"), ("spot", "spot-test")]
    tasks = [e["detail"]["container"].get("taskArn", "") for e in world.events]
    for name in ("onDemand-test", "spot-test"):
        assert any(f":task/{cluster_of(world, name)}/" in arn for arn in tasks)


def cluster_of(world: BatchWorld, environment: str) -> str:
    """The name of an environment's ECS cluster."""
    answer = world.client("batch").describe_compute_environments(computeEnvironments=[environment])
    return str(answer["computeEnvironments"][0]["ecsClusterArn"]).rpartition("/")[2]
