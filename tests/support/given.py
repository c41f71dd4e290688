"""States of the world before a sample event: situations.yaml names them under `given`."""

import json
import time
from collections.abc import Callable, Iterable
from typing import Any

from seqstack.domain.checked_input import CheckedInput
from seqstack.domain.cohort_record import CohortRow
from seqstack.domain.records import StepRow
from seqstack.domain.results import ResultLayout
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import CohortState, Step
from tests.support import waiting
from tests.support.builders import (
    ALIGN,
    JOB_ID,
    LOG_STREAM,
    RUN_ID,
    all_steps,
    exome_input,
    read_event,
    run_row,
    step_plan,
)
from tests.support.cost_builders import spot_host
from tests.support.live_world import LiveWorld
from tests.support.prepared import prepared, put_reference
from tests.support.written_results import write_run, write_step

TOKEN = "token-before-the-event"
_LATER = 2_000_000_000  # seconds since 1970: in 2033


def make(world: LiveWorld, given: Iterable[str], document: Any) -> None:
    """Clear the world, and create each state of `given` for the event or input `document`."""
    world.clear()
    for name in given:
        GIVEN[name](world, document)


def inputs(world: LiveWorld, document: Any) -> None:
    """Everything that the input names is in S3."""
    given = document.get("input", document)
    checked = CheckedInput.of(given, world.results_bucket)
    wanted = [item.uri for item in checked.objects_read() if not item.is_optional]
    assert wanted, "the input names nothing that is read"
    for bucket in {uri.bucket for uri in wanted}:
        world.make_bucket(bucket)
    for uri in wanted:
        world.put_object(uri)


def sheet(world: LiveWorld, document: Any) -> None:
    """The sheet that a cohort's input names has three samples, and all objects are in S3."""
    given = document["input"]
    place = S3Uri.parse(given["sheetS3Path"])
    samples = ("NA12878", "NA12891", "NA12892")
    rows = [f"{name},{name}_1.fastq.gz,{name}_2.fastq.gz" for name in samples]
    for name in samples:
        reads = {f"fastq{n}S3Path": str(place.parent / f"{name}_{n}.fastq.gz") for n in (1, 2)}
        inputs(world, {**given["run"], **reads, "sampleId": name})
    text = "\n".join(["sample,fastq_1,fastq_2", *rows])
    world.client("s3").put_object(Bucket=place.bucket, Key=place.key, Body=text.encode())


def cohort(world: LiveWorld, document: Any) -> None:
    """The cohort of an execution's event is open."""
    detail = document["detail"]
    row = CohortRow(
        json.loads(detail["input"])["cohortId"],
        detail["executionArn"],
        CohortState.RUNNING,
        "2025-06-02T09:30:00.125Z",
        "s3://amzn-s3-demo-source-bucket/fastq/trio.csv",
    )
    assert world.ledger.open_cohort(row)


def results(world: LiveWorld, document: Any) -> None:
    """Every step of the sample has written its results, and of the run, if it is open."""
    sample = document.get("sampleId", "NA12878")
    place = document.get("resultsS3Path", f"s3://{world.results_bucket}/results")
    layout = ResultLayout(S3Uri.parse(f"{place}/"), sample)
    write_run(world.client("s3"), layout, world.ledger, RUN_ID)


def run(world: LiveWorld, _document: Any) -> None:
    """The run NA12878-exome-1 is open, and no step has begun."""
    plan = step_plan(job_definition="bwa-dev:1")
    assert world.ledger.open_run(run_row(), [StepRow(RUN_ID, plan), *all_steps()[1:]])


def job(world: LiveWorld, document: Any) -> None:
    """Its first job is submitted, and a token waits for it. Batch does not know the job."""
    run(world, document)
    _arm(world, JOB_ID)


def running_job(world: LiveWorld, document: Any) -> None:
    """Its first job is submitted, and runs in Batch."""
    run(world, document)
    batch = world.client("batch")
    submitted = batch.submit_job(
        jobName=ALIGN.job_name,
        jobQueue="highPriority-dev",
        jobDefinition="bwa-dev",
        shareIdentifier="lab",
        schedulingPriorityOverride=0,
        parameters=ALIGN.as_parameters(),
        containerOverrides={
            "resourceRequirements": [
                {"type": "VCPU", "value": "1"},
                {"type": "MEMORY", "value": "1024"},
            ]
        },
    )
    _arm(world, submitted["jobId"])
    until(lambda: _status(world, submitted["jobId"]) == "RUNNING")


