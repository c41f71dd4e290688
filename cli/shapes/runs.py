"""The API's JSON answers on runs, their jobs and logs."""

from typing import TypedDict


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
    leftOut: bool
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


class RunPage(TypedDict):
    """Runs, newest first; `nextToken` asks for those that follow."""

    runs: list[RunSummary]
    nextToken: str | None
