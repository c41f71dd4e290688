"""A finished step is never paid for twice, and never taken for another one."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from emulator.engine.batch.runner import Outcome
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import RunState, Step, StepState
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS
from tests.harness.scripted import Act
from tests.support.samples import INPUTS
from tests.support.small_reads import input_body
from tests.support.workflow_world import EndedRun, World

pytestmark = pytest.mark.long

ALL = set(SECONDARY_ANALYSIS.step_names)
_MIB = 1 << 20


def new_sample(world: World, **changes: Any) -> dict[str, Any]:
    """A sample with first reads of its own."""
    key = f"{uuid.uuid4().hex}_1.fastq"
    world.emulator.client("s3").put_object(Bucket=INPUTS, Key=key, Body=input_body(key))
    return world.sample(fastq1S3Path=f"s3://{INPUTS}/{key}", **changes)


def steps_run(world: World, ended: EndedRun) -> set[str]:
    """The steps for which a job was submitted."""
    return {name.split("-")[1] for name in world.jobs_of(ended)}


def origins(world: World, ended: EndedRun) -> dict[str, str]:
    """The reused steps, with the run each is from."""
    return {row.step: row.reused_from for row in world.row(ended).steps if row.reused_from}


def stats_are_collected(world: World, arn: str) -> bool:
    """Whether annotation runs, and the steps beside it have ended."""
    run_id = arn.rpartition(":")[2]
    if f"{run_id}-annotate-1" not in world.running_jobs():
        return False
    steps = {row.step: row.state for row in world.ledger.history(run_id).steps}
    beside = (Step.ALIGNMENT_STATS, Step.TARGET_METRICS)
    return all(steps[step] is StepState.SUCCEEDED for step in beside)


def run_well(world: World, document: dict[str, Any]) -> EndedRun:
    ended = world.run(document)
    assert ended.execution["status"] == "SUCCEEDED", ended.execution
    return ended


def test_reuse_new_run_of_the_same_input_submits_nothing(world: World) -> None:
    document = new_sample(world)
    first = run_well(world, document)

    second = run_well(world, document)

    assert steps_run(world, first) == ALL
    assert world.jobs_of(second) == []
    assert origins(world, second) == dict.fromkeys(ALL, first.execution["name"])
    history = world.row(second)
    assert history.run.state is RunState.SUCCEEDED
    assert {row.state for row in history.steps} == {StepState.SUCCEEDED}
    assert history.jobs == ()
    assert second.execution["output"].replace(second.execution["name"], "run") == first.execution[
        "output"
    ].replace(first.execution["name"], "run")
    assert set(map(tuple, second.steps.values())) == {
        ("NumberAttempt", "SubmitJob", "JobSucceeded")
    }


def test_reuse_after_a_failed_annotation_runs_annotation_only(world: World) -> None:
    document = new_sample(world)
    world.play({"-annotate-1": [Act.hang()]})
    arn = world.start(document)
    world.eventually(True, lambda: stats_are_collected(world, arn))
    world.end("-annotate-1", Outcome(1))
    assert world.wait(arn).execution["status"] == "FAILED"
    world.play({})

    again = run_well(world, document)

    assert steps_run(world, again) == {"annotate", "aggregateQc"}
    assert set(origins(world, again)) == ALL - {"annotate", "aggregateQc"}


def test_reuse_other_options_of_a_tool_run_it_and_what_comes_behind(world: World) -> None:
    document = new_sample(world)
    first = document
    run_well(world, document)

    for changes, expected in (
        ({"workingDir": "/scratch/other"}, set()),
        ({"bwa": {"memory": 20}}, set()),
        ({"snpEff": {"cmdArgs": "-lof"}}, {"annotate", "aggregateQc"}),
        ({"samtoolsStats": {"cmdArgs": "-d"}}, {"alignmentStats", "aggregateQc"}),
        ({"picard": {"cmdArgs": "--COVERAGE_CAP 500"}}, {"targetMetrics", "aggregateQc"}),
        ({"bcftools": {"cmdArgs": "-q 20"}}, {"callVariants", "annotate", "aggregateQc"}),
        ({"bwa": {"cmdArgs": "-k 25"}}, ALL),
        (first, ALL),  # what it had made lies there no more
    ):
        document = document | changes if changes is not first else first
        again = run_well(world, document)

        assert steps_run(world, again) == expected, changes
        assert set(origins(world, again)) == ALL - expected


def test_reuse_turned_off_runs_everything_and_is_remembered(world: World) -> None:
    document = new_sample(world)
    run_well(world, document)

    fresh = run_well(world, document | {"cache": False})
    later = run_well(world, document)

    assert steps_run(world, fresh) == ALL
    assert world.jobs_of(later) == []
    assert set(origins(world, later).values()) == {fresh.execution["name"]}


def delete(world: World, uri: S3Uri) -> None:
    world.emulator.client("s3").delete_object(Bucket=uri.bucket, Key=uri.key)


def overwrite(world: World, uri: S3Uri) -> None:
    world.emulator.client("s3").put_object(
        Bucket=uri.bucket, Key=uri.key, Body=input_body(f"other/{uri.key}")
    )


@pytest.mark.parametrize(
    ("happens", "step", "which"),
    [(delete, Step.ALIGN, 1), (overwrite, Step.CALL_VARIANTS, 0), (delete, Step.ANNOTATE, -1)],
    ids=["index", "variants", "provenance"],
)
def test_reuse_output_gone_or_changed_runs_that_step_again(
    world: World, happens: Callable[[World, S3Uri], None], step: Step, which: int
) -> None:
    document = new_sample(world)
    run_well(world, document)

    happens(world, SECONDARY_ANALYSIS.outputs(step, world.layout(document["sampleId"]))[which])
    again = run_well(world, document)

    # it makes the same bytes as before, so the steps behind it stand
    assert steps_run(world, again) == {step}


def test_reuse_input_changed_runs_every_step_again(world: World) -> None:
    document = new_sample(world)
    run_well(world, document)

    overwrite(world, S3Uri.parse(document["fastq1S3Path"]))
    again = run_well(world, document)

    assert steps_run(world, again) == ALL


def test_reuse_input_changed_while_its_job_ran_is_not_remembered(world: World) -> None:
    document = new_sample(world)
    world.play({"-align-1": [Act.succeed(after_seconds=1)]})
    arn = world.start(document)
    provenance = world.layout(document["sampleId"]).provenance(Step.ALIGN)
    s3 = world.emulator.client("s3")

    def written() -> bool:
        listed = s3.list_objects_v2(Bucket=provenance.bucket, Prefix=provenance.key)
        return bool(listed["KeyCount"])

    world.eventually(True, written)
    overwrite(world, S3Uri.parse(document["fastq1S3Path"]))
    world.wait(arn)
    world.play({})

    again = run_well(world, document)

    assert "align" in steps_run(world, again)


def upload_in_parts(world: World, uri: S3Uri, *parts: bytes) -> None:
    s3, where = world.emulator.client("s3"), {"Bucket": uri.bucket, "Key": uri.key}
    upload = s3.create_multipart_upload(**where)["UploadId"]
    done = []
    for number, part in enumerate(parts, start=1):
        answer = s3.upload_part(**where, UploadId=upload, PartNumber=number, Body=part)
        done.append({"ETag": answer["ETag"], "PartNumber": number})
    s3.complete_multipart_upload(**where, UploadId=upload, MultipartUpload={"Parts": done})


def test_reuse_input_uploaded_in_parts_is_known_by_its_parts(world: World) -> None:
    document = new_sample(world)
    reads = S3Uri.parse(document["fastq1S3Path"])
    record = f"{'ACGTT' * 1000}\n+\n{'#,:FF' * 1000}\n"
    text = "".join(f"@SIM:1:FC:1:1101:1000:{n}\n{record}" for n in range(1, 1051)).encode()
    upload_in_parts(world, reads, text[: 5 * _MIB], text[5 * _MIB :])
    run_well(world, document)
    upload_in_parts(world, reads, text[: 5 * _MIB], text[5 * _MIB :])
    same_parts = run_well(world, document)
    upload_in_parts(world, reads, text)
    other_parts = run_well(world, document)

    assert steps_run(world, same_parts) == set()
    # an ETag can't show that the content is the same; the alignments can
    assert steps_run(world, other_parts) == {"align"}


def test_reuse_success_without_an_event_is_remembered(world: World) -> None:
    document = new_sample(world)
    world.emulator.events.intercept = lambda event: (
        [] if str(event["detail"].get("jobName")).endswith("-align-1") else [event]
    )
    first = run_well(world, document)
    world.emulator.events.intercept = lambda event: [event]
    assert "GetJobStatus" in first.steps["align"]

    second = run_well(world, document)

    assert world.jobs_of(second) == []
