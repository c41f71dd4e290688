"""A job as AWS Batch describes it, in DescribeJobs and in state-change events."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from seqstack.domain.numbers import whole_number
from seqstack.domain.run_names import RUN_ID
from seqstack.domain.words import JobState, StepName

# above every (batchAttempts, rank) that a job can reach
TERMINAL_PROGRESS = 1_000_000
ATTEMPTS_PER_REDRIVE = 100
_COHORT = "cohortId"
STEP_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}")
"""The pattern of names of steps, in all versions."""


@dataclass(frozen=True, slots=True)
class JobKey:
    """The identity of a job: run, step and number of the try.

    Attempts count from 1; those of the nth redrive of the run's execution from 100 n + 1.
    """

    run_id: str
    step: StepName
    attempt: int

    @property
    def redrive(self) -> int:
        """The redrive count of the execution before this try."""
        return self.attempt // ATTEMPTS_PER_REDRIVE

    @property
    def earlier(self) -> tuple[Self, ...]:
        """The tries before this one since the last redrive, oldest first."""
        first = self.redrive * ATTEMPTS_PER_REDRIVE + 1
        return tuple(replace(self, attempt=attempt) for attempt in range(first, self.attempt))

    @property
    def job_name(self) -> str:
        """The job's name in AWS Batch, unique for each try."""
        return f"{self.run_id}-{self.step}-{self.attempt}"

    def as_parameters(self, cohort_id: str = "") -> dict[str, str]:
        """The key, and the run's cohort, as Batch job parameters: every event of the job contains
        them.
        """
        key = {"runId": self.run_id, "step": self.step, "attempt": str(self.attempt)}
        return {**key, _COHORT: cohort_id} if cohort_id else key

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, str]) -> Self | None:
        """The key of a job, or None for a foreign job."""
        try:
            step, attempt = parameters["step"], whole_number(parameters["attempt"])
            run_id = parameters["runId"]
        except (KeyError, ValueError):
            return None
        is_ours = RUN_ID.fullmatch(run_id) and STEP_NAME.fullmatch(step)
        return cls(run_id, step, attempt) if is_ours else None


@dataclass(frozen=True, slots=True)
class JobRecord:
    """The relevant facts of one job. Times are milliseconds since the epoch.

    `is_stopped` is True if the job was cancelled or terminated. `container_instance` is its
    host's ARN in ECS, from STARTING on. `cohort_id` is that of its run, if it is in a cohort.
    """

    job_id: str
    job_name: str
    job_queue: str
    state: JobState
    batch_attempts: int
    key: JobKey | None = None
    status_reason: str = ""
    exit_code: int | None = None
    container_reason: str = ""
    log_stream: str = ""
    is_stopped: bool = False
    created_at: int | None = None
    started_at: int | None = None
    stopped_at: int | None = None
    container_instance: str = ""
    cohort_id: str = ""

    @classmethod
    def from_batch(cls, detail: Mapping[str, Any]) -> Self:
        """Read a JobDetail, with the keys of the DescribeJobs API.

        https://docs.aws.amazon.com/batch/latest/APIReference/API_JobDetail.html
        """
        container = detail.get("container", {})
        attempts = detail.get("attempts", [])
        last = attempts[-1].get("container", {}) if attempts else {}
        exit_code = container.get("exitCode", last.get("exitCode"))
        return cls(
            job_id=detail["jobId"],
            job_name=detail["jobName"],
            job_queue=detail["jobQueue"],
            state=JobState(detail["status"]),
            batch_attempts=len(attempts),
            key=JobKey.from_parameters(detail.get("parameters", {})),
            status_reason=detail.get("statusReason", ""),
            exit_code=None if exit_code is None else int(exit_code),
            container_reason=container.get("reason", "") or last.get("reason", ""),
            log_stream=container.get("logStreamName", "") or last.get("logStreamName", ""),
            is_stopped=bool(detail.get("isTerminated") or detail.get("isCancelled")),
            created_at=detail.get("createdAt"),
            started_at=detail.get("startedAt"),
            stopped_at=detail.get("stoppedAt"),
            container_instance=container.get("containerInstanceArn", ""),
            cohort_id=detail.get("parameters", {}).get(_COHORT, ""),
        )

    @property
    def progress(self) -> int:
        """The job's progress: a later state always has a higher number.

        Batch moves a job that it retries from RUNNING back to RUNNABLE, with one more entry
        in `attempts`; so attempts count before the state's rank.
        """
        if self.state.is_terminal:
            return TERMINAL_PROGRESS
        return self.batch_attempts * len(JobState) + self.state.rank