def running_execution(world: LiveWorld, _document: Any) -> None:
    """The run's execution is running: its first job runs."""
    document = exome_input(resultsS3Path=f"s3://{world.emulator.outputs['ResultsBucketName']}/r")
    inputs(world, document)
    _start(world, document)
    until(lambda: world.ledger.job(ALIGN) is not None)


def failed_execution(world: LiveWorld, _document: Any) -> None:
    """The run's execution has failed: its results bucket is not that of the deployed functions."""
    arn = _start(world, exome_input())
    states = world.client("stepfunctions")
    until(lambda: states.describe_execution(executionArn=arn)["status"] == "FAILED")


def tracked_job(world: LiveWorld, document: Any) -> None:
    """An event has reported that its first job runs and writes a log."""
    job(world, document)
    _track(world, "running")


def failed_job(world: LiveWorld, document: Any) -> None:
    """An event has reported that its first job failed."""
    job(world, document)
    _track(world, "failed")


def align_results(world: LiveWorld, _document: Any) -> None:
    """The first job has written its results."""
    layout = ResultLayout(S3Uri(world.results_bucket, "results/"), "NA12878")
    write_step(world.client("s3"), layout, Step.ALIGN, JOB_ID)


def aligned(world: LiveWorld, document: Any) -> None:
    """Its first step has succeeded, and its results are there."""
    job(world, document)
    layout = ResultLayout(S3Uri(world.results_bucket, "results/"), "NA12878")
    written = write_step(world.client("s3"), layout, Step.ALIGN, JOB_ID)
    world.ledger.complete_step(ALIGN, written)


def hosts(world: LiveWorld, document: Any) -> None:
    """The Spot hosts of the event's attempts were seen while they ran."""
    for attempt in document.get("detail", {}).get("attempts", []):
        instance = attempt["container"]["containerInstanceArn"]
        world.ledger.keep_host(instance, spot_host(), _LATER)


def job_log(world: LiveWorld, _document: Any) -> None:
    """The first job has written three lines."""
    group = world.emulator.outputs["JobLogGroupName"]
    logs = world.client("logs")
    logs.create_log_stream(logGroupName=group, logStreamName=LOG_STREAM)
    now = int(time.time() * 1000)
    lines = ("[bwa] reading", "[bwa] no index", "exit status 1")
    logs.put_log_events(
        logGroupName=group,
        logStreamName=LOG_STREAM,
        logEvents=[{"timestamp": now, "message": line} for line in lines],
    )


def _start(world: LiveWorld, document: Any) -> str:
    started = world.client("stepfunctions").start_execution(
        stateMachineArn=world.emulator.outputs["SecondaryAnalysisStateMachineArn"],
        name=RUN_ID,
        input=json.dumps(document),
    )
    return str(started["executionArn"])


def _track(world: LiveWorld, event: str) -> None:
    answer = world.client("lambda").invoke(
        FunctionName="track_job-dev", Payload=json.dumps(read_event(f"track_job/{event}.json"))
    )
    assert "FunctionError" not in answer, answer["Payload"].read()


def until(has_happened: Callable[[], bool]) -> None:
    """Wait for something."""
    waiting.until(has_happened)


def _status(world: LiveWorld, job_id: str) -> str:
    (described,) = world.client("batch").describe_jobs(jobs=[job_id])["jobs"]
    return str(described["status"])


def _arm(world: LiveWorld, job_id: str) -> None:
    world.ledger.arm_job(ALIGN, step_plan(), TOKEN)
    world.ledger.start_step(RUN_ID, Step.ALIGN, 1)
    world.ledger.record_submission(ALIGN, job_id)


def reference(world: LiveWorld, _document: Any) -> None:
    """The reference GRCh38 is prepared."""
    put_reference(world.client("s3"), prepared(world.results_bucket, "GRCh38"))


GIVEN: dict[str, Callable[[LiveWorld, Any], None]] = {
    "inputs": inputs,
    "sheet": sheet,
    "cohort": cohort,
    "results": results,
    "run": run,
    "job": job,
    "running job": running_job,
    "tracked job": tracked_job,
    "failed job": failed_job,
    "align results": align_results,
    "aligned": aligned,
    "hosts": hosts,
    "running execution": running_execution,
    "failed execution": failed_execution,
    "job log": job_log,
    "reference": reference,
}
"""What a situations.yaml may ask for."""
