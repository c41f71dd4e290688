"""A run that aligns in parts: each is a step with jobs of its own."""

import uuid
from typing import Any

import pytest

from emulator.engine.batch.runner import Outcome
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


@pytest.mark.long
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
        bam, provenance = written[step][0].uri, written[step][-1].uri
        (tag,) = s3.get_object_tagging(Bucket=bam.bucket, Key=bam.key)["TagSet"]
        assert tag["Value"] == ("part" if step in PARTS else "intermediate")
        kept = s3.get_object_tagging(Bucket=provenance.bucket, Key=provenance.key)
        assert not kept["TagSet"]
    assert written["align"][0].uri.name == "sorted.bam"
    assert world.row(ended).run.tools["alignPart1"] == "bwa"
    assert ended.states.index("RunStep align") > max(
        ended.states.index(f"RunStep {step}") for step in PARTS
    )


def expire_parts(world: World, ended: EndedRun) -> None:
    """Delete what the parts have made, as S3 does some days after a run."""
    s3 = world.emulator.client("s3")
    for row in world.row(ended).steps:
        if row.step in PARTS:
            s3.delete_object(Bucket=row.written[0].uri.bucket, Key=row.written[0].uri.key)


def test_run_whose_parts_have_expired_is_reused_and_a_later_one_annotates_only(
    world: World,
) -> None:
    document = new_sample(world)
    expire_parts(world, world.run(document))

    again = world.run(document)
    other = world.run({**document, "snpEff": {"cmdArgs": "-lof"}})

    assert (again.execution["status"], steps_run(world, again)) == ("SUCCEEDED", set())
    assert other.execution["status"] == "SUCCEEDED"
    assert steps_run(world, other) == {"annotate", "aggregateQc"}


@pytest.mark.long
@pytest.mark.parametrize("are_gone", [True, False])
def test_run_whose_alignment_is_deleted_aligns_all_parts_again(
    world: World, are_gone: bool
) -> None:
    document = new_sample(world)
    ended = world.run(document)
    bam = next(row for row in world.row(ended).steps if row.step == "align").written[0].uri
    world.emulator.client("s3").delete_object(Bucket=bam.bucket, Key=bam.key)
    if are_gone:
        expire_parts(world, ended)

    again = world.run(document)

    assert again.execution["status"] == "SUCCEEDED"
    assert {*PARTS, "align"} <= steps_run(world, again)


def test_run_that_failed_keeps_its_parts_and_a_part_that_is_gone_is_aligned_again(
    world: World,
) -> None:
    world.play({"-align-1": [Act.fail(1)]})
    document = new_sample(world)
    failed = world.run(document)
    s3 = world.emulator.client("s3")
    parts = [row.written[0].uri for row in world.row(failed).steps if row.step in PARTS]
    for part in parts:
        assert not s3.get_object_tagging(Bucket=part.bucket, Key=part.key)["TagSet"]
    s3.delete_object(Bucket=parts[1].bucket, Key=parts[1].key)
    world.play({})

    ended = world.run(document)

    assert ended.execution["status"] == "SUCCEEDED"
    assert steps_run(world, ended) & {*PARTS, "align"} == {"alignPart2", "align"}


def test_run_whose_parts_expire_before_its_end_succeeds(world: World) -> None:
    world.play({"-annotate-1": [Act.hang()]})
    arn = world.start(new_sample(world))
    run_id = arn.rpartition(":")[2]
    world.eventually(True, lambda: f"{run_id}-annotate-1" in world.running_jobs())
    s3 = world.emulator.client("s3")
    for row in world.ledger.history(run_id).steps:
        if row.step in PARTS:
            s3.delete_object(Bucket=row.written[0].uri.bucket, Key=row.written[0].uri.key)
    world.end("-annotate-1", Outcome(0))

    assert world.wait(arn).execution["status"] == "SUCCEEDED"
