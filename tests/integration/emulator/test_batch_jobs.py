"""Jobs through boto3 and moto, with a scripted runner: states, retries, stops, records, events."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator.engine.batch.capacity import Capacity
from tests.harness.scripted import Act, ScriptedRunner
from tests.support.batch_world import (
    IMAGE,
    LOG_GROUP,
    ON_RECLAIM,
    PATH,
    BatchWorld,
    batch_world,
    make_shared_queue,
    moto_server,
)
from tests.support.waiting import until


@pytest.fixture
def runner() -> ScriptedRunner:
    return ScriptedRunner(
        {
            "fails*": [Act.fail(3, lines=["tool: no input"])],
            "hangs*": [Act.hang()],
            "stubborn*": [Act.hang(ignores_sigterm=True)],
            "reclaimed*": [Act.lose_host(), Act.succeed()],
            "noImage*": [Act.lack_image("CannotPullContainerError: no such image")],
            "memory*": [Act.run_out_of_memory()],
        }
    )


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with moto_server() as endpoint:
        yield endpoint


@pytest.fixture
def world(endpoint: str, runner: ScriptedRunner) -> Iterator[BatchWorld]:
    with batch_world(endpoint, runner) as world:
        yield world


def test_job_that_succeeds_passes_every_state_in_order(world: BatchWorld) -> None:
    job_id = world.submit()

    job = world.finish(job_id)

    assert world.states(job_id) == [*PATH, "SUCCEEDED"]
    assert job["status"] == "SUCCEEDED"
    assert job["container"]["exitCode"] == 0
    assert job["statusReason"] == "Essential container in task exited"
    assert job["createdAt"] <= job["startedAt"] <= job["stoppedAt"]


def test_job_that_fails_keeps_exit_code_attempt_and_log(world: BatchWorld) -> None:
    job = world.finish(world.submit("fails"))

    (attempt,) = job["attempts"]
    assert job["status"] == "FAILED"
    assert job["container"]["exitCode"] == 3
    assert attempt["container"]["exitCode"] == 3
    assert attempt["container"]["taskArn"] == job["container"]["taskArn"]
    assert attempt["container"]["logStreamName"] == job["container"]["logStreamName"]
    assert world.log_lines(job["container"]["logStreamName"]) == ["tool: no input"]


def test_job_on_a_reclaimed_host_runs_again(world: BatchWorld, runner: ScriptedRunner) -> None:
    job_id = world.submit("reclaimed", retryStrategy=ON_RECLAIM)

    job = world.finish(job_id)

    assert world.states(job_id) == [*PATH, *PATH, "SUCCEEDED"]
    first, second = job["attempts"]
    assert first["statusReason"] == "Host EC2 (instance i-0123456789abcdef0) terminated."
    assert "exitCode" not in first["container"]
    assert second["container"]["exitCode"] == 0
    assert first["container"]["logStreamName"] != second["container"]["logStreamName"]
    assert [each.environment["AWS_BATCH_JOB_ATTEMPT"] for each in runner.started] == ["1", "2"]


def test_events_of_a_retried_job_count_its_finished_attempts(world: BatchWorld) -> None:
    world.finish(world.submit("reclaimed", retryStrategy=ON_RECLAIM))

    counts = [len(event["detail"]["attempts"]) for event in world.events]

    assert counts == [0, 0, 0, 1, 1, 1, 2]


def test_event_of_a_job_to_be_retried_shows_no_attempt_under_way(world: BatchWorld) -> None:
    world.finish(world.submit("fails", retryStrategy={"attempts": 2}))

    again = world.events[3]["detail"]

    assert again["status"] == "RUNNABLE"
    assert {"startedAt", "stoppedAt", "statusReason"}.isdisjoint(again)
    assert {"exitCode", "reason", "taskArn", "logStreamName"}.isdisjoint(again["container"])


def test_task_is_known_when_starting_and_log_stream_when_running(world: BatchWorld) -> None:
    """https://docs.aws.amazon.com/batch/latest/APIReference/API_ContainerDetail.html."""
    world.finish(world.submit())

    known = [
        {"taskArn", "containerInstanceArn", "logStreamName"} & event["detail"]["container"].keys()
        for event in world.events
    ]

    task = {"taskArn", "containerInstanceArn"}
    assert known == [set(), task, {*task, "logStreamName"}, {*task, "logStreamName"}]


