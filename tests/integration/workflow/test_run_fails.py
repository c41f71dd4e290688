"""Runs in which something goes wrong, by their execution histories."""

import pytest

from emulator.engine.batch.runner import Outcome
from seqstack.domain.records import RunRow, StepRow
from seqstack.domain.words import JobState, RunState, StepState
from tests.harness.scripted import Act
from tests.support.builders import step_plan
from tests.support.workflow_world import World

FAILED_STEP = ["NumberAttempt", "SubmitJob", "RecordFailure", "StepFailed"]


@pytest.mark.parametrize("document", [{}, [], "text", 7, None])
def test_input_unusable_fails_before_any_submission(world: World, document: object) -> None:
    ended = world.run(document)

    assert ended.states == ["IdentifyRun", "ValidateInput", "RecordFailure", "RunFailed"]
    assert ended.error == "InvalidInputError"
    assert world.jobs_of(ended) == []
    run = world.row(ended).run
    assert run.state is RunState.FAILED
    assert run.failure is not None
    assert run.failure.error == "InvalidInputError"


def test_input_several_problems_are_all_reported_by_path(world: World) -> None:
    document = world.sample(sampleId="a b", colour="red", bwa={"memory": "much"}, isaac={})

    ended = world.run(document)

    assert ended.error == "InvalidInputError"
    for path in ("$.sampleId", "$.colour", "$.bwa.memory", "$.bwa"):
        assert f"\n{path}: " in ended.cause


def test_input_object_missing_is_named(world: World) -> None:
    ended = world.run(world.sample(referenceS3Path="s3://inputs/absent.fa"))

    assert ended.error == "InvalidInputError"
    assert "$.referenceS3Path: s3://inputs/absent.fa does not exist" in ended.cause
    assert "bwa index" in ended.cause
    assert world.jobs_of(ended) == []


def test_run_name_unfit_is_refused_with_the_rule(world: World) -> None:
    ended = world.wait(world.start(world.sample(), name="r" * 57))

    assert ended.error == "InvalidInputError"
    assert "at most 56" in ended.cause


def test_tool_fails_run_names_step_exit_status_and_log(world: World) -> None:
    lines = [f"line {number}" for number in range(1, 31)]
    world.play({"-align-1": [Act.fail(1, lines=lines)]})

    ended = world.run(world.sample())

    assert ended.error == "ToolFailedError"
    assert ended.cause.startswith("align (bwa) failed: exit status 1")
    assert ended.cause.endswith("\n".join(lines[-20:]))
    assert "line 10\n" not in ended.cause
    assert ended.states[-4:] == ["BranchFailed", "StageFailed", "RecordFailure", "RunFailed"]
    assert ended.steps == {"align": FAILED_STEP}
    history = world.row(ended)
    assert history.run.failure is not None
    assert history.run.failure.error == "ToolFailedError"
    assert history.steps[0].state is StepState.FAILED
    assert history.jobs[0].exit_code == 1


def test_tool_fails_in_a_branch_run_fails_with_its_cause(world: World) -> None:
    world.play({"-callVariants-1": [Act.fail(1)]})

    ended = world.run(world.sample())

    assert ended.error == "ToolFailedError"
    assert ended.cause.startswith("callVariants (bcftools) failed: exit status 1")
    assert ended.steps["callVariants"] == FAILED_STEP
    assert "annotate" not in ended.steps
    assert ended.states[-2:] == ["RecordFailure", "RunFailed"]


def test_job_times_out_run_fails_as_timed_out(world: World) -> None:
    impatient = world.emulator.client("batch").register_job_definition(
        jobDefinitionName="bwa-dev",
        type="container",
        containerProperties={
            "image": "bwa",
            "resourceRequirements": [
                {"type": "VCPU", "value": "1"},
                {"type": "MEMORY", "value": "1024"},
            ],
        },
        timeout={"attemptDurationSeconds": 1},
    )
    world.play({"-align-1": [Act.hang()]})

    ended = world.run(world.sample(bwa={"jobDefinition": impatient["jobDefinitionArn"]}))

    assert ended.error == "JobTimedOutError"
    assert "align (bwa) failed" in ended.cause
    assert ended.steps["align"] == FAILED_STEP


