"""A run in which nothing goes wrong, by its execution history."""

import json
import re

from seqstack.domain.words import JobState, RunState, Step, StepState
from tests.harness.scripted import Act
from tests.support.small_reads import input_body
from tests.support.workflow_world import World


def test_run_all_jobs_succeed_passes_every_step_in_order(world: World) -> None:
    document = world.sample()

    ended = world.run(document)

    assert ended.execution["status"] == "SUCCEEDED"
    assert ended.states[:4] == [
        "IdentifyRun",
        "ValidateInput",
        "AlignReads",
        "CallAnnotateAndMeasure",
    ]
    assert set(ended.states[4:7]) == {"CallVariants", "AnnotateVariants", "CollectAlignmentStats"}
    assert ended.states.index("CallVariants") < ended.states.index("AnnotateVariants")
    assert ended.states[7:] == ["FinishRun"]
    assert set(ended.steps) == {"align", "callVariants", "annotate", "alignmentStats"}
    for states in ended.steps.values():
        assert states == ["NumberAttempt", "SubmitJob", "JobSucceeded"]


def test_run_all_jobs_succeed_leaves_every_row_succeeded(world: World) -> None:
    history = world.row(world.run(world.sample()))

    assert history.run.state is RunState.SUCCEEDED
    assert [step.state for step in history.steps] == [StepState.SUCCEEDED] * 4
    assert [job.state for job in history.jobs] == [JobState.SUCCEEDED] * 4
    assert all(job.token_answered for job in history.jobs)


def test_run_row_says_which_version_and_which_images_made_it(world: World) -> None:
    run = world.row(world.run(world.sample())).run

    machine = world.emulator.resources["SecondaryAnalysisStateMachine"]
    assert run.state_machine_version == f"{machine}:1"
    repository = "123456789012.dkr.ecr.us-east-1.amazonaws.com/seqstack-dev"
    folders = {
        Step.ALIGN: "bwa",
        Step.CALL_VARIANTS: "bcftools",
        Step.ANNOTATE: "snpeff",
        Step.ALIGNMENT_STATS: "samtools_stats",
    }
    assert run.images.keys() == folders.keys()
    for step, folder in folders.items():
        assert re.fullmatch(rf"{repository}/{folder}@sha256:[0-9a-f]{{64}}", run.images[step])


def test_run_whose_images_were_not_pushed_fails_before_any_job(world: World) -> None:
    ecr = world.emulator.client("ecr")
    found = ecr.batch_get_image(
        repositoryName="seqstack-dev/bwa", imageIds=[{"imageTag": "0.1.0"}]
    )["images"]
    ecr.batch_delete_image(repositoryName="seqstack-dev/bwa", imageIds=[{"imageTag": "0.1.0"}])

    try:
        ended = world.run(world.sample())
    finally:
        ecr.put_image(
            repositoryName="seqstack-dev/bwa",
            imageTag="0.1.0",
            imageManifest=found[0]["imageManifest"],
        )

    assert ended.execution["error"] == "InvalidInputError"
    assert "$.bwa: its image 123456789012.dkr.ecr" in ended.execution["cause"]
    assert "make push-images" in ended.execution["cause"]
    assert ended.steps == {}


def test_run_all_jobs_succeed_outputs_the_uri_of_every_result(world: World) -> None:
    document = world.sample()

    output = json.loads(world.run(document).execution["output"])

    folder = f"{document['resultsS3Path']}{document['sampleId']}/"
    assert output["sampleId"] == document["sampleId"]
    assert output["outputs"]["align"][0] == f"{folder}bam/sorted.bam"
    assert output["outputs"]["annotate"][0] == f"{folder}vcf/annotated/variants.ann.vcf.gz"


def test_step_long_job_costs_no_transition_while_it_runs(world: World) -> None:
    world.play({"-align-1": [Act.succeed(after_seconds=3)]})

    ended = world.run(world.sample())

    assert ended.steps["align"] == ["NumberAttempt", "SubmitJob", "JobSucceeded"]
    assert ended.steps["align"] == ended.steps["annotate"]


def test_run_lanes_are_passed_to_the_aligner_in_order(world: World) -> None:
    for key in ("r_3.fastq.gz", "r_4.fastq.gz"):
        world.emulator.client("s3").put_object(Bucket="inputs", Key=key, Body=input_body(key))
    document = world.sample(
        fastq1S3Path=["s3://inputs/r_1.fastq.gz", "s3://inputs/r_3.fastq.gz"],
        fastq2S3Path=["s3://inputs/r_2.fastq.gz", "s3://inputs/r_4.fastq.gz"],
    )

    history = world.row(world.run(document))

    command = list(history.steps[0].plan.command)
    first = command.index("--fastq1_s3_path")
    assert command[first + 1 : first + 3] == document["fastq1S3Path"]
    second = command.index("--fastq2_s3_path")
    assert command[second + 1 : second + 3] == document["fastq2S3Path"]
