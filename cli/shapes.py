"""Types of the API's JSON answers; docs/openapi.json describes each key."""

from collections.abc import Iterable
from typing import Any, NotRequired, TypedDict


class Failure(TypedDict):
    """Why a run, step or job failed."""

    error: str
    cause: str


class StepWarning(TypedDict):
    """Something suspicious in a step's results."""

    code: str
    message: str


class RunWarning(StepWarning):
    """A warning of a run; `step` is null if it concerns the input."""

    step: str | None


class RunSummary(TypedDict):
    """A run. Times are ISO 8601 in UTC; amounts are US dollars."""

    runId: str
    workflow: str
    sampleId: str | None
    subject: str | None
    reference: str | None
    state: str
    startedAt: str
    endedAt: str | None
    resultsS3Path: str | None
    tools: dict[str, str]
    failure: Failure | None
    warnings: list[RunWarning]
    cohortId: str | None
    project: str | None
    tags: dict[str, str]
    costUsd: float | None
    costUsdByStep: dict[str, float]
    unpricedAttempts: int
    costIsComplete: bool


class Orchestration(TypedDict):
    """What a run used besides its jobs."""

    costUsd: float


class Attempt(TypedDict):
    """One of AWS Batch's attempts inside a job: its host, usage and cost; null if unknown."""

    number: int
    queueSeconds: int
    runSeconds: int
    instanceType: str | None
    purchaseOption: str | None
    availabilityZone: str | None
    vcpus: float
    memoryMib: int
    peakMemoryBytes: int | None
    exitCode: int | None
    exitReason: str | None
    costUsd: float | None


class JobProgress(TypedDict):
    """How far a running job is; null if unknown."""

    at: str
    phase: str
    unit: str | None
    done: int | None
    total: int | None
    isEstimate: bool
    perSecond: float | None
    secondsLeft: int | None


class Job(TypedDict):
    """One try of a step in AWS Batch."""

    attempt: int
    jobId: str | None
    state: str
    batchAttempts: int
    jobQueue: str
    memoryMib: int
    statusReason: str | None
    exitCode: int | None
    logStream: str | None
    createdAt: str | None
    startedAt: str | None
    stoppedAt: str | None
    progress: JobProgress | None
    failure: Failure | None
    costUsd: float | None
    accounts: list[Attempt]


class Step(TypedDict):
    """A step of a run."""

    step: str
    tool: str
    state: str
    attempts: int
    startedAt: str | None
    endedAt: str | None
    reusedFrom: str | None
    failure: Failure | None
    warnings: list[StepWarning]
    jobs: list[Job]
    costUsd: float | None
    unpricedAttempts: int


class RunDetail(RunSummary):
    """A run with its steps; it has none until its input has been checked."""

    executionArn: str
    redrives: int
    metrics: dict[str, float | str]
    orchestration: Orchestration | None
    steps: list[Step]


class ResumedRun(TypedDict):
    """The run that continues: itself (REDRIVEN), or a new one with its input (RESTARTED)."""

    runId: str
    resumedFrom: str
    how: str


class Output(TypedDict):
    """An object that a step has written; `link` fetches that version without credentials.

    `state` is `current`, or `replaced` (its version is kept), or `gone`; or `unknown`, if the run
    is older than the recording of versions.
    """

    step: str
    s3Uri: str
    versionId: str | None
    state: str
    link: str | None


class OutputList(TypedDict):
    """A run's outputs so far."""

    runId: str
    outputs: list[Output]
    linksExpireAt: str | None


def common_folder(uris: Iterable[str]) -> str:
    """The longest beginning of all URIs that ends in a slash."""
    folders = [uri.rpartition("/")[0].split("/") for uri in uris]
    shared = []
    for parts in zip(*folders, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return "/".join(shared) + "/" if shared else ""


class LogLine(TypedDict):
    """A line of a log, and when it was written."""

    at: str
    message: str


class LogPage(TypedDict):
    """Lines of the log of one try of a step, oldest first."""

    runId: str
    step: str
    attempt: int
    jobId: str | None
    jobState: str
    logStream: str | None
    lines: list[LogLine]
    nextToken: str | None


class ReferenceVersion(TypedDict):
    """A version of a prepared reference; what can't be read of it is null."""

    version: str
    createdAt: str | None
    contigCount: int | None
    bases: int | None
    aligners: list[str]
    pieces: list[str]
    hasTargets: bool
    problem: str | None


class Reference(TypedDict):
    """A prepared reference; its versions are the newest first."""

    name: str
    versions: list[ReferenceVersion]


class ReferenceList(TypedDict):
    """Every prepared reference, by name."""

    references: list[Reference]


class ReferenceObject(TypedDict):
    """An object that a reference is made of, or was made from."""

    s3Uri: str
    bytes: int
    checksum: str


class ReferenceDetail(TypedDict):
    """A version of a reference: what it holds, and how it was made."""

    name: str
    version: str
    createdAt: str
    contigCount: int
    bases: int
    aligners: list[str]
    hasTargets: bool
    pieces: dict[str, list[ReferenceObject]]
    sources: dict[str, ReferenceObject]
    options: dict[str, Any]
    toolVersions: dict[str, str]
    found: dict[str, Any]
    changed: list[str]


class DeletedReference(TypedDict):
    """A version that was deleted, and how many objects that were."""

    name: str
    version: str
    objects: int


class RunPage(TypedDict):
    """Runs, newest first; `nextToken` asks for those that follow."""

    runs: list[RunSummary]
    nextToken: str | None


class Estimate(TypedDict):
    """What the runs that are left will take."""

    usd: float
    hours: float
    runs: int
    basis: str
    priceRatio: float | None


class JointCall(TypedDict):
    """One VCF of a cohort's samples; `message` says why none is made.

    `report` is MultiQC's of the same samples; `reportMessage` says why none is made.
    """

    samples: int
    of: int
    minSamplesPercentage: float
    runId: str | None
    results: str | None
    message: str | None
    report: NotRequired[str | None]
    reportMessage: NotRequired[str | None]


class CohortPlan(TypedDict):
    """The plan for a sheet that was found to be usable; numbers of samples."""

    samples: int
    left: int
    new: int
    again: int
    follow: int
    done: int
    inputBytes: int
    inputBytesLeft: int
    warnings: int
    maxConcurrency: int
    toleratedFailurePercentage: float
    folder: str
    estimate: Estimate | None
    budgetUsd: float | None
    spentUsd: float | None
    exceedsBudget: bool | None
    joint: NotRequired[JointCall | None]


class CohortSummary(TypedDict):
    """A cohort's newest execution; `createdAt` is when its first one started."""

    cohortId: str
    execution: str
    state: str
    createdAt: str | None
    startedAt: str
    endedAt: str | None
    sheetS3Path: str
    sheetVersion: str | None
    project: str | None
    plan: CohortPlan | None
    failure: Failure | None
    budgetUsd: float | None
    budgetMetAt: str | None


class CohortPage(TypedDict):
    """Cohorts, newest first; `nextToken` asks for those that follow."""

    cohorts: list[CohortSummary]
    nextToken: str | None


class CohortDetail(CohortSummary):
    """The same with its samples, in numbers by state, and costs."""

    isDryRun: bool
    samples: dict[str, int]
    notStarted: int | None
    costUsd: float | None
    unpricedAttempts: int
    costToComeUsd: float | None