def test_failing_job_with_an_exit_rule_does_not_run_again(world: BatchWorld) -> None:
    job = world.finish(world.submit("fails", retryStrategy=ON_RECLAIM))

    assert len(job["attempts"]) == 1


def test_failing_job_without_rules_uses_all_attempts_of_its_definition(world: BatchWorld) -> None:
    world.define("thrice", retryStrategy={"attempts": 3})

    job = world.finish(world.submit("fails", jobDefinition="thrice"))

    assert len(job["attempts"]) == 3
    assert job["retryStrategy"] == {"attempts": 3, "evaluateOnExit": []}


def test_job_without_its_image_fails_to_start_and_never_runs(world: BatchWorld) -> None:
    job_id = world.submit("noImage")

    job = world.finish(job_id)

    assert world.states(job_id) == ["RUNNABLE", "STARTING", "FAILED"]
    assert job["statusReason"] == "Task failed to start"
    assert job["container"]["reason"] == "CannotPullContainerError: no such image"
    assert "exitCode" not in job["container"]
    assert "startedAt" not in job


def test_job_whose_overrides_are_too_long_never_runs(
    world: BatchWorld, runner: ScriptedRunner
) -> None:
    # what is not the argument: the JSON around it, and four variables
    others = 500
    fits = world.finish(world.submit(containerOverrides={"command": ["x" * (8_192 - others)]}))
    started = len(runner.started)
    job_id = world.submit(containerOverrides={"command": ["x" * 8_192]}, retryStrategy=ON_RECLAIM)
    refused = world.finish(job_id)

    assert fits["status"] == "SUCCEEDED"
    assert refused["statusReason"] == "Container Overrides length must be at most 8192"
    assert world.states(job_id) == ["RUNNABLE", "STARTING", "FAILED"]
    assert "exitCode" not in refused["container"]
    assert len(runner.started) == started


def test_job_over_its_memory_says_so(world: BatchWorld) -> None:
    job = world.finish(world.submit("memory"))

    assert job["container"]["exitCode"] == 137
    assert job["container"]["reason"].startswith("OutOfMemoryError: Container killed")


def test_job_over_its_time_is_stopped_and_not_retried(world: BatchWorld) -> None:
    limit = {"attemptDurationSeconds": 36000}
    job = world.finish(world.submit("hangs", timeout=limit, retryStrategy={"attempts": 3}))

    assert job["status"] == "FAILED"
    assert job["statusReason"] == "Job attempt duration exceeded timeout"
    assert len(job["attempts"]) == 1
    assert job["container"]["exitCode"] == 143
    assert job["timeout"] == limit
    assert world.clock.monotonic() == 36000


def test_job_over_its_definitions_time_is_stopped(world: BatchWorld) -> None:
    world.define("short", timeout={"attemptDurationSeconds": 1})

    job = world.finish(world.submit("hangs", jobDefinition="short"))

    assert job["statusReason"] == "Job attempt duration exceeded timeout"


def test_terminated_job_fails_with_the_callers_reason(world: BatchWorld) -> None:
    job_id = world.submit("hangs", retryStrategy={"attempts": 3})
    world.wait_for(job_id, "RUNNING")

    world.client("batch").terminate_job(jobId=job_id, reason="The run was aborted")

    job = world.finish(job_id)
    assert (job["status"], job["statusReason"]) == ("FAILED", "The run was aborted")
    assert job["container"]["exitCode"] == 143
    assert job["isTerminated"] is True
    assert len(job["attempts"]) == 1


def test_jobs_are_terminated_fifty_a_call(world: BatchWorld) -> None:
    jobs = [world.submit("hangs"), world.submit("hangs")]
    for job_id in jobs:
        world.wait_for(job_id, "RUNNING")
    batch = world.client("batch")

    answer = batch.terminate_jobs(jobs=[*jobs, "forgotten"], reason="The run was aborted")

    assert (answer["successful"], answer["errors"]) == ([*jobs, "forgotten"], [])
    for job_id in jobs:
        assert world.finish(job_id)["statusReason"] == "The run was aborted"
    with pytest.raises(ClientError, match="1 to 50 jobs"):
        batch.terminate_jobs(jobs=["one"] * 51, reason="too many")