def test_command_longer_than_aws_allows_fails_and_is_not_tried_again(world: World) -> None:
    ended = world.run_aligned("x" * 8_192)

    assert ended.error == "CommandTooLongError"
    assert "Container Overrides length must be at most 8192" in ended.cause
    assert len(world.ledger.history(ended.run_id).jobs) == 1


def test_submission_refused_step_fails_with_batchs_words(world: World) -> None:
    plan = step_plan(job_queue="closedQueue")
    run = RunRow("refused", "s", RunState.RUNNING, "2026-01-01T00:00:00Z", "arn")
    world.ledger.open_run(run, [StepRow("refused", plan)])

    ended = world.run_step("align", run_id="refused")

    assert ended.error == "SubmissionRejectedError"
    assert "closedQueue" in ended.cause
    assert ended.states == FAILED_STEP
    history = world.ledger.history("refused")
    assert history.steps[0].state is StepState.FAILED
    assert history.jobs[0].state is JobState.FAILED
    assert history.jobs[0].job_id == ""


def test_handler_raises_for_good_step_fails_with_its_error(world: World) -> None:
    ended = world.run_step("align", run_id="neverValidated")

    assert ended.error == "UnknownRunError"
    assert "neverValidated" in ended.cause
    assert ended.states == FAILED_STEP


def test_failure_unrecordable_step_still_fails_with_what_was_caught(world: World) -> None:
    ended = world.run_step("no step's name")

    assert ended.states == ["NumberAttempt", "SubmitJob", "RecordFailure", "StepFailedUnrecorded"]
    assert "no step's name" in ended.cause


@pytest.mark.long
def test_handler_throttled_longer_than_botocore_tries_is_called_again(world: World) -> None:
    tries = 4  # of one request: adapters/aws.py
    fault = world.emulator.faults.throttle(
        "dynamodb", "PutItem", 2 * tries, function="submit_job-dev"
    )

    ended = world.run(world.sample())

    assert ended.execution["status"] == "SUCCEEDED"
    assert fault.fired == 2 * tries
    # twice, unless an earlier test's run has met some of the faults
    assert set(world.errors_of(ended, "align")) == {"TransientServiceError"}
    assert world.jobs_of(ended).count(f"{ended.execution['name']}-align-1") == 1


def test_result_missing_at_the_end_fails_the_run(world: World) -> None:
    document, run_id = world.sample(), "missing-result"
    bam = world.layout(document["sampleId"]).bam
    world.play({"-aggregateQc-1": [Act.hang()]})
    execution = world.start(document, name=run_id)
    world.until(lambda: f"{run_id}-aggregateQc-1" in world.running_jobs())

    s3 = world.emulator.client("s3")
    version = s3.head_object(Bucket=bam.bucket, Key=bam.key)["VersionId"]
    s3.delete_object(Bucket=bam.bucket, Key=bam.key, VersionId=version)
    world.end("-aggregateQc-1", Outcome(0))
    ended = world.wait(execution)

    assert ended.error == "MissingOutputError"
    assert str(bam) in ended.cause
    assert ended.states[-3:] == ["FinishRun", "RecordFailure", "RunFailed"]
    assert world.row(ended).run.state is RunState.FAILED


def test_run_aborted_from_outside_is_aborted_in_the_ledger(world: World) -> None:
    world.play({"-align-1": [Act.succeed(after_seconds=2)]})
    arn = world.start(world.sample())
    world.eventually(True, lambda: "RunStep align" in world.entered(arn))

    world.emulator.client("stepfunctions").stop_execution(executionArn=arn, cause="enough")

    ended = world.wait(arn)
    assert ended.execution["status"] == "ABORTED"
    world.eventually(RunState.ABORTED, lambda: world.row(ended).run.state)
