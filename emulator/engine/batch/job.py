"""A job: its request and its state. No threads, no clock."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from emulator.engine.batch import container as containers
from emulator.engine.batch.arrays import CHILD_FAILED, check_array
from emulator.engine.batch.capacity import Capacity
from emulator.engine.batch.fair_share import check_submission
from emulator.engine.batch.retry import RetryStrategy
from emulator.engine.batch.runner import Outcome
from emulator.engine.batch.submission import Submission


class JobStatus(StrEnum):
    """https://docs.aws.amazon.com/batch/latest/userguide/job_states.html."""

    SUBMITTED = "SUBMITTED"
    PENDING = "PENDING"
    RUNNABLE = "RUNNABLE"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"

    @property
    def is_terminal(self) -> bool:
        """True once the job can no longer change."""
        return self in {JobStatus.SUCCEEDED, JobStatus.FAILED}


@dataclass(frozen=True, slots=True)
class Host:
    """A host's ARN in ECS, and its id in EC2."""

    container_instance: str
    instance_id: str


@dataclass(frozen=True, slots=True)
class Task:
    """The ECS task of one attempt, where it runs, and where its output goes."""

    arn: str
    host: Host
    log_stream: str


@dataclass(slots=True)
class Job:
    """One job. Times are epoch milliseconds, as in the Batch API.

    The parent of an array runs nothing: its `children` do, each with its `index`. `stop_reason` is
    the reason of a parent that was cancelled or terminated.
    """

    submission: Submission
    job_id: str
    arrival: int
    created_at: int
    container: dict[str, Any]
    parameters: dict[str, str]
    request: Capacity
    retry: RetryStrategy
    timeout_seconds: int | None
    status: JobStatus = JobStatus.SUBMITTED
    status_reason: str | None = None
    started_at: int | None = None
    stopped_at: int | None = None
    task: Task | None = None
    exit_code: int | None = None
    reason: str | None = None
    attempts: list[dict[str, Any]] = field(default_factory=list)
    cancelled: bool = False
    terminated: bool = False
    children: list["Job"] = field(default_factory=list)
    parent: "Job | None" = None
    index: int | None = None
    stop_reason: str | None = None

    @classmethod
    def submitted(cls, submission: Submission, job_id: str, arrival: int, now: int) -> "Job":
        """Resolve a submission against its definition.

        Raises ValueError, with what is wrong, for what the Batch API refuses.
        """
        definition = submission.definition
        check_submission(
            has_policy=submission.queue.has_policy,
            identifier=submission.share_identifier,
            priority=submission.scheduling_priority,
        )
        check_array(submission.array_size)
        container = containers.merge(definition.container, submission.container_overrides)
        timeout = submission.timeout or definition.timeout or {}
        seconds = timeout.get("attemptDurationSeconds")
        return cls(
            submission=submission,
            job_id=job_id,
            arrival=arrival,
            created_at=now,
            container=container,
            parameters={**definition.parameters, **submission.parameters},
            request=containers.request_of(container),
            retry=RetryStrategy.from_api(submission.retry_strategy or definition.retry_strategy),
            timeout_seconds=None if seconds is None else int(seconds),
        )

    def spawn_children(self, arrival: int, now: int) -> list["Job"]:
        """Make the children of an array; the first arrives at `arrival`."""
        for index in range(self.submission.array_size or 0):
            child = Job.submitted(self.submission, f"{self.job_id}:{index}", arrival + index, now)
            child.parent, child.index, child.status = self, index, JobStatus.PENDING
            self.children.append(child)
        return self.children

    def end_of_children(self) -> tuple[JobStatus, str | None] | None:
        """How an array ends after its last child, with the status reason; None before."""
        states = {child.status for child in self.children}
        if not all(state.is_terminal for state in states):
            return None
        if JobStatus.FAILED in states:
            return JobStatus.FAILED, self.stop_reason or CHILD_FAILED
        return JobStatus.SUCCEEDED, None

    @property
    def is_array(self) -> bool:
        """True for the parent of an array."""
        return self.submission.array_size is not None and self.parent is None

    @property
    def status_summary(self) -> dict[str, int]:
        """The number of an array's children in each state."""
        found = Counter(child.status for child in self.children)
        return {status.value: found[status] for status in JobStatus}

    @property
    def arn(self) -> str:
        """The job's ARN."""
        where = f"{self.submission.region}:{self.submission.account}"
        return f"arn:aws:batch:{where}:job/{self.job_id}"

    @property
    def host(self) -> Host:
        """The host of the running attempt."""
        assert self.task is not None  # noqa: S101 - STARTING and later states have one
        return self.task.host

    def lost_host(self) -> Outcome:
        """The outcome of the running attempt if its instance is terminated."""
        return Outcome.host_terminated(self.host.instance_id)

    @property
    def attempt_number(self) -> int:
        """The number of the current or next attempt, from 1."""
        return len(self.attempts) + 1

    def runnable(self) -> None:
        """Become RUNNABLE; only the record of an earlier attempt is kept."""
        self.status = JobStatus.RUNNABLE
        self.status_reason = self.reason = self.exit_code = self.task = None
        self.started_at = self.stopped_at = None

    def starting(self, task: Task) -> None:
        """A task was placed for the next attempt."""
        self.status, self.task = JobStatus.STARTING, task

    def running(self, now: int) -> None:
        """The attempt's container runs."""
        self.status, self.started_at = JobStatus.RUNNING, now

    def attempt_ended(self, outcome: Outcome, status_reason: str, now: int) -> None:
        """Record the end of an attempt; what the job does next is decided by the engine."""
        self.exit_code, self.reason = outcome.exit_code, outcome.reason
        self.status_reason = status_reason
        task = self.task
        container: dict[str, Any] = {
            "containerInstanceArn": task.host.container_instance if task else None,
            "taskArn": task.arn if task else None,
            "exitCode": outcome.exit_code,
            "reason": outcome.reason,
            "logStreamName": task.log_stream if task and self.started_at else None,
            "networkInterfaces": [],
        }
        attempt = {
            "container": {key: value for key, value in container.items() if value is not None},
            "startedAt": self.started_at,
            "stoppedAt": now,
            "statusReason": status_reason,
        }
        self.attempts.append({key: value for key, value in attempt.items() if value is not None})

    def ended(self, status: JobStatus, reason: str | None, now: int) -> None:
        """The job is over."""
        self.status, self.status_reason, self.stopped_at = status, reason, now
