"""AWS Batch as a state machine that tests advance: its calls, states and events."""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from seqstack.domain.classification import RESULTS_REPLACED_EXIT_CODE
from seqstack.domain.job_record import JobKey, JobRecord
from seqstack.domain.plan import JobDefinition, StepPlan
from tests.integration.histories.bucket import Bucket
from tests.integration.histories.containers import Container
from tests.support.builders import attempt, job_definition

BATCH_ATTEMPTS = 3  # the template's retry strategy
RECLAIMED = "Host EC2 (instance i-0123456789abcdef0) terminated."
EXITED = "Essential container in task exited"

type Detail = dict[str, Any]


@dataclass(frozen=True)
class End:
    """How an attempt ends; the words are AWS's own."""

    exit_code: int | None = None
    reason: str = ""
    status_reason: str = EXITED

    @property
    def is_success(self) -> bool:
        return self.exit_code == 0


ENDS = {
    "succeeds": End(0),
    "tool fails": End(65),
    "out of memory": End(137, "OutOfMemoryError: Container killed due to memory usage"),
    "reclaimed": End(None, "", RECLAIMED),
    "no image": End(None, "CannotPullContainerError: not found", "Task failed to start"),
    "timed out": End(143, "", "Job attempt duration exceeded timeout"),
}
STUCK = (
    "Canceled by JobStateTimeLimit action due to reason: CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY"
)


@dataclass
class Job:
    """A job, as DescribeJobs shows it, and what it was asked for."""

    key: JobKey
    plan: StepPlan
    detail: Detail

    @property
    def job_id(self) -> str:
        return str(self.detail["jobId"])

    @property
    def is_open(self) -> bool:
        return self.detail["status"] not in {"SUCCEEDED", "FAILED"}

    @property
    def record(self) -> JobRecord:
        return JobRecord.from_batch(self.detail)

    @property
    def is_told_to_end(self) -> bool:
        return not self.is_open or bool(self.detail["isTerminated"])


@dataclass
class ModelBatch:
    """All jobs. Every change of a job's state is appended to `events`."""

    jobs: dict[str, Job] = field(default_factory=dict)
    events: list[Detail] = field(default_factory=list)
    bucket: Bucket = field(default_factory=Bucket)
    containers: dict[str, Container] = field(default_factory=dict)
    _clock: Iterable[int] = field(default_factory=lambda: itertools.count(1_748_856_605_000, 1000))

    def _now(self) -> int:
        return next(iter(self._clock))

    # what the functions ask for

    def job_definition(self, name: str) -> JobDefinition:
        return job_definition(name)

    def queue_problem(self, name: str) -> str:
        return ""

    def submit(self, key: JobKey, plan: StepPlan) -> str:
        job_id = f"job-{len(self.jobs) + 1}"
        detail = {
            "jobId": job_id,
            "jobName": key.job_name,
            "jobQueue": plan.job_queue,
            "status": "SUBMITTED",
            "attempts": [],
            "createdAt": self._now(),
            "parameters": key.as_parameters(),
            "container": {},
            "isCancelled": False,
            "isTerminated": False,
        }
        self.jobs[job_id] = Job(key, plan, detail)
        self._tell(self.jobs[job_id])
        return job_id

    def find_job(self, key: JobKey, job_queue: str) -> str | None:
        found = (job for job in self.jobs_of(key) if job.plan.job_queue == job_queue)
        return next((job.job_id for job in found), None)

    def describe(self, job_id: str) -> JobRecord | None:
        return self.jobs[job_id].record if job_id in self.jobs else None

    def describe_all(self, job_ids: Iterable[str]) -> dict[str, JobRecord]:
        return {job_id: job for job_id in job_ids if (job := self.describe(job_id))}

    def open_jobs(self, job_queue: str) -> list[JobRecord]:
        return [job.record for job in self.open if job.plan.job_queue == job_queue]

    def terminate(self, job_id: str, reason: str) -> None:
        """Batch stops a container in its own time, and ends a job without one at once."""
        job = self.jobs[job_id]
        if not job.is_open:
            return
        job.detail["isTerminated"] = True
        job.detail["statusReason"] = reason
        if job.detail["status"] not in {"STARTING", "RUNNING"}:
            self._become(job, "FAILED")

    def terminate_all(self, job_ids: Iterable[str], reason: str) -> None:
        for job_id in job_ids:
            self.terminate(job_id, reason)

    # what happens to jobs

    @property
    def open(self) -> list[Job]:
        return [job for job in self.jobs.values() if job.is_open]

    def jobs_of(self, key: JobKey) -> list[Job]:
        return [job for job in self.jobs.values() if job.key == key]

    def move(self, job: Job, end: End) -> None:
        """One state on; a running job ends, or is tried again as the retry strategy says."""
        match job.detail["status"]:
            case "SUBMITTED":
                self._become(job, "RUNNABLE")
            case "RUNNABLE":
                self._become(job, "STARTING")
            case "STARTING":
                job.detail["startedAt"] = self._now()
                self.containers[job.job_id] = Container(self.bucket, job.job_id, job.plan)
                self.containers[job.job_id].begin()
                self._become(job, "RUNNING")
            case "RUNNING":
                self._end_attempt(job, end)

    def finish(self, job: Job, end: End) -> None:
        """Take a job to its end."""
        while job.is_open:
            self.move(job, end)

    def write_on(self, job: Job, most_puts: int) -> None:
        """A container that was stopped, or whose host is reclaimed, writes until it ends."""
        container = self.containers.get(job.job_id)
        if job.detail["status"] == "RUNNING" and container and not container.is_refused:
            container.end(most_puts)

    def give_up_waiting(self, job: Job) -> None:
        """The queue's time limit cancels a job that gets no host."""
        if job.detail["status"] == "RUNNABLE":
            job.detail |= {"statusReason": STUCK, "isCancelled": True}
            self._become(job, "FAILED")

    def _end_attempt(self, job: Job, end: End) -> None:
        detail = job.detail
        if detail["isTerminated"]:
            end = End(143, "", detail["statusReason"])
        container = self.containers[job.job_id]
        if container.is_refused:
            end = End(RESULTS_REPLACED_EXIT_CODE)
        elif end.is_success:
            container.end()
        made = attempt(end.exit_code, end.reason, end.status_reason)
        detail["attempts"] = [*detail["attempts"], made]
        is_tried_again = (
            end.status_reason == RECLAIMED
            and len(detail["attempts"]) < BATCH_ATTEMPTS
            and not detail["isTerminated"]
        )
        if is_tried_again:
            for name in ("startedAt", "statusReason"):
                detail.pop(name, None)
            self._become(job, "RUNNABLE")
            return
        detail["container"] = made["container"]
        detail["statusReason"] = end.status_reason
        self._become(job, "SUCCEEDED" if end.is_success else "FAILED")

    def _become(self, job: Job, status: str) -> None:
        job.detail["status"] = status
        if not job.is_open:
            job.detail["stoppedAt"] = self._now()
        self._tell(job)

    def _tell(self, job: Job) -> None:
        self.events.append({**job.detail, "attempts": [*job.detail["attempts"]]})