def test_job_that_ignores_sigterm_is_killed_after_the_grace_period(world: BatchWorld) -> None:
    job_id = world.submit("stubborn")
    world.wait_for(job_id, "RUNNING")

    world.client("batch").terminate_job(jobId=job_id, reason="stop")

    assert world.finish(job_id)["container"]["exitCode"] == 137


def test_first_reason_to_stop_a_job_stays(world: BatchWorld) -> None:
    job_id = world.submit("stubborn")
    world.wait_for(job_id, "RUNNING")

    for reason in ("first", "second"):
        world.client("batch").terminate_job(jobId=job_id, reason=reason)

    assert world.finish(job_id)["statusReason"] == "first"


def test_cancelled_job_that_waits_never_starts(world: BatchWorld) -> None:
    whole_machine = {"resourceRequirements": [{"type": "VCPU", "value": "2"}]}
    running = world.submit("hangs", containerOverrides=whole_machine)
    waiting = world.submit("waits")
    world.wait_for(running, "RUNNING")

    world.client("batch").cancel_job(jobId=waiting, reason="not needed")
    world.client("batch").cancel_job(jobId=running, reason="too late")

    until(lambda: world.states(waiting), lambda seen: seen == ["RUNNABLE", "FAILED"])
    assert world.describe(waiting)["statusReason"] == "not needed"
    assert world.describe(waiting)["isCancelled"] is True
    assert world.describe(running)["status"] == "RUNNING"


def test_job_larger_than_the_machine_runs_alone(world: BatchWorld) -> None:
    huge = {
        "resourceRequirements": [
            {"type": "VCPU", "value": "64"},
            {"type": "MEMORY", "value": "1000000"},
        ]
    }
    large = world.submit("hangs-large", containerOverrides=huge)
    world.wait_for(large, "RUNNING")
    small = world.submit("small")
    world.wait_for(small, "RUNNABLE")
    assert world.engine.jobs_running() == (large,)

    world.client("batch").terminate_job(jobId=large, reason="done")

    assert world.finish(small)["status"] == "SUCCEEDED"
    requirements = world.describe(large)["container"]["resourceRequirements"]
    assert {"type": "VCPU", "value": "64"} in requirements


def test_high_priority_queue_goes_first(world: BatchWorld, runner: ScriptedRunner) -> None:
    whole_machine = {"resourceRequirements": [{"type": "VCPU", "value": "2"}]}
    first = world.submit("hangs-first", containerOverrides=whole_machine)
    world.wait_for(first, "RUNNING")
    for name, queue in (("low-1", "low"), ("high-1", "high"), ("low-2", "low"), ("high-2", "high")):
        world.submit(name, queue, containerOverrides=whole_machine)

    world.client("batch").terminate_job(jobId=first, reason="done")

    world.finish_all()
    order = [attempt.job_name for attempt in runner.started]
    assert order == ["hangs-first", "high-1", "high-2", "low-1", "low-2"]


def test_dependent_job_waits_for_success(world: BatchWorld) -> None:
    first = world.submit("hangs")
    second = world.submit("next", dependsOn=[{"jobId": first}])
    world.wait_for(second, "PENDING")

    world.client("batch").terminate_job(jobId=first, reason="stop")

    job = world.finish(second)
    assert world.states(second) == ["PENDING", "FAILED"]
    assert job["statusReason"] == "Dependent Job failed"
    assert job["dependsOn"] == [{"jobId": first}]


def test_dependent_job_runs_after_success(world: BatchWorld) -> None:
    first = world.submit("first")

    second = world.submit("next", dependsOn=[{"jobId": first}])

    assert world.finish(second)["startedAt"] >= world.describe(first)["stoppedAt"]


