"""The jobs of scripts/first_hour.py: one that only waits, and a run's that is stopped."""

import time
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from demo.exome.generate import DemoExome
from emulator.commands.demo import sample_of
from emulator.staging import stage_reads, stage_reference
from emulator.watch import start_run, stop_run
from scripts.deployed_stack import DeployedStack
from scripts.smoke_run import Limits, TooSlowError, remove
from seqstack.adapters.ledger import Ledger
from seqstack.domain.errors import UnknownRunError
from seqstack.domain.s3uri import S3Uri
from seqstack.workflows.prepare_reference import PREPARE_REFERENCE
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS

IDLE: Final = 1200
"""Seconds that the idle job takes."""
_IMAGE: Final = "public.ecr.aws/docker/library/busybox:stable"
_ENDED: Final = frozenset({"SUCCEEDED", "FAILED"})


def start_idle_job(stack: DeployedStack, queue: str) -> str:
    """Submit a job that waits, with the log and execution role of the stack's jobs."""
    batch = stack.client("batch")
    prefix = stack.outputs["ImageRepositoryPrefix"].partition("/seqstack-")[2]
    (bwa,) = batch.describe_job_definitions(
        jobDefinitionName=f"bwa-{prefix}", status="ACTIVE", maxResults=1
    )["jobDefinitions"]
    container = bwa["containerProperties"]
    made = batch.register_job_definition(
        jobDefinitionName=f"idle-{prefix}",
        type="container",
        containerProperties={
            "image": _IMAGE,
            "command": ["sleep", str(IDLE)],
            "resourceRequirements": [
                {"type": "VCPU", "value": "1"},
                {"type": "MEMORY", "value": "512"},
            ],
            "executionRoleArn": container["executionRoleArn"],
            "logConfiguration": container["logConfiguration"],
        },
    )
    submitted = batch.submit_job(
        jobName="first-hour",
        jobQueue=queue,
        jobDefinition=made["jobDefinitionArn"],
        shareIdentifier="first",
        schedulingPriorityOverride=0,
    )
    batch.deregister_job_definition(jobDefinition=made["jobDefinitionArn"])
    return str(submitted["jobId"])


def wait_for(batch: Any, job: str, states: Collection[str], limits: Limits) -> dict[str, Any]:
    """A job, once it is in one of these states.

    Raises:
        TooSlowError: it took too long, or ended in another state.
    """
    until = time.monotonic() + limits.minutes * 60
    while True:
        (found,) = batch.describe_jobs(jobs=[job])["jobs"]
        if found["status"] in states:
            return dict(found)
        if found["status"] in _ENDED or time.monotonic() > until:
            raise TooSlowError(f"job {job} is {found['status']}: {found.get('statusReason', '')}")
        time.sleep(limits.look_seconds)


def wait_for_stopped_run(
    stack: DeployedStack, exome: DemoExome, work: Path, limits: Limits
) -> dict[str, Any]:
    """Start a run, stop it once it has a job, and wait for the job's end; return the job.

    Raises:
        TooSlowError: the run had no job, or its job did not end.
    """
    run_id = f"stop-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    bucket = stack.outputs["ResultsBucketName"]
    inputs, results = S3Uri(bucket, f"inputs/smoke/{run_id}/"), S3Uri(bucket, f"smoke/{run_id}/")
    s3 = stack.client("s3")
    work.mkdir(parents=True, exist_ok=True)
    try:
        reference = stage_reference(sample_of(exome), s3, inputs, run_id)
        if reference.preparation:
            arn = start_run(stack, run_id, reference.preparation, PREPARE_REFERENCE.name)
        else:
            document = stage_reads(sample_of(exome), s3, inputs, work) | reference.keys
            document |= {"resultsS3Path": str(results), "cache": False}
            arn = start_run(stack, run_id, document, SECONDARY_ANALYSIS.name)
        try:
            job = _first_job(
                Ledger(stack.outputs["LedgerTableName"], stack.dynamodb()), run_id, limits
            )
        finally:
            stop_run(stack, arn)
        return wait_for(stack.client("batch"), job, _ENDED, limits)
    finally:
        for folder in (inputs, results, S3Uri(bucket, f"references/{run_id}/")):
            remove(s3, folder)


def _first_job(ledger: Ledger, run_id: str, limits: Limits) -> str:
    until = time.monotonic() + limits.minutes * 60
    while time.monotonic() < until:
        try:
            jobs = [job.job_id for job in ledger.history(run_id).jobs if job.job_id]
        except UnknownRunError:
            jobs = []
        if jobs:
            return jobs[0]
        time.sleep(limits.look_seconds)
    raise TooSlowError(f"run {run_id} has no job")
