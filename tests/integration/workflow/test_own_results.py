"""A run reads, lists and keeps only its own results, even if others write there."""

import json
import uuid
from typing import Any

import pytest

from emulator.engine.batch.runner import Outcome
from seqstack.domain.results import REPORT_STEP
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import RunState, Step, StepState
from seqstack.domain.written_objects import ObjectState
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS
from tests.harness.scripted import Act
from tests.support.api_client import ApiClient
from tests.support.samples import INPUTS
from tests.support.small_reads import input_body
from tests.support.workflow_world import EndedRun, World

pytestmark = pytest.mark.long


def other_reads(world: World, document: dict[str, Any]) -> dict[str, Any]:
    """The same sample, with other first reads."""
    key = f"{uuid.uuid4().hex}_1.fastq"
    world.emulator.client("s3").put_object(Bucket=INPUTS, Key=key, Body=input_body(key))
    return document | {"fastq1S3Path": f"s3://{INPUTS}/{key}"}


def wait(world: World, arn: str) -> EndedRun:
    return world.wait(arn)


def run_until(world: World, document: dict[str, Any], job: str) -> str:
    """Start a run, and wait until a job of it hangs."""
    world.play({f"-{job}-1": [Act.hang()]})
    arn = world.start(document)
    name = f"{arn.rpartition(':')[2]}-{job}-1"
    world.eventually(True, lambda: name in world.running_jobs())
    return arn


def wait_for_stats(world: World, run_id: str) -> None:
    """Wait until the step beside variant calling has ended."""
    world.eventually(
        StepState.SUCCEEDED,
        lambda: world.ledger.step(run_id, Step.ALIGNMENT_STATS).state,
    )


def read_by(world: World, ended: EndedRun, step: Step) -> dict[str, str]:
    """What a step's job says that it has read: the ETag of each object."""
    written = world.ledger.step(ended.run_id, step).written
    last = written[-1]
    answer = world.emulator.client("s3").get_object(
        Bucket=last.uri.bucket, Key=last.uri.key, VersionId=last.version_id
    )
    return {row["uri"]: row["etag"] for row in json.loads(answer["Body"].read())["inputs"]}


def assert_read_its_own(world: World, ended: EndedRun) -> None:
    for step in (Step.CALL_VARIANTS, Step.ANNOTATE, Step.ALIGNMENT_STATS, Step.TARGET_METRICS):
        read = read_by(world, ended, step)
        made = {
            str(item.uri): item.etag
            for row in world.row(ended).steps
            for item in row.written
            if str(item.uri) in read
        }
        assert made, step
        assert {uri: read[uri] for uri in made} == made, step


def outputs_of(world: World, ended: EndedRun) -> dict[str, dict[str, Any]]:
    """What its steps have written; the report comes later, and only from functions."""
    api = ApiClient.of(world.emulator)
    listed = api.get(f"/runs/{ended.run_id}/outputs?links=true").json["outputs"]
    return {row["s3Uri"]: row for row in listed if row["step"] != REPORT_STEP}


def test_second_run_with_other_reads_is_refused_while_the_first_continues(world: World) -> None:
    document = world.sample()
    first = run_until(world, document, "align")

    # another way to write the same folder
    spelt = str(document["resultsS3Path"]).replace("/results", "//results/")
    second = wait(world, world.start(other_reads(world, document) | {"resultsS3Path": spelt}))

    assert (second.execution["status"], second.error) == ("FAILED", "ResultsInUseError")
    assert f"run {first.rpartition(':')[2]} writes its results to s3://" in second.cause
    assert world.jobs_of(second) == []
    assert world.run_state(second) is RunState.FAILED
    world.end("-align-1", Outcome(0))
    done = wait(world, first)
    assert done.execution["status"] == "SUCCEEDED"
    assert_read_its_own(world, done)


def test_folder_is_free_once_its_run_was_stopped(world: World) -> None:
    document = world.sample()
    first = run_until(world, document, "align")
    world.emulator.client("stepfunctions").stop_execution(executionArn=first)
    stopped = wait(world, first)
    world.eventually(RunState.ABORTED, lambda: world.run_state(stopped))
    world.play({})

    second = wait(world, world.start(other_reads(world, document)))

    assert second.execution["status"] == "SUCCEEDED"
    assert_read_its_own(world, second)


