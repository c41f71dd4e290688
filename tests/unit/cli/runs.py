"""Answers of the API, as docs/api.md shows them."""

from typing import Any

RUN_ID = "20260102-030405-9f3a1c0b"


def summary(**changes: Any) -> dict[str, Any]:
    return {
        "runId": RUN_ID,
        "workflow": "secondary_analysis",
        "sampleId": "NA12878",
        "subject": "NA12878",
        "reference": None,
        "state": "RUNNING",
        "startedAt": "2026-01-02T03:04:05.678Z",
        "endedAt": None,
        "resultsS3Path": "s3://results/results/",
        "tools": {"align": "bwa"},
        "cohortId": None,
        "project": None,
        "tags": {},
        "leftOut": False,
        "failure": None,
        "warnings": [],
        "costUsd": None,
        "costUsdByStep": {},
        "unpricedAttempts": 0,
        "costIsComplete": True,
    } | changes


def job(**changes: Any) -> dict[str, Any]:
    return {
        "attempt": 1,
        "jobId": "4c7599ae-0a82-49aa-ba5a-4727fcce14a8",
        "state": "RUNNING",
        "batchAttempts": 0,
        "jobQueue": "arn:aws:batch:us-east-1:123456789012:job-queue/highPriority-dev",
        "memoryMib": 28672,
        "statusReason": None,
        "exitCode": None,
        "logStream": None,
        "createdAt": "2026-01-02T03:04:07.000Z",
        "startedAt": "2026-01-02T03:06:00.000Z",
        "stoppedAt": None,
        "accounts": [],
        "failure": None,
        "costUsd": None,
        "unpricedAttempts": 0,
    } | changes


def account(**changes: Any) -> dict[str, Any]:
    return {
        "number": 1,
        "queueSeconds": 113,
        "runSeconds": 2038,
        "instanceType": "c6i.4xlarge",
        "purchaseOption": "spot",
        "availabilityZone": "us-east-1a",
        "vcpus": 16.0,
        "memoryMib": 28672,
        "peakMemoryBytes": 12 * 2**30,
        "exitCode": 0,
        "exitReason": None,
        "costUsd": 0.125,
    } | changes


def step(name: str = "align", tool: str = "bwa", **changes: Any) -> dict[str, Any]:
    return {
        "step": name,
        "tool": tool,
        "state": "PENDING",
        "attempts": 0,
        "startedAt": None,
        "endedAt": None,
        "reusedFrom": None,
        "failure": None,
        "warnings": [],
        "jobs": [],
        "costUsd": None,
        "unpricedAttempts": 0,
    } | changes


def detail(*steps: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return summary(
        executionArn=f"arn:aws:states:us-east-1:123456789012:execution:secondary_analysis-dev:{RUN_ID}",
        **{"redrives": 0, "orchestration": None, "steps": list(steps)} | changes,
    )


def succeeded() -> dict[str, Any]:
    return detail(
        step(
            state="SUCCEEDED",
            attempts=2,
            startedAt="2026-01-02T03:06:00.000Z",
            endedAt="2026-01-02T03:39:58.000Z",
        ),
        step("callVariants", "bcftools", state="SUCCEEDED", reusedFrom="earlier"),
        state="SUCCEEDED",
        endedAt="2026-01-02T03:40:12.345Z",
    )


def failed() -> dict[str, Any]:
    failure = {"error": "ToolFailedError", "cause": "align (bwa) failed: exit status 1"}
    return detail(
        step(state="FAILED", attempts=1, failure=failure),
        state="FAILED",
        endedAt="2026-01-02T03:40:12.345Z",
        failure=failure,
    )


def reference_version(**changes: Any) -> dict[str, Any]:
    return {
        "version": "0123456789abcdef0123456789abcdef",
        "createdAt": "2026-01-31T12:00:00.000Z",
        "contigCount": 194,
        "bases": 3_099_922_541,
        "aligners": ["bwa", "minimap2"],
        "pieces": ["fasta", "bwaIndex", "minimap2Index", "sites"],
        "hasTargets": True,
        "problem": None,
    } | changes


def reference(**changes: Any) -> dict[str, Any]:
    item = {"s3Uri": "s3://results/references/x", "bytes": 2048, "checksum": "sha256:0"}
    return {
        "name": "GRCh38",
        "version": "0123456789abcdef0123456789abcdef",
        "createdAt": "2026-01-31T12:00:00.000Z",
        "contigCount": 194,
        "bases": 3_099_922_541,
        "contigs": None,
        "aligners": ["bwa", "minimap2"],
        "hasTargets": True,
        "pieces": {"fasta": [item], "bwaIndex": [item, item], "sites": [item]},
        "sources": {"fasta": item | {"s3Uri": "s3://source/genome.fa.gz"}},
        "options": {"geneticCodes": {"chrM": 2}},
        "toolVersions": {"bwa": "0.7.18"},
        "found": {"targets": {"regions": 2, "bases": 900}},
        "changed": ["the FASTA was unpacked"],
    } | changes


def cohort(**changes: Any) -> dict[str, Any]:
    plan = {
        "samples": 4,
        "left": 4,
        "new": 4,
        "again": 0,
        "follow": 0,
        "done": 0,
        "inputBytes": 2048,
        "inputBytesLeft": 2048,
        "warnings": 0,
        "maxConcurrency": 100,
        "toleratedFailurePercentage": 5.0,
        "folder": "s3://r/cohorts/",
        "estimate": None,
    }
    return {
        "cohortId": "trios",
        "execution": "trios-1",
        "state": "RUNNING",
        "isDryRun": False,
        "createdAt": "2026-01-02T03:04:05.678Z",
        "startedAt": "2026-01-02T03:04:05.678Z",
        "endedAt": None,
        "project": None,
        "sheetS3Path": "s3://r/trios.csv",
        "sheetVersion": None,
        "plan": plan,
        "samples": {"SUCCEEDED": 1, "RUNNING": 1, "FAILED": 1},
        "failure": None,
        "costUsd": 0.5,
        "notStarted": 1,
        "costToComeUsd": 0.25,
        "budgetUsd": None,
        "budgetMetAt": None,
        "unpricedAttempts": 0,
    } | changes
