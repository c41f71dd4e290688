"""A run in which nothing goes wrong, by its execution history."""

import json
import re
from dataclasses import dataclass
from typing import Any

import pytest

from seqstack.domain.records import RunHistory
from seqstack.domain.words import JobState, RunState, Step, StepState
from tests.harness.scripted import Act
from tests.support.samples import INPUTS
from tests.support.small_reads import input_body
from tests.support.workflow_world import EndedRun, World


@dataclass(frozen=True)
class Succeeded:
    """A run of two lanes whose jobs all succeed."""

    document: dict[str, Any]
    ended: EndedRun
    history: RunHistory


@pytest.fixture(scope="module")
def succeeded(deployed: World) -> Succeeded:
    for key in ("r_3.fastq.gz", "r_4.fastq.gz"):
        deployed.emulator.client("s3").put_object(Bucket=INPUTS, Key=key, Body=input_body(key))
    document = deployed.sample(
        fastq1S3Path=[f"s3://{INPUTS}/r_1.fastq.gz", f"s3://{INPUTS}/r_3.fastq.gz"],
        fastq2S3Path=[f"s3://{INPUTS}/r_2.fastq.gz", f"s3://{INPUTS}/r_4.fastq.gz"],
    )
    ended = deployed.run(document)
    return Succeeded(document, ended, deployed.row(ended))


def test_run_all_jobs_succeed_passes_every_step_in_order(succeeded: Succeeded) -> None:
    ended = succeeded.ended

    assert ended.execution["status"] == "SUCCEEDED"
    assert ended.states[:3] == ["IdentifyRun", "ValidateInput", "RunStages"]
    steps = [name for name in ended.states if name.startswith("RunStep")]
    later = ("callVariants", "annotate", "alignmentStats", "targetMetrics")
    assert steps[0] == "RunStep align"
    assert set(steps[1:-1]) == {f"RunStep {name}" for name in later}
    assert steps.index("RunStep callVariants") < steps.index("RunStep annotate")
    assert ended.states[-2:] == ["RunStep aggregateQc", "FinishRun"]
    assert set(ended.steps) == {"align", *later, "aggregateQc"}
    for states in ended.steps.values():
        assert states == ["NumberAttempt", "SubmitJob", "JobSucceeded"]


def test_run_all_jobs_succeed_leaves_every_row_succeeded(succeeded: Succeeded) -> None:
    history = succeeded.history

    assert history.run.state is RunState.SUCCEEDED
    assert [step.state for step in history.steps] == [StepState.SUCCEEDED] * 6
    assert [job.state for job in history.jobs] == [JobState.SUCCEEDED] * 6
    assert all(job.token_answered for job in history.jobs)


def test_run_row_says_which_version_and_which_images_made_it(
    world: World, succeeded: Succeeded
) -> None:
    run = succeeded.history.run

    machine = world.emulator.resources["SecondaryAnalysisStateMachine"]
    assert run.state_machine_version == f"{machine}:1"
    repository = "123456789012.dkr.ecr.us-east-1.amazonaws.com/seqstack-dev"
    folders = {
        Step.ALIGN: "bwa",
        Step.CALL_VARIANTS: "bcftools",
        Step.ANNOTATE: "snpeff",
        Step.ALIGNMENT_STATS: "samtools_stats",
        Step.TARGET_METRICS: "picard",
        Step.AGGREGATE_QC: "multiqc",
    }
    assert run.images.keys() == folders.keys()
    for step, folder in folders.items():
        assert re.fullmatch(rf"{repository}/{folder}@sha256:[0-9a-f]{{64}}", run.images[step])


def test_run_all_jobs_succeed_outputs_the_uri_of_every_result(succeeded: Succeeded) -> None:
    document = succeeded.document

    output = json.loads(succeeded.ended.execution["output"])

    folder = f"{document['resultsS3Path']}{document['sampleId']}/"
    assert output["sampleId"] == document["sampleId"]
    assert output["outputs"]["align"][0] == f"{folder}bam/sorted.bam"
    assert output["outputs"]["annotate"][0] == f"{folder}vcf/annotated/variants.ann.vcf.gz"


def test_run_lanes_are_passed_to_the_aligner_in_order(succeeded: Succeeded) -> None:
    document = succeeded.document

    command = list(succeeded.history.steps[0].plan.command)

    first = command.index("--fastq1_s3_path")
    assert command[first + 1 : first + 3] == document["fastq1S3Path"]
    second = command.index("--fastq2_s3_path")
    assert command[second + 1 : second + 3] == document["fastq2S3Path"]


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


def test_step_long_job_costs_no_transition_while_it_runs(world: World) -> None:
    world.play({"-align-1": [Act.succeed(after_seconds=3)]})

    ended = world.run(world.sample())

    assert ended.steps["align"] == ["NumberAttempt", "SubmitJob", "JobSucceeded"]
    assert ended.steps["align"] == ended.steps["annotate"]