def test_outputs_of_a_run_name_its_own_versions_after_another_has_replaced_them(
    world: World,
) -> None:
    document = world.sample()
    first = wait(world, world.start(document))
    own = {uri: row["versionId"] for uri, row in outputs_of(world, first).items()}
    second = wait(world, world.start(other_reads(world, document)))
    assert second.execution["status"] == "SUCCEEDED"

    of_first, of_second = outputs_of(world, first), outputs_of(world, second)

    assert {row["state"] for row in of_first.values()} == {ObjectState.REPLACED}
    assert {uri: row["versionId"] for uri, row in of_first.items()} == own
    assert {row["state"] for row in of_second.values()} == {ObjectState.CURRENT}
    bam = str(world.layout(document["sampleId"]).bam)
    assert f"versionId={own[bam]}" in of_first[bam]["link"]
    assert of_second[bam]["versionId"] != own[bam]
    wes = ApiClient.of(world.emulator).get(f"/ga4gh/wes/v1/runs/{first.run_id}")
    assert {item["state"] for item in wes.json["outputs"]["align"]} == {"replaced"}


def test_run_stopped_behind_alignment_lists_its_bam_and_no_earlier_vcf(world: World) -> None:
    document = world.sample()
    earlier = wait(world, world.start(document))
    arn = run_until(world, other_reads(world, document), "callVariants")
    world.emulator.client("stepfunctions").stop_execution(executionArn=arn)
    stopped = wait(world, arn)

    layout = world.layout(document["sampleId"])
    bam, variants = str(layout.bam), str(layout.variants)
    assert outputs_of(world, stopped)[bam]["state"] == ObjectState.CURRENT
    assert variants not in outputs_of(world, stopped)
    assert outputs_of(world, earlier)[bam]["state"] == ObjectState.REPLACED
    assert outputs_of(world, earlier)[variants]["state"] == ObjectState.CURRENT


def overwrite(world: World, uri: S3Uri) -> None:
    world.emulator.client("s3").put_object(Bucket=uri.bucket, Key=uri.key, Body=b"by hand")


def test_object_overwritten_between_two_steps_fails_the_run_that_wrote_it(world: World) -> None:
    document = world.sample()
    layout = world.layout(document["sampleId"])
    arn = run_until(world, document, "callVariants")
    wait_for_stats(world, arn.rpartition(":")[2])  # it reads the BAM too

    overwrite(world, layout.bam)
    world.end("-callVariants-1", Outcome(0))
    ended = wait(world, arn)

    assert ended.error == "ResultsReplacedError"
    assert world.row(ended).steps[1].state is StepState.FAILED
    assert world.ledger.step(ended.run_id, Step.CALL_VARIANTS).written == ()


def test_provenance_replaced_by_another_jobs_fails_the_step_that_wrote_it(world: World) -> None:
    document = world.sample()
    layout = world.layout(document["sampleId"])
    provenance = layout.provenance(Step.ALIGN)
    s3 = world.emulator.client("s3")
    world.play({"-align-1": [Act.succeed(after_seconds=3)]})
    arn = world.start(document)

    def is_written() -> bool:
        listed = s3.list_objects_v2(Bucket=provenance.bucket, Prefix=provenance.key)
        return bool(listed["KeyCount"])

    world.eventually(True, is_written)
    body = s3.get_object(Bucket=provenance.bucket, Key=provenance.key)["Body"].read()
    record = json.loads(body) | {"job": {"id": "another"}}
    s3.put_object(Bucket=provenance.bucket, Key=provenance.key, Body=json.dumps(record).encode())
    ended = wait(world, arn)

    assert ended.error == "ResultsReplacedError"
    assert f"{provenance} is of job another" in ended.cause
    assert world.row(ended).steps[0].state is StepState.FAILED


def test_result_replaced_before_the_end_fails_the_run(world: World) -> None:
    document = world.sample()
    arn = run_until(world, document, "annotate")

    overwrite(world, world.layout(document["sampleId"]).gvcf)
    world.end("-annotate-1", Outcome(0))
    ended = wait(world, arn)

    assert ended.error == "ResultsReplacedError"
    assert "genome.vcf.gz differs from what the run has written" in ended.cause


def test_run_of_the_same_work_waits_for_the_first_and_submits_nothing(world: World) -> None:
    document = world.sample()
    first = run_until(world, document, "align")
    second = world.start(document)
    world.eventually(
        1,
        lambda: len(world.ledger.waiting(world.layout(document["sampleId"]).folder)),
    )

    world.end("-align-1", Outcome(0))
    done, joined = wait(world, first), wait(world, second)

    assert (done.execution["status"], joined.execution["status"]) == ("SUCCEEDED", "SUCCEEDED")
    assert world.jobs_of(joined) == []
    written = [row.written for row in world.row(done).steps]
    assert [row.written for row in world.row(joined).steps] == written
    assert {row.reused_from for row in world.row(joined).steps} == {done.run_id}