def test_described_job_has_everything_that_was_submitted(world: BatchWorld) -> None:
    make_shared_queue(world)
    world.define(
        "full",
        parameters={"runId": "none", "reference": "hg38"},
        propagateTags=False,
        container={
            "command": ["--sample_id", "Ref::runId"],
            "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
            "volumes": [{"name": "scratch", "host": {"sourcePath": "/scratch"}}],
            "mountPoints": [{"sourceVolume": "scratch", "containerPath": "/scratch"}],
        },
    )

    job = world.finish(
        world.submit(
            jobDefinition="full",
            queue="shared",
            parameters={"runId": "r1"},
            shareIdentifier="lab",
            schedulingPriorityOverride=7,
            propagateTags=True,
            tags={"Project": "exomes"},
            timeout={"attemptDurationSeconds": 600},
            retryStrategy=ON_RECLAIM,
            containerOverrides={
                "command": ["--sample_id", "Ref::runId", "Ref::unknown"],
                "environment": [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}],
                "resourceRequirements": [{"type": "MEMORY", "value": "1024"}],
            },
        )
    )

    container = job["container"]
    assert job["jobDefinition"].endswith(":job-definition/full:1")
    assert job["parameters"] == {"runId": "r1", "reference": "hg38"}
    assert job["shareIdentifier"] == "lab"
    assert job["schedulingPriority"] == 7
    assert job["propagateTags"] is True
    assert job["tags"] == {"Project": "exomes"}
    assert job["timeout"] == {"attemptDurationSeconds": 600}
    assert job["retryStrategy"] == ON_RECLAIM
    assert container["command"] == ["--sample_id", "Ref::runId", "Ref::unknown"]
    assert {entry["name"]: entry["value"] for entry in container["environment"]} == {
        "A": "1",
        "B": "3",
        "C": "4",
    }
    assert {need["type"]: need["value"] for need in container["resourceRequirements"]} == {
        "VCPU": "1",
        "MEMORY": "1024",
    }
    assert container["mountPoints"] == [{"sourceVolume": "scratch", "containerPath": "/scratch"}]
    assert container["logConfiguration"]["options"]["awslogs-group"] == LOG_GROUP


def test_runner_gets_the_command_with_its_parameters(
    world: BatchWorld, runner: ScriptedRunner
) -> None:
    job_id = world.submit(
        parameters={"runId": "r1"},
        containerOverrides={"command": ["--id=Ref::runId", "Ref::unknown"]},
    )
    world.finish(job_id)

    (attempt,) = runner.started
    assert attempt.command == ["--id=r1", "Ref::unknown"]
    assert attempt.environment == {
        "AWS_BATCH_JOB_ID": job_id,
        "AWS_BATCH_JOB_ATTEMPT": "1",
        "AWS_BATCH_JQ_NAME": "low",
        "AWS_BATCH_CE_NAME": "spot-test",
    }


def test_event_carries_the_described_record(world: BatchWorld) -> None:
    job_id = world.submit(tags={"Project": "exomes"}, parameters={"runId": "r1"})
    job = world.finish(job_id)

    event = world.events[-1]
    detail = event["detail"]

    arn = f"arn:aws:batch:us-east-1:123456789012:job/{job_id}"
    assert {key: event[key] for key in event if key not in {"id", "time", "detail"}} == {
        "version": "0",
        "detail-type": "Batch Job State Change",
        "source": "aws.batch",
        "account": "123456789012",
        "region": "us-east-1",
        "resources": [arn],
    }
    assert detail["tags"] == {"resourceArn": arn, "Project": "exomes"}
    assert {**detail, "tags": {"Project": "exomes"}} == job


def test_events_are_snapshots(world: BatchWorld) -> None:
    world.finish(world.submit("fails"))

    assert "exitCode" not in world.events[2]["detail"]["container"]
    assert world.events[2]["detail"]["attempts"] == []


