"""A run that aligns in parts: each is a step with jobs of its own."""

import uuid
from typing import Any

from seqstack.domain.words import StepState
from tests.harness.scripted import Act
from tests.support.samples import INPUTS
from tests.support.small_reads import input_body
from tests.support.workflow_world import EndedRun, World

PARTS = ("alignPart1", "alignPart2", "alignPart3")


def new_sample(world: World, **changes: Any) -> dict[str, Any]:
    """A sample with first reads of its own, aligned in parts."""
    key = f"{uuid.uuid4().hex}_1.fastq"
    world.emulator.client("s3").put_object(Bucket=INPUTS, Key=key, Body=input_body(key))
    return world.sample(
        **{"fastq1S3Path": f"s3://{INPUTS}/{key}", "alignInParts": len(PARTS), **changes}
    )


def steps_run(world: World, ended: EndedRun) -> set[str]:
    """The steps for which a job was submitted."""
    return {name.split("-")[1] for name in world.jobs_of(ended)}


def test_parts_whose_job_fails_are_tried_again_and_later_runs_reuse_the_others(
    world: World,
) -> None:
    world.play({"-alignPart2-1": [Act.lose_host()], "-alignPart3-1": [Act.fail(1)]})
    document = new_sample(world)

    failed = world.run(document)

    assert failed.error == "ToolFailedError"
    assert failed.cause.startswith("alignPart3 (bwa) failed")
    assert "align" not in steps_run(world, failed)
    states = {row.step: row.state for row in world.row(failed).steps}
    assert states["alignPart3"] is StepState.FAILED
    done = {step for step in PARTS if states[step] is StepState.SUCCEEDED}

    world.play({"-alignPart3-1": [Act.run_out_of_memory()]})
    ended = world.run(document)

    assert ended.execution["status"] == "SUCCEEDED"
    assert steps_run(world, ended) & set(PARTS) == set(PARTS) - done
    assert {"align", "callVariants"} <= steps_run(world, ended)
    assert [job.key.attempt for job in world.row(ended).jobs if job.key.step == "alignPart3"] == [
        1,
        2,
    ]
    assert [row.step for row in world.row(ended).steps][:4] == [*PARTS, "align"]


def test_parts_are_intermediate_and_the_alignment_is_that_of_the_run(world: World) -> None:
    ended = world.run(new_sample(world))

    history = world.row(ended)
    written = {row.step: row.written for row in history.steps}
    s3 = world.emulator.client("s3")
    for step in (*PARTS, "align"):
        bam = written[step][0].uri
        tags = s3.get_object_tagging(Bucket=bam.bucket, Key=bam.key)["TagSet"]
        assert tags, bam
    assert written["align"][0].uri.name == "sorted.bam"
    assert world.row(ended).run.tools["alignPart1"] == "bwa"
    assert ended.states.index("RunStep align") > max(
        ended.states.index(f"RunStep {step}") for step in PARTS
    )