def test_waiting_run_continues_when_the_first_was_stopped(world: World) -> None:
    document = world.sample()
    folder = world.layout(document["sampleId"]).folder
    first = run_until(world, document, "align")
    second = world.start(document)
    world.eventually(1, lambda: len(world.ledger.waiting(folder)))

    world.play({})
    world.emulator.client("stepfunctions").stop_execution(executionArn=first)
    joined = wait(world, second)

    assert joined.execution["status"] == "SUCCEEDED"
    assert len(world.jobs_of(joined)) == len(SECONDARY_ANALYSIS.steps)
    claim = world.ledger.claim(folder)
    assert claim
    assert claim.run_id == joined.run_id


def as_an_earlier_version_left_it(world: World, run_id: str) -> None:
    """Remove what earlier versions did not record of a running run."""
    table = world.emulator.resource("dynamodb").Table(world.emulator.outputs["LedgerTableName"])
    folder = world.ledger.run(run_id).results_folder
    table.delete_item(Key={"pk": f"RESULTS#{folder}", "sk": "CLAIM"})
    key = {"pk": f"RUN#{run_id}"}
    table.update_item(Key={**key, "sk": "RUN"}, UpdateExpression="REMOVE resultsFolder, workKey")
    table.update_item(Key={**key, "sk": "STEP#align"}, UpdateExpression="REMOVE written")


def test_run_that_an_earlier_version_has_opened_ends_well(world: World) -> None:
    arn = run_until(world, world.sample(), "callVariants")
    run_id = arn.rpartition(":")[2]
    wait_for_stats(world, run_id)
    was = world.ledger.step(run_id, Step.ALIGN).written
    as_an_earlier_version_left_it(world, run_id)

    world.end("-callVariants-1", Outcome(0))
    ended = wait(world, arn)

    assert ended.execution["status"] == "SUCCEEDED"
    assert world.ledger.step(run_id, Step.ALIGN).written == was
    assert_read_its_own(world, ended)
    assert {row["state"] for row in outputs_of(world, ended).values()} == {ObjectState.CURRENT}


def test_run_of_an_earlier_version_whose_results_are_another_jobs_is_refused(world: World) -> None:
    document = world.sample()
    arn = run_until(world, document, "callVariants")
    as_an_earlier_version_left_it(world, arn.rpartition(":")[2])
    provenance = world.layout(document["sampleId"]).provenance(Step.ALIGN)
    s3, where = world.emulator.client("s3"), {"Bucket": provenance.bucket, "Key": provenance.key}
    record = json.loads(s3.get_object(**where)["Body"].read()) | {"job": {"id": "another"}}
    s3.put_object(**where, Body=json.dumps(record).encode())

    world.end("-callVariants-1", Outcome(0))
    ended = wait(world, arn)

    assert ended.error == "ResultsReplacedError"
    assert world.ledger.step(ended.run_id, Step.CALL_VARIANTS).written == ()


def test_outputs_of_a_run_of_before_are_its_own_or_unknown(world: World) -> None:
    document = world.sample()
    ended = wait(world, world.start(document))
    table = world.emulator.resource("dynamodb").Table(world.emulator.outputs["LedgerTableName"])
    was = {uri: row["versionId"] for uri, row in outputs_of(world, ended).items()}
    for step in Step:
        key = {"pk": f"RUN#{ended.run_id}", "sk": f"STEP#{step}"}
        table.update_item(Key=key, UpdateExpression="REMOVE written")

    before = outputs_of(world, ended)
    second = wait(world, world.start(other_reads(world, document)))
    after = outputs_of(world, ended)

    assert {uri: row["versionId"] for uri, row in before.items()} == was
    assert {row["state"] for row in before.values()} == {ObjectState.CURRENT}
    assert second.execution["status"] == "SUCCEEDED"
    assert set(after) == set(was)
    assert {(row["state"], row["versionId"], row["link"]) for row in after.values()} == {
        (ObjectState.UNKNOWN, None, None)
    }
    wes = ApiClient.of(world.emulator).get(f"/ga4gh/wes/v1/runs/{ended.run_id}")
    assert {item["state"] for item in wes.json["outputs"]["align"]} == {"unknown"}
