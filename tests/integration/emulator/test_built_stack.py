"""The project's own template, as `sam build` leaves it, with jobs that only pretend to work."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emulator.engine.batch.capacity import Capacity
from seqstack.domain.s3uri import S3Uri
from tests.harness.emulator import Emulator
from tests.harness.standing_clock import StandingClock
from tests.support.small_reads import input_body
from tests.support.writing_jobs import WritingJobs

BUILT = Path(__file__).resolve().parents[3] / ".aws-sam/build/template.yaml"
INPUTS = "inputs"
CLOCK = StandingClock()
OBJECTS = (
    "r1.fq.gz",
    "r2.fq.gz",
    "ref.fa",
    *(f"ref.fa.{e}" for e in ["fai", "amb", "ann", "bwt", "pac", "sa"]),
)


def results_of(emulator: Emulator) -> S3Uri:
    return S3Uri(emulator.outputs["ResultsBucketName"], "results/")


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    runner = WritingJobs(clock=CLOCK)
    parameters = {"InputBuckets": f"arn:aws:s3:::{INPUTS}"}
    room = Capacity(64, 10**6)
    with Emulator(BUILT, parameters, job_runner=runner, capacity=room, clock=CLOCK) as deployed:
        runner.s3 = deployed.client("s3")
        deployed.client("s3").create_bucket(Bucket=INPUTS)
        for key in OBJECTS:
            deployed.client("s3").put_object(Bucket=INPUTS, Key=key, Body=input_body(key))
        yield deployed


def document(emulator: Emulator, sample: str) -> dict[str, Any]:
    return {
        "sampleId": sample,
        "fastq1S3Path": f"s3://{INPUTS}/r1.fq.gz",
        "fastq2S3Path": f"s3://{INPUTS}/r2.fq.gz",
        "referenceS3Path": f"s3://{INPUTS}/ref.fa",
        "resultsS3Path": str(results_of(emulator)),
        "workingDir": "/scratch",
        "bwa": {},
        "bcftools": {},
        "samtoolsStats": {},
        "snpEff": {"cmdArgs": " -t hg38 "},
    }


def start(emulator: Emulator, run: str, given: dict[str, Any]) -> str:
    started = emulator.client("stepfunctions").start_execution(
        stateMachineArn=emulator.outputs["SecondaryAnalysisStateMachineArn"],
        name=run,
        input=json.dumps(given),
    )
    return str(started["executionArn"])


def wait(emulator: Emulator, execution: str) -> dict[str, Any]:
    states = emulator.client("stepfunctions")

    def ended() -> dict[str, Any] | None:
        described: dict[str, Any] = states.describe_execution(executionArn=execution)
        return None if described["status"] == "RUNNING" else described

    found = CLOCK.until(ended)
    assert found is not None
    return found


def test_one_run_goes_through_every_step_and_waits_for_no_time(emulator: Emulator) -> None:
    before = CLOCK.monotonic()
    ended = wait(emulator, start(emulator, "one", document(emulator, "one")))
    assert ended["status"] == "SUCCEEDED", (ended.get("error"), ended.get("cause"))
    assert CLOCK.monotonic() == before
    names = [each["name"] for each in jobs_of(emulator, "one")]
    assert sorted(names) == [
        "one-aggregateQc-1",
        "one-align-1",
        "one-alignmentStats-1",
        "one-annotate-1",
        "one-callVariants-1",
        "one-targetMetrics-1",
    ]


def jobs_of(emulator: Emulator, run: str) -> list[dict[str, Any]]:
    batch = emulator.client("batch")
    found = []
    for output in ("HighPriorityQueueArn", "LowPriorityQueueArn"):
        listed = batch.list_jobs(
            jobQueue=emulator.outputs[output],
            filters=[{"name": "JOB_NAME", "values": [f"{run}-*"]}],
        )
        found += [{"name": job["jobName"], **job} for job in listed["jobSummaryList"]]
    return found


def test_input_with_faults_fails_before_any_job_naming_each(emulator: Emulator) -> None:
    given = document(emulator, "faulty") | {"fastq1S3Path": f"s3://{INPUTS}/missing.fq.gz"}
    ended = wait(emulator, start(emulator, "faulty", given))
    assert ended["error"] == "InvalidInputError"
    assert "missing.fq.gz" in ended["cause"]
    assert jobs_of(emulator, "faulty") == []


@pytest.mark.long
def test_several_runs_at_once_all_succeed_without_a_failed_call(emulator: Emulator) -> None:
    runs = [f"many-{number}" for number in range(8)]
    executions = [start(emulator, run, document(emulator, run)) for run in runs]
    ended = [wait(emulator, execution) for execution in executions]
    assert {each["status"] for each in ended} == {"SUCCEEDED"}
    for function in ("SubmitJobFunction", "TrackJobFunction", "FinishRunFunction"):
        calls = emulator.lambda_.calls(emulator.resources[function])
        assert [call.outcome for call in calls if call.outcome.failed] == []


def test_dashboard_is_the_included_file_with_every_name_filled_in(emulator: Emulator) -> None:
    cloudwatch = emulator.client("cloudwatch")

    body = cloudwatch.get_dashboard(DashboardName="seqstack-dev")["DashboardBody"]

    assert "${" not in body
    runs = json.loads(body)["widgets"][1]["properties"]["metrics"][0]
    assert runs[:4] == [
        "AWS/States",
        "ExecutionsStarted",
        "StateMachineArn",
        emulator.resources["SecondaryAnalysisStateMachine"],
    ]