def test_event_times_and_ids_are_eventbridges(world: BatchWorld) -> None:
    world.finish(world.submit())

    assert len({event["id"] for event in world.events}) == 4
    assert all(len(event["time"]) == len("2022-01-11T23:36:40Z") for event in world.events)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"jobDefinition": "missing"}, "missing"),
        ({"queue": "missing"}, "missing"),
        ({"name": "not a name"}, "Job name"),
        ({"dependsOn": [{"jobId": "nobody"}]}, "nobody"),
        ({"retryStrategy": {"attempts": 11}}, "attempts"),
        ({"arrayProperties": {"size": 1}}, "between 2 and 10,000"),
        ({"arrayProperties": {"size": 10_001}}, "between 2 and 10,000"),
        ({"arrayProperties": {"size": 2}, "dependsOn": [{"type": "SEQUENTIAL"}]}, "children"),
    ],
)
def test_submission_that_batch_refuses_is_refused(
    world: BatchWorld, request_: dict[str, Any], said: str
) -> None:
    with pytest.raises(ClientError, match=said) as refused:
        world.submit(**request_)

    assert refused.value.response["Error"]["Code"] == "ClientException"


def test_definition_by_name_means_its_newest_active_revision(world: BatchWorld) -> None:
    second = world.define("tool-test", container={"command": ["two"]})
    third = world.define("tool-test", container={"command": ["three"]})
    world.client("batch").deregister_job_definition(jobDefinition=third)

    assert world.describe(world.submit())["jobDefinition"] == second
    by_revision = world.submit(jobDefinition="tool-test:1")
    assert world.describe(by_revision)["jobDefinition"].endswith("tool-test:1")
    by_arn = world.submit(jobDefinition=second)
    assert world.describe(by_arn)["container"]["command"] == ["two"]


def test_disabled_queue_takes_no_jobs(world: BatchWorld) -> None:
    world.client("batch").update_job_queue(jobQueue="low", state="DISABLED")

    with pytest.raises(ClientError, match="not ENABLED"):
        world.submit()


def test_list_jobs_by_name_finds_any_state_newest_first(world: BatchWorld) -> None:
    first, second = world.submit("run1-align-1"), world.submit("run1-align-2")
    world.submit("run2-align-1")
    world.submit("run1-align-1", "high")
    world.finish_all()

    def listed(value: str) -> list[str]:
        answer = world.client("batch").list_jobs(
            jobQueue="low", filters=[{"name": "JOB_NAME", "values": [value]}]
        )
        return [job["jobId"] for job in answer["jobSummaryList"]]

    assert listed("run1-align-1") == [first]
    assert listed("RUN1-*") == [second, first]


def test_list_jobs_by_status_and_by_default_running(world: BatchWorld) -> None:
    failed, running = world.submit("fails"), world.submit("hangs")
    world.wait_for(failed, "FAILED")
    world.wait_for(running, "RUNNING")
    batch = world.client("batch")

    (one,) = batch.list_jobs(jobQueue="low", jobStatus="FAILED")["jobSummaryList"]
    assert one["jobId"] == failed
    assert one["container"] == {"exitCode": 3}
    (two,) = batch.list_jobs(jobQueue="low")["jobSummaryList"]
    assert two["jobId"] == running


def test_list_jobs_pages(world: BatchWorld) -> None:
    ids = [world.submit(f"job-{number}") for number in range(5)]
    world.finish_all()

    pages = (
        world.client("batch")
        .get_paginator("list_jobs")
        .paginate(jobQueue="low", jobStatus="SUCCEEDED", PaginationConfig={"PageSize": 2})
    )
    sizes_and_ids = [[job["jobId"] for job in page["jobSummaryList"]] for page in pages]

    assert sizes_and_ids == [[ids[4], ids[3]], [ids[2], ids[1]], [ids[0]]]


def test_describe_jobs_leaves_out_unknown_ids(world: BatchWorld) -> None:
    assert world.client("batch").describe_jobs(jobs=["nobody"])["jobs"] == []


def test_tags_of_a_job_are_listed_by_arn(world: BatchWorld) -> None:
    job_id = world.submit(tags={"Project": "exomes"})

    arn = world.describe(job_id)["jobArn"]

    assert world.client("batch").list_tags_for_resource(resourceArn=arn)["tags"] == {
        "Project": "exomes"
    }


