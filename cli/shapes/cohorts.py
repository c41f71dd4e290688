"""The API's JSON answers on cohorts."""

from typing import NotRequired, TypedDict

from cli.shapes.runs import Failure


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
    leftOut: NotRequired[int]
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