def test_job_without_a_log_group_uses_batchs_own(world: BatchWorld) -> None:
    world.client("batch").register_job_definition(
        jobDefinitionName="plain",
        type="container",
        containerProperties={"image": "tool", "vcpus": 1, "memory": 64},
    )

    job = world.finish(world.submit("fails", jobDefinition="plain"))

    stream = job["container"]["logStreamName"]
    assert stream.startswith("plain/default/")
    assert world.log_lines(stream, "/aws/batch/job") == ["tool: no input"]


def test_job_whose_log_group_is_missing_does_not_start(world: BatchWorld) -> None:
    world.client("logs").delete_log_group(logGroupName=LOG_GROUP)

    job = world.finish(world.submit())

    assert job["statusReason"] == "Task failed to start"
    assert LOG_GROUP in job["container"]["reason"]


def test_reclaimed_host_ends_a_running_job_at_once(world: BatchWorld) -> None:
    job_id = world.submit("hangs")
    world.wait_for(job_id, "RUNNING")

    world.engine.reclaim_host(job_id)

    job = world.finish(job_id)
    assert job["statusReason"].startswith("Host EC2 (instance i-")
    assert "exitCode" not in job["container"]


def test_reclaimed_host_uses_an_attempt_where_evaluate_on_exit_says_so(world: BatchWorld) -> None:
    job_id = world.submit("hangs", retryStrategy=ON_RECLAIM)
    for made in (1, 2, 3):
        world.wait_for(job_id, "RUNNING")
        assert world.engine.reclaim_host(job_id)
        until(lambda: world.describe(job_id)["attempts"], lambda found: len(found) == made)  # noqa: B023

    job = world.finish(job_id)
    assert job["status"] == "FAILED"
    reasons = [attempt["statusReason"] for attempt in job["attempts"]]
    assert all(reason.startswith("Host EC2 (instance i-") for reason in reasons)
    assert len(set(reasons)) == 3  # three hosts
    assert world.states(job_id) == [*PATH, *PATH, *PATH, "FAILED"]


def test_exhausted_memory_ends_a_running_job_as_ecs_words_it(world: BatchWorld) -> None:
    job_id = world.submit("hangs", retryStrategy=ON_RECLAIM)
    world.wait_for(job_id, "RUNNING")

    assert world.engine.exhaust_memory(job_id)

    job = world.finish(job_id)
    (attempt,) = job["attempts"]
    assert job["status"] == "FAILED"
    assert job["statusReason"] == "Essential container in task exited"
    assert attempt["container"]["exitCode"] == 137
    assert attempt["container"]["reason"] == (
        "OutOfMemoryError: Container killed due to memory usage"
    )


def test_faults_of_a_job_without_a_host_do_nothing(world: BatchWorld) -> None:
    job_id = world.submit()
    world.finish(job_id)

    assert not world.engine.reclaim_host(job_id)
    assert not world.engine.exhaust_memory("unknown")
    assert world.describe(job_id)["status"] == "SUCCEEDED"


@pytest.mark.parametrize("pattern", [IMAGE.format(tool="tool"), "*/tool:*"])
def test_image_that_is_missing_cannot_be_pulled(world: BatchWorld, pattern: str) -> None:
    world.engine.missing_images.add(pattern)

    job = world.finish(world.submit())

    assert job["statusReason"] == "Task failed to start"
    assert job["container"]["reason"] == (
        f"CannotPullContainerError: Error response from daemon: manifest for "
        f"{IMAGE.format(tool='tool')} not found: manifest unknown: Requested image not found"
    )
    assert "exitCode" not in job["container"]
    world.engine.missing_images.clear()
    assert world.finish(world.submit())["status"] == "SUCCEEDED"


def test_close_fails_every_unfinished_job(endpoint: str, runner: ScriptedRunner) -> None:
    with batch_world(endpoint, runner, Capacity(1, 4096)) as world:
        running, waiting = world.submit("hangs"), world.submit("waits")
        world.wait_for(running, "RUNNING")

        world.engine.close()

        reasons = [
            (event["detail"]["jobId"], event["detail"]["statusReason"])
            for event in world.events
            if event["detail"]["status"] == "FAILED"
        ]
        assert sorted(reasons) == sorted(
            (job_id, "The emulator was stopped") for job_id in (running, waiting)
        )
        assert world.engine.jobs_running() == ()
